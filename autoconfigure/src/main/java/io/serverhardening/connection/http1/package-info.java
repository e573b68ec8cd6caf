/**
 * What the codec of HTTP/1.1 is given, and what may pass of what it has decoded.
 */
@NullMarked
package io.serverhardening.connection.http1;

import org.jspecify.annotations.NullMarked;
