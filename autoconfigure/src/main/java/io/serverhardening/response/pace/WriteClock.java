package io.serverhardening.response.pace;

import java.time.Duration;

import io.serverhardening.internal.time.Pace;
import org.jspecify.annotations.Nullable;

/**
 * The two clocks on what a client has been sent: whether it keeps up the rate, and how
 * long it has taken nothing. They run while there is something to take and begin anew
 * whenever there was nothing. Time is an argument.
 * <p>
 * What a client takes is seen in bursts. Its kernel takes as much as its buffer holds at
 * once and then nothing until the client has read a good part of that, and so does a
 * proxy. Whoever reads at the rate may therefore seem to do nothing for as long as what
 * it took before lasts at that rate, and nobody can tell it from one that has stopped.
 * Hence each byte taken buys the time that the rate allows for it, {@code write-timeout}
 * waits for that too, and a client is blamed only for more than that.
 */
final class WriteClock {

	/** How often the reader is asked while nothing has run out: it may cost a call. */
	private static final long ASK = Duration.ofSeconds(1).toNanos();

	private final long timeout;

	private final Pace pace;

	private boolean running;

	private long stalled;

	private long sinceAsked;

	private long taken;

	/**
	 * Create the clocks.
	 * @param policy what they allow
	 * @param burst how many bytes may be seen taken at once and be read later
	 */
	WriteClock(WritePolicy policy, long burst) {
		Duration duration = policy.writeTimeout().duration();
		this.timeout = (duration != null) ? duration.toNanos() : Long.MAX_VALUE;
		this.pace = new Pace(policy.minRate(), policy.rateGrace(), burst);
	}

	/**
	 * Return the clocks of another policy for the same client: what it took before buys
	 * no time.
	 * @param policy what they allow
	 * @param burst how many bytes may be seen taken at once and be read later
	 * @return the clocks, which do not run yet
	 */
	WriteClock with(WritePolicy policy, long burst) {
		WriteClock clock = new WriteClock(policy, burst);
		clock.taken = this.taken;
		return clock;
	}

	/**
	 * Look at what the client has taken since the last look.
	 * @param time how long ago that was, nanoseconds
	 * @param unsent what it has not taken, bytes
	 * @param reader the client
	 * @return what ran out, or {@code null}
	 */
	@Nullable Expiry look(long time, long unsent, Reader reader) {
		if (unsent == 0) {
			this.running = false;
			return null;
		}
		if (!this.running) {
			this.running = true;
			this.pace.restart();
			ask(reader);
			this.stalled = 0;
			return null;
		}
		this.stalled += time;
		this.sinceAsked += time;
		boolean keptUp = this.pace.keptUp(time);
		if (!keptUp || this.sinceAsked >= ASK || isTimedOut()) {
			ask(reader);
			keptUp = this.pace.isKeptUp();
		}
		if (!isTimedOut()) {
			return keptUp ? null : Expiry.RATE;
		}
		return (keptUp && this.pace.isLimited() && reader.unanswered() < this.timeout) ? null : Expiry.TIMEOUT;
	}

	private boolean isTimedOut() {
		return this.stalled >= this.timeout;
	}

	private void ask(Reader reader) {
		long now = reader.taken();
		if (now > this.taken) {
			this.pace.moved(now - this.taken);
			this.taken = now;
			this.stalled = 0;
		}
		this.sinceAsked = 0;
	}

	/**
	 * Who takes what is written.
	 */
	interface Reader {

		/**
		 * Find out what it has taken.
		 * @return bytes since the channel exists; not less than it has read since then,
		 * as far as that can be told, and not much more
		 */
		long taken();

		/**
		 * Return for how long it has owed a sign of life, as of when it was last asked
		 * what it has taken.
		 * @return nanoseconds, 0 if it owes none, or nobody can tell
		 */
		default long unanswered() {
			return 0;
		}

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
