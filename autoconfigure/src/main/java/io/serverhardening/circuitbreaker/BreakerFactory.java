package io.serverhardening.circuitbreaker;

import java.time.Duration;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;

/**
 * Makes Resilience4j's breakers.
 */
final class BreakerFactory {

	private static final int FOR_EVER = 36_500;

	private BreakerFactory() {
	}

	/**
	 * Return what Resilience4j has to know of a policy. Only what its version 2.2 has
	 * too, which Spring Cloud 2025.0 insists on.
	 * @param policy when the breaker opens
	 * @return the configuration
	 */
	static CircuitBreakerConfig config(CircuitBreakerPolicy policy) {
		Duration slow = policy.slowCallAfter().duration();
		return CircuitBreakerConfig.custom()
			.failureRateThreshold(policy.failureRate())
			.slowCallRateThreshold(policy.slowCallRate())
			.slowCallDurationThreshold((slow != null) ? slow : Duration.ofNanos(Long.MAX_VALUE))
			// The window is synchronized unless told otherwise: cheaper under contention
			// than the lock-free one, and without garbage.
			.slidingWindow(policy.window(), policy.minCalls(), SlidingWindowType.COUNT_BASED)
			// Resilience4j goes by the time of day, and would stay open for an hour if
			// someone set the clock back by one: RouteBreaker half-opens it.
			.waitDurationInOpenState(Duration.ofDays(FOR_EVER))
			.permittedNumberOfCallsInHalfOpenState(policy.probes())
			.build();
	}

	/**
	 * Make a breaker that stands where another does.
	 * @param before the other
	 * @param policy when the breaker opens
	 * @return the breaker. The window of one that is closed has the calls of the other,
	 * and where these are too many failures for it, it is open.
	 */
	static CircuitBreaker after(CircuitBreaker before, CircuitBreakerPolicy policy) {
		CircuitBreaker breaker = CircuitBreaker.of(before.getName(), config(policy));
		switch (before.getState()) {
			case CLOSED -> {
				return WindowCopy.of(before, breaker, policy);
			}
			case OPEN -> breaker.transitionToOpenState();
			case HALF_OPEN -> {
				breaker.transitionToOpenState();
				breaker.transitionToHalfOpenState();
			}
			case FORCED_OPEN -> breaker.transitionToForcedOpenState();
			case DISABLED -> breaker.transitionToDisabledState();
			case METRICS_ONLY -> breaker.transitionToMetricsOnlyState();
		}
		return breaker;
	}

}
