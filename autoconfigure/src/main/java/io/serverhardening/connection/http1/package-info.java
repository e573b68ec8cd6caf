/**
 * The messages of HTTP/1.1: what may pass, and what is refused.
 */
@NullMarked
package io.serverhardening.connection.http1;

import org.jspecify.annotations.NullMarked;
