package io.serverhardening.circuitbreaker;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.Metrics;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;

/**
 * The calls that one breaker remembers, told to another. Resilience4j tells how many of
 * each kind there are and not their order: they are mixed evenly. What was slow for the
 * one is slow for the other.
 */
final class WindowCopy {

	private static final int SUCCESSFUL = 0;

	private static final int SLOW_SUCCESSFUL = 1;

	private static final int FAILED = 2;

	private static final int SLOW_FAILED = 3;

	private final int[] counts;

	private final int[] told = new int[4];

	private final int kept;

	private WindowCopy(Metrics metrics, int window) {
		this.counts = new int[] { metrics.getNumberOfSuccessfulCalls() - metrics.getNumberOfSlowSuccessfulCalls(),
				metrics.getNumberOfSlowSuccessfulCalls(),
				metrics.getNumberOfFailedCalls() - metrics.getNumberOfSlowFailedCalls(),
				metrics.getNumberOfSlowFailedCalls() };
		this.kept = Math.min(window, metrics.getNumberOfBufferedCalls());
	}

	/**
	 * Tell a breaker the calls of another.
	 * @param before the other, which is closed
	 * @param next the breaker, which has heard of no call
	 * @param policy when it opens
	 * @return the breaker, or one that has heard of none where their order alone would
	 * have opened it
	 */
	static CircuitBreaker of(CircuitBreaker before, CircuitBreaker next, CircuitBreakerPolicy policy) {
		WindowCopy copy = new WindowCopy(before.getMetrics(), policy.window());
		copy.tell(next, policy);
		boolean opened = next.getState() != State.CLOSED;
		return (opened && !copy.opens(policy)) ? CircuitBreaker.of(next.getName(), next.getCircuitBreakerConfig())
				: next;
	}

	private void tell(CircuitBreaker next, CircuitBreakerPolicy policy) {
		Duration threshold = policy.slowCallAfter().duration();
		long slow = (threshold != null) ? threshold.toNanos() + 1 : 0;
		Exception failure = new CallFailedException();
		for (int call = 1; call <= this.kept; call++) {
			int kind = next(call);
			this.told[kind]++;
			long nanos = (kind == SLOW_SUCCESSFUL || kind == SLOW_FAILED) ? slow : 0;
			if (kind == FAILED || kind == SLOW_FAILED) {
				next.onError(nanos, TimeUnit.NANOSECONDS, failure);
			}
			else {
				next.onSuccess(nanos, TimeUnit.NANOSECONDS);
			}
		}
	}

	// The kind that lags behind its part of the calls by the most.
	private int next(int call) {
		long total = Math.max(1, (long) this.counts[SUCCESSFUL] + this.counts[SLOW_SUCCESSFUL] + this.counts[FAILED]
				+ this.counts[SLOW_FAILED]);
		int next = SUCCESSFUL;
		long most = Long.MIN_VALUE;
		for (int kind = SUCCESSFUL; kind <= SLOW_FAILED; kind++) {
			long lag = (long) this.counts[kind] * call - this.told[kind] * total;
			if (lag > most) {
				most = lag;
				next = kind;
			}
		}
		return next;
	}

	private boolean opens(CircuitBreakerPolicy policy) {
		long failed = (long) this.told[FAILED] + this.told[SLOW_FAILED];
		long slow = (long) this.told[SLOW_SUCCESSFUL] + this.told[SLOW_FAILED];
		return this.kept >= policy.minCalls() && (failed * 100 >= (long) policy.failureRate() * this.kept
				|| slow * 100 >= (long) policy.slowCallRate() * this.kept);
	}

}
