package io.serverhardening.connection.timeline;

import java.time.Duration;

import io.serverhardening.Timeout;
import io.serverhardening.internal.channel.CloseReason;
import io.serverhardening.internal.time.LoopClock;
import org.jspecify.annotations.Nullable;

/**
 * What one connection has been doing and since when, and which clock that leaves running.
 * It hears what the bytes meant and knows nothing of channels; time is an argument, as of
 * the last tick.
 */
public final class ConnectionTimeline extends ConnectionActivity {

	/** How long the rest of a body is taken, and a client may take to hear the end. */
	private static final long LINGER = Duration.ofSeconds(5).toNanos();

	private final long handshakeTimeout;

	private final long headerTimeout;

	private final long idleTimeout;

	private final UntakenClock untaken;

	private final SilenceClock silence;

	/** Which block of headers has begun while streams are open, negative for none. */
	private int block = -1;

	private long blockSince;

	public ConnectionTimeline(ConnectionPolicy policy, boolean secured, long now) {
		super(secured, now);
		this.handshakeTimeout = nanos(policy.handshakeTimeout());
		this.headerTimeout = nanos(policy.headerTimeout());
		this.idleTimeout = nanos(policy.idleTimeout());
		this.silence = new SilenceClock(nanos(policy.upgradedIdleTimeout()));
		this.untaken = new UntakenClock(nanos(policy.writeTimeout()));
	}

	private static long nanos(Timeout timeout) {
		Duration duration = timeout.duration();
		return (duration != null) ? duration.toNanos() : Long.MAX_VALUE;
	}

	public void responseBegun(boolean last, boolean eventStream, long now) {
		responds(last, eventStream);
		this.silence.begin(now);
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
		return phase() == ConnectionPhase.UPGRADED && this.silence.isPingDue(now);
	}

	/**
	 * Whether what is timed here is silence either way.
	 * @return {@code true} for an event stream and what was upgraded
	 */
	public boolean isTimedBySilence() {
		return this.silence.isTimed()
				&& (phase() == ConnectionPhase.UPGRADED || (phase() == ConnectionPhase.OPEN && this.eventStream));
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
		boolean between = phase() == ConnectionPhase.IDLE || phase() == ConnectionPhase.OPEN;
		if (between && this.block >= 0 && isOver(this.blockSince, this.headerTimeout, now)) {
			return CloseReason.HEADER_TIMEOUT;
		}
		return switch (phase()) {
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
		if (this.lastResponse || phase() == ConnectionPhase.UPGRADED) {
			return CloseReason.COMPLETE;
		}
		return isResponding() ? CloseReason.RESPONSE_ABORTED : CloseReason.SHUTDOWN;
	}

	public ConnectionState state() {
		return switch (phase()) {
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
		if (isResponding()) {
			return ConnectionState.WRITING;
		}
		return (isInBody() && outstanding() == 1) ? ConnectionState.BODY : ConnectionState.HANDLING;
	}

}
