package io.serverhardening.connection.registry;

import io.serverhardening.connection.timeline.ConnectionState;

/**
 * A connection that is open, as operators see it. Its text is a line of the log.
 */
public interface OpenConnection {

	/**
	 * Return what it is doing.
	 * @return the state, of a moment ago where another thread asks
	 */
	ConnectionState state();

}
