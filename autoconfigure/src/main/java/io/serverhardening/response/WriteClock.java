package io.serverhardening.response;

import java.time.Duration;

import io.serverhardening.internal.Pace;
import org.jspecify.annotations.Nullable;

/**
 * The two clocks on what a client has been sent: how long it has taken nothing, and
 * whether it keeps up the rate. They run while there is something to take and begin anew
 * whenever there was nothing. Time is an argument.
 */
final class WriteClock {

	private final long timeout;

	private final Pace pace;

	private boolean running;

	private long stalled;

	private long unsent;

	private long written;

	WriteClock(WritePolicy policy) {
		Duration duration = policy.writeTimeout().duration();
		this.timeout = (duration != null) ? duration.toNanos() : Long.MAX_VALUE;
		this.pace = new Pace(policy.minRate(), policy.rateGrace());
	}

	/**
	 * Look at what the client has taken since the last look.
	 * @param time how long ago that was, nanoseconds
	 * @param written what has been written for it so far, bytes
	 * @param unsent what of it the client has not taken, bytes
	 * @return what ran out, or {@code null}
	 */
	@Nullable Expiry look(long time, long written, long unsent) {
		if (unsent == 0) {
			this.running = false;
			return null;
		}
		if (!this.running) {
			this.running = true;
			this.stalled = 0;
			this.pace.restart();
			remember(written, unsent);
			return null;
		}
		long taken = this.unsent + (written - this.written) - unsent;
		remember(written, unsent);
		this.pace.moved(taken);
		this.stalled = (taken > 0) ? 0 : this.stalled + time;
		if (this.stalled >= this.timeout) {
			return Expiry.TIMEOUT;
		}
		return this.pace.keptUp(time) ? null : Expiry.RATE;
	}

	private void remember(long written, long unsent) {
		this.written = written;
		this.unsent = unsent;
	}

	/**
	 * Which clock ran out.
	 */
	enum Expiry {

		/** {@code write-timeout}. */
		TIMEOUT,

		/** {@code min-rate}. */
		RATE

	}

}
