package io.serverhardening.connection.timeline;

import java.time.Duration;

import io.serverhardening.Timeout;
import io.serverhardening.internal.channel.CloseReason;
import io.serverhardening.internal.time.LoopClock;
import org.jspecify.annotations.Nullable;

/**
 * What one connection has been doing and since when, and which clock that leaves running.
 * It hears what the bytes meant and knows nothing of channels; time is an argument, as of
 * the last tick. <pre>
 * HANDSHAKE → NEW → HEAD → OPEN → IDLE → HEAD …     OPEN → DRAINING → IDLE
 *                                OPEN → UPGRADED     any → LEAVING → LINGERING
 *                                                    any → PARTING → LEAVING (HTTP/2)
 * </pre>
 */
public final class ConnectionTimeline {

	/** How long the rest of a body is taken, and a client may take to hear the end. */
	private static final long LINGER = Duration.ofSeconds(5).toNanos();

	private final long handshakeTimeout;

	private final long headerTimeout;

	private final long idleTimeout;

	private final UntakenClock untaken;

	private final SilenceClock silence;

	private ConnectionPhase phase;

	private long since;

	private int requests;

	/** Requests whose heads have come and whose responses are not done. */
	private int outstanding;

	/** Whether the body of the last of them is still arriving. */
	private boolean bodyOpen;

	private boolean responding;

	/** Whether the response under way said that it is the last. */
	private boolean lastResponse;

	/** Whether bytes of the next head have come. */
	private boolean headBegun;

	private int streams;

	/** When the clock of the first head started, while an HTTP/2 stream is open. */
	private long firstHead;

	/** Which block of headers has begun while streams are open, negative for none. */
	private int block = -1;

	private long blockSince;

	/** Whether the response under way is one of events, which may take their time. */
	private boolean eventStream;

	public ConnectionTimeline(ConnectionPolicy policy, boolean secured, long now) {
		this.handshakeTimeout = nanos(policy.handshakeTimeout());
		this.headerTimeout = nanos(policy.headerTimeout());
		this.idleTimeout = nanos(policy.idleTimeout());
		this.silence = new SilenceClock(nanos(policy.upgradedIdleTimeout()));
		this.untaken = new UntakenClock(nanos(policy.writeTimeout()));
		this.phase = secured ? ConnectionPhase.HANDSHAKE : ConnectionPhase.NEW;
		this.since = now;
	}

	private static long nanos(Timeout timeout) {
		Duration duration = timeout.duration();
		return (duration != null) ? duration.toNanos() : Long.MAX_VALUE;
	}

	private void enter(ConnectionPhase phase, long now) {
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

	public void responseBegun(boolean last, boolean eventStream, long now) {
		this.responding = true;
		this.lastResponse = last;
		this.eventStream = eventStream;
		this.silence.begin(now);
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
	 * Look at what the client has taken, answers to control frames, heads without a body
	 * and what TLS has to say included, which no response's clock watches.
	 * @param written what has been written for it so far, bytes
	 * @param unsent what of it the client has not taken, bytes
	 * @param watched whether a response's clock holds the client to it
	 * @param now the time
	 */
	public void sent(long written, long unsent, boolean watched, long now) {
		this.untaken.sent(written, unsent, watched, now);
		if (watched && unsent > 0 && isBetween()) {
			// It is not idle meanwhile: the clock of what comes next begins when the
			// answer has been taken.
			this.since = now;
		}
	}

	/**
	 * Look at the block of headers that is arriving on an HTTP/2 connection.
	 * @param block its number, negative if there is none
	 * @param now the time
	 */
	public void block(int block, long now) {
		if (block != this.block) {
			this.block = block;
			this.blockSince = now;
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

	public void upgraded(long now) {
		enter(ConnectionPhase.UPGRADED, now);
		this.silence.begin(now);
	}

	/**
	 * Something has come or gone.
	 * @param now the time
	 */
	public void stirred(long now) {
		this.silence.stirred(now);
	}

	/**
	 * Whether the other side of what was upgraded should be asked if it is still there.
	 * @param now the time
	 * @return {@code true} once, when half of its time is over
	 */
	public boolean isPingDue(long now) {
		return this.phase == ConnectionPhase.UPGRADED && this.silence.isPingDue(now);
	}

	/**
	 * Whether what is timed here is silence either way.
	 * @return {@code true} for an event stream and what was upgraded
	 */
	public boolean isTimedBySilence() {
		return this.silence.isTimed()
				&& (this.phase == ConnectionPhase.UPGRADED || (this.phase == ConnectionPhase.OPEN && this.eventStream));
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

	/**
	 * Look at the clock that runs.
	 * @param now the time
	 * @return why the connection has to end, or {@code null}
	 */
	public @Nullable CloseReason expired(long now) {
		if (this.untaken.isOver(now)) {
			return CloseReason.SLOW_READER;
		}
		boolean between = this.phase == ConnectionPhase.IDLE || this.phase == ConnectionPhase.OPEN;
		if (between && this.block >= 0 && isOver(this.blockSince, this.headerTimeout, now)) {
			return CloseReason.HEADER_TIMEOUT;
		}
		return switch (this.phase) {
			case HANDSHAKE -> isOver(this.handshakeTimeout, now) ? CloseReason.HANDSHAKE_TIMEOUT : null;
			case NEW, HEAD -> isOver(this.headerTimeout, now) ? CloseReason.HEADER_TIMEOUT : null;
			case IDLE -> isOver(this.idleTimeout, now) ? CloseReason.IDLE_TIMEOUT : null;
			case DRAINING -> isOver(LINGER, now) ? CloseReason.UNREAD_BODY : null;
			case PARTING -> (this.streams == 0 && isOver(LINGER, now)) ? ownReason() : null;
			case LEAVING, LINGERING -> isOver(LINGER, now) ? CloseReason.FAILED : null;
			// The clocks of requests and responses run, or none.
			case OPEN, UPGRADED ->
				(isTimedBySilence() && this.silence.isOver(now)) ? CloseReason.UPGRADED_IDLE_TIMEOUT : null;
		};
	}

	// A time that was taken between two ticks is as old as the first of them: a period
	// more, so that nothing ends early.
	private boolean isOver(long timeout, long now) {
		return isOver(this.since, timeout, now);
	}

	static boolean isOver(long since, long timeout, long now) {
		return timeout != Long.MAX_VALUE && now - since - LoopClock.PERIOD >= timeout;
	}

	/**
	 * Why the connection ends when the server itself closes it.
	 * @return the reason
	 */
	public CloseReason ownReason() {
		// Whoever has said goodbye on a WebSocket is answered, and the connection ends.
		if (this.lastResponse || this.phase == ConnectionPhase.UPGRADED) {
			return CloseReason.COMPLETE;
		}
		return this.responding ? CloseReason.RESPONSE_ABORTED : CloseReason.SHUTDOWN;
	}

	public ConnectionPhase phase() {
		return this.phase;
	}

	public ConnectionState state() {
		return switch (this.phase) {
			case HANDSHAKE, NEW -> ConnectionState.NEW;
			case HEAD -> ConnectionState.HEAD;
			case IDLE -> this.untaken.isWriting() ? ConnectionState.WRITING : ConnectionState.IDLE;
			case DRAINING -> ConnectionState.BODY;
			case UPGRADED -> ConnectionState.UPGRADED;
			case PARTING, LEAVING, LINGERING -> ConnectionState.CLOSING;
			case OPEN -> open();
		};
	}

	private ConnectionState open() {
		if (this.responding) {
			return ConnectionState.WRITING;
		}
		return (this.bodyOpen && this.outstanding == 1) ? ConnectionState.BODY : ConnectionState.HANDLING;
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
