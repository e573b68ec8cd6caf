/**
 * The meters, and what their tags may be.
 */
@NullMarked
package io.serverhardening.actuate.meter;

import org.jspecify.annotations.NullMarked;
