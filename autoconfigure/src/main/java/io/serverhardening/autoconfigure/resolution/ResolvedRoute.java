package io.serverhardening.autoconfigure.resolution;

import io.serverhardening.Timeout;
import io.serverhardening.autoconfigure.settings.HardeningProperties;

/**
 * What is in force for the requests of a route. Nothing is left out.
 *
 * @param request how a body may arrive
 * @param response how long a response may take, and how slowly it may be taken
 * @param rateLimit how many requests a client may send
 * @param concurrency how many requests may be in flight
 * @param circuitBreaker when the handler is called no more
 * @param callTimeout how long the calls may take that the circuit breaker counts: those
 * of the route where it has a breaker of its own, else those of the top
 */
public record ResolvedRoute(HardeningProperties.Request request, HardeningProperties.Response response,
		HardeningProperties.RateLimit rateLimit, HardeningProperties.Concurrency concurrency,
		HardeningProperties.CircuitBreaker circuitBreaker, Timeout callTimeout) {

	/**
	 * Whether requests are limited by rate.
	 * @return {@code true} if they are
	 */
	public boolean isRateLimited() {
		return this.rateLimit.enabled();
	}

	/**
	 * Whether requests in flight are limited.
	 * @return {@code true} if they are
	 */
	public boolean isConcurrencyLimited() {
		return this.concurrency.enabled();
	}

	/**
	 * Whether a circuit breaker stands before the handler.
	 * @return {@code true} if one does
	 */
	public boolean hasBreaker() {
		return this.circuitBreaker.enabled();
	}

}
