package io.serverhardening.connection.timeline;

/**
 * What one connection is doing and since when, as its bytes tell. <pre>
 * HANDSHAKE → NEW → HEAD → OPEN → IDLE → HEAD …     OPEN → DRAINING → IDLE
 *                                OPEN → UPGRADED     any → LEAVING → LINGERING
 *                                                    any → PARTING → LEAVING (HTTP/2)
 * </pre> What runs out meanwhile is for {@link ConnectionTimeline} to find.
 */
public abstract class ConnectionActivity {

	private ConnectionPhase phase;

	long since;

	private int requests;

	/** Requests whose heads have come and whose responses are not done. */
	private int outstanding;

	/** Whether the body of the last of them is still arriving. */
	private boolean bodyOpen;

	private boolean responding;

	/** Whether the response under way said that it is the last. */
	boolean lastResponse;

	/** Whether bytes of the next head have come. */
	private boolean headBegun;

	int streams;

	/** When the clock of the first head started, while an HTTP/2 stream is open. */
	private long firstHead;

	/** Whether the response under way is one of events, which may take their time. */
	boolean eventStream;

	ConnectionActivity(boolean secured, long now) {
		this.phase = secured ? ConnectionPhase.HANDSHAKE : ConnectionPhase.NEW;
		this.since = now;
	}

	void enter(ConnectionPhase phase, long now) {
		this.phase = phase;
		this.since = now;
	}

	public void established(long now) {
		enter(ConnectionPhase.NEW, now);
	}

	/**
	 * Bytes have come that begin or continue something.
	 * @param now the time
	 */
	public void bytesRead(long now) {
		if (this.phase == ConnectionPhase.IDLE) {
			enter(ConnectionPhase.HEAD, now);
		}
		else if (this.phase == ConnectionPhase.NEW) {
			// Its clock has been running since the accept.
			this.phase = ConnectionPhase.HEAD;
		}
		else if (this.phase == ConnectionPhase.OPEN && !this.bodyOpen) {
			// Of the next request, while this one waits for its answer.
			this.headBegun = true;
		}
	}

	public void requestBegun(long now) {
		this.outstanding++;
		this.requests++;
		this.bodyOpen = true;
		this.headBegun = false;
		if (this.outstanding == 1) {
			this.responding = false;
			enter(ConnectionPhase.OPEN, now);
		}
	}

	/**
	 * The last request is complete.
	 * @param more whether bytes have come after it
	 * @param now the time
	 */
	public void requestRead(boolean more, long now) {
		this.bodyOpen = false;
		this.headBegun = more;
		if (this.phase == ConnectionPhase.DRAINING) {
			enter(more ? ConnectionPhase.HEAD : ConnectionPhase.IDLE, now);
		}
	}

	void responds(boolean last, boolean eventStream) {
		this.responding = true;
		this.lastResponse = last;
		this.eventStream = eventStream;
	}

	public void responseDone(long now) {
		this.responding = false;
		this.eventStream = false;
		this.outstanding = Math.max(0, this.outstanding - 1);
		if (this.outstanding == 0 && this.phase == ConnectionPhase.OPEN) {
			ConnectionPhase between = this.headBegun ? ConnectionPhase.HEAD : ConnectionPhase.IDLE;
			enter(this.bodyOpen ? ConnectionPhase.DRAINING : between, now);
		}
	}

	public void streamOpened(long now) {
		this.streams++;
		if (this.phase == ConnectionPhase.NEW || this.phase == ConnectionPhase.HEAD) {
			this.firstHead = this.since;
		}
		if (!isLeaving() && this.phase != ConnectionPhase.PARTING) {
			enter(ConnectionPhase.OPEN, now);
		}
	}

	/**
	 * The head of a stream is that of a request.
	 */
	public void streamRequested() {
		this.requests++;
	}

	public void streamClosed(long now) {
		this.streams--;
		if (this.streams > 0) {
			return;
		}
		if (this.phase == ConnectionPhase.OPEN && this.requests == 0) {
			// What was opened was no request: the first is still awaited.
			enter(ConnectionPhase.HEAD, this.firstHead);
		}
		else if (this.phase == ConnectionPhase.OPEN) {
			enter(ConnectionPhase.IDLE, now);
		}
		else if (this.phase == ConnectionPhase.PARTING) {
			enter(ConnectionPhase.PARTING, now);
		}
	}

	/**
	 * An HTTP/2 connection has been told to close.
	 * @param failed whether its streams are lost, or go on
	 * @param now the time
	 */
	public void goingAway(boolean failed, long now) {
		if (!isLeaving()) {
			enter(failed ? ConnectionPhase.LEAVING : ConnectionPhase.PARTING, now);
		}
	}

	/**
	 * Whether the last response is done, and perhaps not taken yet.
	 * @return {@code true} between two requests of HTTP/1.1
	 */
	public boolean isBetween() {
		return this.phase == ConnectionPhase.IDLE || this.phase == ConnectionPhase.DRAINING
				|| this.phase == ConnectionPhase.HEAD;
	}

	/**
	 * Told to close, with nothing to say any more.
	 * @param now the time
	 */
	public void close(long now) {
		if (!isLeaving()) {
			enter(ConnectionPhase.LEAVING, now);
		}
	}

	/**
	 * The last answer is being written.
	 * @param now the time
	 */
	public void leave(long now) {
		this.headBegun = true;
		enter(ConnectionPhase.LEAVING, now);
	}

	public void linger(long now) {
		enter(ConnectionPhase.LINGERING, now);
	}

	public ConnectionPhase phase() {
		return this.phase;
	}

	public int requests() {
		return this.requests;
	}

	public int outstanding() {
		return this.outstanding;
	}

	public boolean isInBody() {
		return this.bodyOpen;
	}

	public boolean isResponding() {
		return this.responding;
	}

	public boolean isLeaving() {
		return this.phase == ConnectionPhase.LEAVING || this.phase == ConnectionPhase.LINGERING;
	}

	/**
	 * Whether the client may have sent what nobody has read.
	 * @return {@code true} if a close would become a reset
	 */
	public boolean hasUnread() {
		return this.bodyOpen || this.headBegun;
	}

	public void forgetBody() {
		this.bodyOpen = false;
	}

}
