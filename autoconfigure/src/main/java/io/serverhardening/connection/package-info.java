/**
 * Caps and clocks on a socket, before there is a request and between requests.
 */
@NullMarked
package io.serverhardening.connection;

import org.jspecify.annotations.NullMarked;
