package io.serverhardening.circuitbreaker;

import io.serverhardening.Fallback;
import io.serverhardening.Guard;
import io.serverhardening.GuardChain;
import io.serverhardening.GuardedRequest;
import io.serverhardening.Rejection;
import io.serverhardening.RejectionReason;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.web.server.ServerWebExchange;

/**
 * Stops calling a handler that fails, or that is too slow, and lets some calls try again
 * after a while.
 */
public final class CircuitBreakerGuard implements Guard {

	/**
	 * The name of the guard.
	 */
	public static final String NAME = "circuit-breaker";

	private final RouteBreaker breaker;

	private final @Nullable Fallback fallback;

	private final Rejection rejection;

	/**
	 * Create the guard.
	 * @param breaker the breaker, which routes may share
	 * @param policy when it opens, and for how long
	 * @param fallback answers while it is open, {@code null} for the refusal itself
	 */
	public CircuitBreakerGuard(RouteBreaker breaker, CircuitBreakerPolicy policy, @Nullable Fallback fallback) {
		this.breaker = breaker;
		this.fallback = fallback;
		this.rejection = Rejection.of(RejectionReason.CIRCUIT_OPEN)
			.withDetail("Requests such as this one have been failing, or slow.")
			.withProperty(policy.propertyPrefix());
	}

	@Override
	public String name() {
		return NAME;
	}

	@Override
	public Mono<Void> apply(ServerWebExchange exchange, GuardChain chain) {
		int era = this.breaker.tryAcquire();
		if (era == RouteBreaker.REFUSED) {
			return chain.refuse(exchange, this.rejection.withRetryAfter(this.breaker.retryAfter()), this.fallback);
		}
		GuardedRequest request = GuardedRequest.required(exchange);
		request.onEnd(new BreakerCall(this.breaker, era, request, exchange));
		return chain.proceed(exchange);
	}

	/**
	 * Return the breaker.
	 * @return the breaker
	 */
	public RouteBreaker breaker() {
		return this.breaker;
	}

}
