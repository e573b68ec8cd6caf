package io.serverhardening.response;

/**
 * What is looked at when its time may have come.
 */
interface Watched {

	/**
	 * Look at the clocks, and act on what ran out.
	 * @param now the time
	 * @return when to look again, in nanoseconds
	 */
	long check(long now);

	/**
	 * The first of the response is being written.
	 * @param now the time
	 */
	void begun(long now);

	/**
	 * The channel is at its next request, or gone, and this one goes on although all of
	 * its response has been written: its clock does too, beside that of the channel. What
	 * happens on that is not its affair any more.
	 * @param answered when the last of it was written
	 */
	void outlive(long answered);

	/**
	 * Whether anybody still reads the body.
	 * @return {@code false} once the handler has stopped reading
	 */
	boolean readsBody();

}
