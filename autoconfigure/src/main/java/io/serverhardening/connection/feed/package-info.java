/**
 * What the codec of HTTP/1.1 is given, and when it is given no more.
 */
@NullMarked
package io.serverhardening.connection.feed;

import org.jspecify.annotations.NullMarked;
