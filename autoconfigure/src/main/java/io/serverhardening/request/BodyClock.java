package io.serverhardening.request;

import java.time.Duration;

import io.serverhardening.internal.time.Pace;
import org.jspecify.annotations.Nullable;

/**
 * The two clocks on a body: how long it has been waited for in all, and whether it keeps
 * up the rate. Time is an argument.
 */
final class BodyClock {

	private final long timeout;

	private final Pace pace;

	private long waited;

	BodyClock(RequestPolicy policy) {
		Duration duration = policy.bodyTimeout().duration();
		this.timeout = (duration != null) ? duration.toNanos() : Long.MAX_VALUE;
		this.pace = new Pace(policy.minRate(), policy.rateGrace());
	}

	void arrived(int bytes) {
		this.pace.moved(bytes);
	}

	/**
	 * The server has waited for the client.
	 * @param time nanoseconds
	 * @return what ran out, or {@code null}
	 */
	@Nullable Expiry waited(long time) {
		this.waited += time;
		if (this.waited >= this.timeout) {
			return Expiry.TIMEOUT;
		}
		return this.pace.keptUp(time) ? null : Expiry.RATE;
	}

	/**
	 * Which clock ran out.
	 */
	enum Expiry {

		/** {@code body-timeout}. */
		TIMEOUT,

		/** {@code min-rate}. */
		RATE

	}

}
