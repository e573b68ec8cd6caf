package io.serverhardening.route;

import java.util.concurrent.atomic.LongAdder;

import io.serverhardening.Ending;

/**
 * Counts the requests of one route. Kept by route id, so that the counts survive a
 * re-tune.
 */
public final class RouteActivity {

	private final LongAdder started = new LongAdder();

	private final LongAdder completed = new LongAdder();

	private final LongAdder failed = new LongAdder();

	private final LongAdder timedOut = new LongAdder();

	private final LongAdder cancelled = new LongAdder();

	private final LongAdder refused = new LongAdder();

	private final LongAdder upgraded = new LongAdder();

	void start() {
		this.started.increment();
	}

	void end(Ending ending) {
		counter(ending).increment();
	}

	/**
	 * Return how many requests ended in a given way.
	 * @param ending the way
	 * @return the count since the start
	 */
	public long count(Ending ending) {
		return counter(ending).sum();
	}

	/**
	 * Return how many requests are being handled.
	 * @return the requests in flight; exact when the route is quiet, and never negative
	 */
	public long inFlight() {
		// Ends are read before starts: a request that ends in between is not counted
		// twice.
		long ended = 0;
		for (Ending ending : Ending.values()) {
			ended += count(ending);
		}
		return Math.max(0, this.started.sum() - ended);
	}

	private LongAdder counter(Ending ending) {
		return switch (ending) {
			case COMPLETED -> this.completed;
			case FAILED -> this.failed;
			case TIMED_OUT -> this.timedOut;
			case CANCELLED -> this.cancelled;
			case REFUSED -> this.refused;
			case UPGRADED -> this.upgraded;
		};
	}

}
