package io.serverhardening.response;

import java.time.Duration;

import io.serverhardening.Timeout;
import org.jspecify.annotations.Nullable;

/**
 * The two clocks on the responses of a route, as arithmetic: everything that they need to
 * know of a request and of the world, the time included, is an argument.
 */
final class ResponseClock {

	/** Far enough for every clock, near enough to be added to the time. */
	static final long NEVER = Long.MAX_VALUE >> 1;

	/** How often a wait that only the client can end is looked at again. */
	private static final long POLL = Duration.ofSeconds(1).toNanos();

	/**
	 * How many timeouts a first event may take that only the client says is one. A header
	 * of a request may stretch a clock, and must not stop it.
	 */
	private static final int PATIENCE = 10;

	private final long timeout;

	private final long firstEvent;

	private final long totalTimeout;

	ResponseClock(ResponsePolicy policy) {
		this.timeout = nanos(policy.timeout());
		this.firstEvent = (this.timeout >= NEVER / PATIENCE) ? NEVER : PATIENCE * this.timeout;
		this.totalTimeout = nanos(policy.totalTimeout());
	}

	private static long nanos(Timeout timeout) {
		Duration duration = timeout.duration();
		// Saturates past 146 years, and so never overflows a sum.
		return (duration == null || duration.compareTo(Duration.ofNanos(NEVER)) >= 0) ? NEVER : duration.toNanos();
	}

	/**
	 * Return when the clocks of a request that has just begun need looking at.
	 * @return nanoseconds from its start
	 */
	long firstCheck() {
		return Math.min(this.timeout, this.totalTimeout);
	}

	/**
	 * Look at the clocks.
	 * @param now the time
	 * @param progress what the exchange has done so far
	 * @return what ran out, or {@code null} while there is time left
	 */
	@Nullable Expiry check(long now, Progress progress) {
		if (!progress.hasStopped(Expiry.TOTAL) && untilTotal(now, progress) <= 0) {
			return Expiry.TOTAL;
		}
		if (progress.hasStopped(Expiry.FIRST_BYTE) || progress.isExempt() || untilTimeout(now, progress) > 0) {
			return null;
		}
		return progress.isCommitted() ? Expiry.SILENT : Expiry.FIRST_BYTE;
	}

	/**
	 * Return when the clocks need looking at again. While the client alone decides when
	 * that is, by sending its body or taking what was written, they are looked at each
	 * second.
	 * @param now the time
	 * @param progress what the exchange has done so far
	 * @return nanoseconds from now
	 */
	long nextCheck(long now, Progress progress) {
		long untilTotal = progress.hasStopped(Expiry.TOTAL) ? NEVER : untilTotal(now, progress);
		long untilTimeout = NEVER;
		if (!progress.hasStopped(Expiry.FIRST_BYTE)) {
			untilTimeout = progress.isExempt() ? this.timeout : untilTimeout(now, progress);
			if (progress.awaitsEvents()) {
				// The handler may yet declare that it is something else.
				untilTimeout = Math.min(untilTimeout, this.timeout);
			}
			if (progress.isWaitingForClient()) {
				untilTimeout = POLL;
			}
		}
		return Math.min(untilTotal, untilTimeout);
	}

	/**
	 * Return how long the response may still take to begin, or once it has begun, to
	 * complete.
	 * @param now the time
	 * @param progress what the exchange has done so far
	 * @return nanoseconds, not negative; {@link Long#MAX_VALUE} for no limit
	 */
	long remaining(long now, Progress progress) {
		long untilTimeout = (progress.isCommitted() || progress.isExempt()) ? NEVER : untilTimeout(now, progress);
		long remaining = Math.min(untilTotal(now, progress), untilTimeout);
		return (remaining == NEVER) ? Long.MAX_VALUE : Math.max(0, remaining);
	}

	private long untilTotal(long now, Progress progress) {
		return (this.totalTimeout == NEVER) ? NEVER : this.totalTimeout - (now - progress.startedAt());
	}

	private long untilTimeout(long now, Progress progress) {
		if (this.timeout == NEVER) {
			return NEVER;
		}
		if (progress.isCommitted()) {
			return this.timeout - (now - progress.silentSince(now));
		}
		long since = progress.startedAt() + progress.waitedForBody(now);
		return (progress.awaitsEvents() ? this.firstEvent : this.timeout) - (now - since);
	}

	/**
	 * Which clock ran out.
	 */
	enum Expiry {

		/**
		 * The response has not begun in time.
		 */
		FIRST_BYTE,

		/**
		 * The response has begun, and the handler has been silent for too long.
		 */
		SILENT,

		/**
		 * The response is not complete in time.
		 */
		TOTAL

	}

	/**
	 * What an exchange has done so far.
	 */
	interface Progress {

		/**
		 * Return when the request's headers were complete.
		 * @return an instant
		 */
		long startedAt();

		/**
		 * Whether a clock has run out and been counted already, where the mode let the
		 * request go on.
		 * @param expiry the clock; {@link Expiry#FIRST_BYTE} and {@link Expiry#SILENT}
		 * are one
		 * @return {@code true} if it is not looked at any more
		 */
		boolean hasStopped(Expiry expiry);

		/**
		 * Whether the response has begun.
		 * @return {@code true} once status and headers are out
		 */
		boolean isCommitted();

		/**
		 * Whether the exchange is of a kind that may be quiet for as long as it likes.
		 * @return {@code true} for event streams and gRPC
		 */
		boolean isExempt();

		/**
		 * Whether the client wants an event stream and nothing else, and the handler has
		 * not said what it will answer: a gateway does not know before its backend does.
		 * @return {@code true} if the response may be one that is quiet at first
		 */
		boolean awaitsEvents();

		/**
		 * Whether only the client can end the present wait.
		 * @return {@code true} while body bytes are awaited or written bytes not taken
		 */
		boolean isWaitingForClient();

		/**
		 * Return how long the server has waited for body bytes that it asked for.
		 * @param now the time
		 * @return nanoseconds
		 */
		long waitedForBody(long now);

		/**
		 * Return since when the handler has written nothing although it could.
		 * @param now the time
		 * @return an instant, {@code now} if it could not
		 */
		long silentSince(long now);

	}

}
