package io.serverhardening.connection.http2;

/**
 * A connection of HTTP/2, as its frames and streams see it.
 */
public interface MultiplexedConnection {

	/**
	 * Return what is known of the frames on the wire.
	 * @return the watch of this connection
	 */
	FrameWatch frames();

	/**
	 * Return the time.
	 * @return nanoseconds, as of the last tick
	 */
	long now();

	/**
	 * The codec has opened a stream.
	 */
	void streamOpened();

	/**
	 * The codec has ended a stream.
	 */
	void streamClosed();

	/**
	 * {@code GOAWAY} is being written.
	 * @param code why
	 */
	void goingAway(long code);

}
