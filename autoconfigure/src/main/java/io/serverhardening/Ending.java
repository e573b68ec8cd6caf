package io.serverhardening;

/**
 * How a request ended.
 */
public enum Ending {

	/**
	 * The handler completed, whatever status it answered, or the client had the whole
	 * response and left before the server heard that the handler had completed.
	 */
	COMPLETED,

	/**
	 * The handler signalled an error, answered by the application's error handling.
	 */
	FAILED,

	/**
	 * The deadline on its response ran out; the handler was cancelled.
	 */
	TIMED_OUT,

	/**
	 * The client went away before it had the whole response; the handler was cancelled.
	 */
	CANCELLED,

	/**
	 * A guard refused it.
	 */
	REFUSED,

	/**
	 * It became a WebSocket session, which is no request any more.
	 */
	UPGRADED

}
