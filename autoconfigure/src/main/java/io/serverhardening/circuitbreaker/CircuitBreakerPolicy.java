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

}
