/**
 * Clocks, pace and size of a request's body while it is read.
 */
@NullMarked
package io.serverhardening.request;

import org.jspecify.annotations.NullMarked;
