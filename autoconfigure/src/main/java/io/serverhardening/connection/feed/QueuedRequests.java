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

	private int requests;

	/** What has come of the body of the last of them, and what keeping it takes. */
	private int bytes;

	/**
	 * The head of a request has been decoded.
	 */
	void add() {
		this.requests++;
	}

	/**
	 * The server begins the first of them.
	 */
	void remove() {
		this.requests = Math.max(0, this.requests - 1);
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
