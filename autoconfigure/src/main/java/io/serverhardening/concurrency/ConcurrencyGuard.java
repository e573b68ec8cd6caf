package io.serverhardening.concurrency;

import java.time.Duration;

import io.serverhardening.EndAction;
import io.serverhardening.Ending;
import io.serverhardening.Guard;
import io.serverhardening.GuardChain;
import io.serverhardening.GuardedRequest;
import io.serverhardening.Mode;
import io.serverhardening.Priority;
import io.serverhardening.Rejection;
import io.serverhardening.RejectionReason;
import io.serverhardening.concurrency.ConcurrencyLimit.Share;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.web.server.ServerWebExchange;

/**
 * Admits requests while there are not too many in flight, and turns the next one away at
 * once. A place is given back when its request has ended, whatever way.
 */
public final class ConcurrencyGuard implements Guard, EndAction {

	/**
	 * The name of the guard.
	 */
	public static final String NAME = "concurrency";

	/** A place is free again as soon as one request ends. */
	private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

	private final PriorityBulkhead bulkhead;

	private final Priority priority;

	private final Share share;

	private final Mode mode;

	private final Rejection rejection;

	/**
	 * Create the guard of a route.
	 * @param bulkhead the places, which routes may share
	 * @param limit how many of them may be taken
	 * @param priority the priority of the route
	 * @param mode whether requests for which there is no place are refused
	 */
	public ConcurrencyGuard(PriorityBulkhead bulkhead, ConcurrencyLimit limit, Priority priority, Mode mode) {
		this.bulkhead = bulkhead;
		this.priority = priority;
		this.share = limit.share(priority);
		this.mode = mode;
		this.rejection = Rejection.of(RejectionReason.OVERLOADED)
			.withDetail("Too many requests are being handled.")
			.withRetryAfter(RETRY_AFTER)
			.withProperty(limit.policy().propertyPrefix() + ".max-requests");
	}

	@Override
	public String name() {
		return NAME;
	}

	@Override
	public Mono<Void> apply(ServerWebExchange exchange, GuardChain chain) {
		if (this.bulkhead.tryAcquire(this.share)) {
			GuardedRequest.required(exchange).onEnd(this);
			return chain.proceed(exchange);
		}
		if (this.mode == Mode.OBSERVE) {
			this.bulkhead.enterAnyway();
			GuardedRequest.required(exchange).onEnd(this);
		}
		return chain.refuse(exchange, this.rejection);
	}

	@Override
	public void onEnd(Ending ending, @Nullable Throwable error) {
		this.bulkhead.onComplete();
	}

	/**
	 * Return the places.
	 * @return the bulkhead
	 */
	public PriorityBulkhead bulkhead() {
		return this.bulkhead;
	}

	/**
	 * Return the priority of the route.
	 * @return the priority
	 */
	public Priority priority() {
		return this.priority;
	}

}
