/**
 * Event loops that somebody blocks: which, for how long, and where in whose code.
 */
@NullMarked
package io.serverhardening.watchdog;

import org.jspecify.annotations.NullMarked;
