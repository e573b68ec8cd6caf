/**
 * The tick of an event loop, and the pace of a transfer.
 */
@NullMarked
package io.serverhardening.internal.time;

import org.jspecify.annotations.NullMarked;
