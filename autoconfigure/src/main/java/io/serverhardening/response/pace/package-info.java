/**
 * The pace at which clients take what is written, and what flows out of a socket or
 * stream.
 */
@NullMarked
package io.serverhardening.response.pace;

import org.jspecify.annotations.NullMarked;
