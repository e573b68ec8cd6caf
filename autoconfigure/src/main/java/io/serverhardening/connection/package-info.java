/**
 * Who is on the other end of a connection: the client's address behind trusted proxies.
 */
@NullMarked
package io.serverhardening.connection;

import org.jspecify.annotations.NullMarked;
