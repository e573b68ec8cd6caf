/**
 * The frames and streams of HTTP/2, and what they may cost.
 */
@NullMarked
package io.serverhardening.connection.http2;

import org.jspecify.annotations.NullMarked;
