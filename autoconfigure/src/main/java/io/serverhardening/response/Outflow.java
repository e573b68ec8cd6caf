package io.serverhardening.response;

/**
 * What flows out of a channel to its client. Used on the channel's event loop.
 */
interface Outflow extends WriteClock.Reader {

	/**
	 * Return what has been written and waits for the client.
	 * @return bytes, 0 if nothing does
	 */
	long unsent();

	/**
	 * Whether all of it is sent: nothing waits, not even for somebody else.
	 * @return {@code true} unless it needs to be looked at again
	 */
	default boolean isDone() {
		return true;
	}

}
