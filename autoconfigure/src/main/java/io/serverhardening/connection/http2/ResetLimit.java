package io.serverhardening.connection.http2;

import java.time.Duration;

import io.serverhardening.connection.registry.StreamFault;
import org.jspecify.annotations.Nullable;

/**
 * How often the streams of one HTTP/2 connection may be reset for what its client did.
 * <p>
 * The codec's own limit counts every reset but two kinds. A gateway that brings the
 * requests of many would lose them all because the server gave up some of its own
 * answers, or refused some uploads: what was on its way to a stream that the server ends
 * is nobody's fault (RFC 9113, 5.1), and the codec answers each frame of it with a reset.
 */
public final class ResetLimit {

	/** As many as the codec's own limit. */
	static final int MAX = 200;

	private static final long PERIOD = Duration.ofSeconds(30).toNanos();

	/** The frames that may be on their way to one stream: 1 KB each fill its window. */
	static final int ON_THEIR_WAY = 64;

	/** As many streams as may be open. */
	private static final int MAX_ON_THEIR_WAY = 100 * ON_THEIR_WAY;

	private long since;

	private int blamed;

	private int onTheirWay;

	private boolean exceeded;

	ResetLimit(long now) {
		this.since = now;
	}

	/**
	 * A stream is reset.
	 * @param fault what the client did, {@code null} if the server ends it by itself
	 * @param now the time
	 * @return {@code true} once, when it is too much
	 */
	boolean reset(@Nullable StreamFault fault, long now) {
		if (fault == null) {
			this.onTheirWay = Math.min(this.onTheirWay + ON_THEIR_WAY, MAX_ON_THEIR_WAY);
			return false;
		}
		return (fault == StreamFault.STREAM_CLOSED) ? late(now) : blame(now);
	}

	/**
	 * A frame has come for a stream that has ended.
	 * @param now the time
	 * @return {@code true} once, when it is too much
	 */
	boolean late(long now) {
		if (this.onTheirWay > 0) {
			this.onTheirWay--;
			return false;
		}
		return blame(now);
	}

	private boolean blame(long now) {
		if (now - this.since >= PERIOD) {
			this.since = now;
			this.blamed = 0;
		}
		this.blamed++;
		if (this.exceeded || this.blamed <= MAX) {
			return false;
		}
		this.exceeded = true;
		return true;
	}

}
