/**
 * The handlers of a connection, from the accept to its end.
 */
@NullMarked
package io.serverhardening.connection;

import org.jspecify.annotations.NullMarked;
