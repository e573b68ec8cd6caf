package io.serverhardening.connection.feed;

/**
 * The requests that have been decoded and that the server has not begun. Reactor Netty
 * keeps what comes for such a request, also where the answer before is written and the
 * client has yet to take it.
 */
final class QueuedRequests {

	/** What may wait of the bodies of requests that wait themselves. */
	private static final int MAX_BYTES = 64 * 1024;

	/** What a part of a body takes besides its bytes, of which it may have one. */
	private static final int PART_BYTES = 128;

	/**
	 * How many requests that have come together are decoded in one turn of the loop. One
	 * read may bring ten thousands: where handlers answer at once, every other connection
	 * of the loop would wait for all of them.
	 */
	private static final int MAX_TOGETHER = 32;

	private final int max;

	private int requests;

	/** What has come of the body of the last of them, and what keeping it takes. */
	private int bytes;

	/** How many requests have come to their ends, each with the next one behind it. */
	private int together;

	/** Whether the server has taken the request that it is at from its queue. */
	private boolean fromQueue;

	/**
	 * Create the requests.
	 * @param max how many may wait behind the one that is being handled
	 */
	QueuedRequests(int max) {
		this.max = max;
	}

	/**
	 * The head of a request has been decoded.
	 */
	void add() {
		this.requests++;
	}

	/**
	 * Whether enough requests wait.
	 * @param outstanding how many are unanswered, with the one that is being handled
	 * @return {@code true} if no further one is to be decoded
	 */
	boolean isFull(int outstanding) {
		return outstanding > this.max;
	}

	/**
	 * The last request that was decoded is complete.
	 * @param more whether a next one has come with it
	 * @return {@code true} if that is enough for one turn of the loop
	 */
	boolean complete(boolean more) {
		this.together = more ? this.together + 1 : 0;
		if (this.together < MAX_TOGETHER) {
			return false;
		}
		this.together = 0;
		return true;
	}

	/**
	 * The server begins the first of them.
	 * @param fromQueue whether it takes that from its queue, and not from the codec
	 */
	void remove(boolean fromQueue) {
		this.fromQueue = fromQueue;
		this.requests = Math.max(0, this.requests - 1);
	}

	/**
	 * Whether Reactor Netty, when it is done with a request, may have put off a look at
	 * its queue, and emptied that since. With what comes before the look it would begin a
	 * second request beside the first, and the answers would change places.
	 * @return {@code true} once for a request that it has taken from there
	 */
	boolean takeLookPutOff() {
		boolean fromQueue = this.fromQueue;
		this.fromQueue = false;
		return fromQueue;
	}

	/**
	 * A part of a body has been decoded.
	 * @param size its size, bytes
	 * @return {@code true} if too much waits
	 */
	boolean bodyRead(int size) {
		if (this.requests == 0) {
			return false;
		}
		this.bytes += PART_BYTES + size;
		return this.bytes > MAX_BYTES;
	}

	/**
	 * Decoding goes on, with what is there left alone.
	 */
	void resume() {
		this.bytes = 0;
	}

}
