package io.serverhardening.circuitbreaker;

import java.time.Duration;

import io.serverhardening.Timeout;

/**
 * When a breaker opens, and for how long.
 *
 * @param failureRate the percentage of calls that have to fail
 * @param slowCallRate the percentage of calls that have to be slow
 * @param slowCallAfter from when on a call is slow
 * @param window how many of the last calls count
 * @param minCalls how many there have to be
 * @param openPeriod how long nothing is called before some calls try again
 * @param propertyPrefix the prefix of the properties that an operator would change
 */
public record CircuitBreakerPolicy(int failureRate, int slowCallRate, Timeout slowCallAfter, int window, int minCalls,
		Duration openPeriod, String propertyPrefix) {

	/** Resilience4j's default. */
	private static final int MOST_PROBES = 10;

	/**
	 * Return how many calls try again before the breaker closes.
	 * @return the number
	 */
	public int probes() {
		return Math.min(MOST_PROBES, this.minCalls);
	}

	/**
	 * Return how long the calls that try again may take before others try.
	 * @return nanoseconds
	 */
	long probePatience() {
		Duration slow = this.slowCallAfter.duration();
		return Math.max(this.openPeriod.toNanos(), (slow != null) ? slow.toNanos() : 0);
	}

	/**
	 * Whether calls are counted alike.
	 * @param other another policy
	 * @return {@code true} if at most the open period is another
	 */
	boolean countsLike(CircuitBreakerPolicy other) {
		return this.failureRate == other.failureRate && this.slowCallRate == other.slowCallRate
				&& this.slowCallAfter.equals(other.slowCallAfter) && this.window == other.window
				&& this.minCalls == other.minCalls;
	}

}
