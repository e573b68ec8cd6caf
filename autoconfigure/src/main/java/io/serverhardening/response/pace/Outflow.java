package io.serverhardening.response.pace;

/**
 * What flows out of a channel to its client. Used on the channel's event loop.
 */
public interface Outflow extends WriteClock.Reader {

	/**
	 * As much as may be seen taken at once and be read later where nothing more is known.
	 * On the same host Linux opens a window again by 64 KB, and by the double for a
	 * client that has been slow; 256 KB hold that and a server's send buffer.
	 */
	long BURST = 256 * 1024;

	/**
	 * Return what has been written and waits for the client.
	 * @return bytes, 0 if nothing does
	 */
	long unsent();

	/**
	 * Return how many bytes may be seen taken at once, and then none for as long as the
	 * slowest that keeps up takes for as many.
	 * @return bytes
	 */
	default long burst() {
		return BURST;
	}

	/**
	 * Whether all of it is sent: nothing waits, not even for somebody else.
	 * @return {@code true} unless it needs to be looked at again
	 */
	default boolean isDone() {
		return true;
	}

}
