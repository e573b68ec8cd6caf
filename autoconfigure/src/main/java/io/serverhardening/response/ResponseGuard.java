package io.serverhardening.response;

import java.time.Duration;
import java.util.function.LongSupplier;

import io.serverhardening.Guard;
import io.serverhardening.GuardChain;
import io.serverhardening.GuardedRequest;
import io.serverhardening.Mode;
import io.serverhardening.Rejection;
import io.serverhardening.RejectionReason;
import io.serverhardening.Timeout;
import io.serverhardening.internal.HardeningThreads;
import io.serverhardening.internal.channel.RequestChannel;
import io.serverhardening.response.ResponseClock.Expiry;
import io.serverhardening.response.pace.WriteLimits;
import reactor.core.publisher.Mono;
import reactor.netty.channel.ChannelOperations;

import org.springframework.web.server.ServerWebExchange;

/**
 * Puts the deadline of its route on each request. The first guard of all, so that what
 * the others spend counts too.
 */
public final class ResponseGuard implements Guard {

	/**
	 * The name of the guard.
	 */
	public static final String NAME = WriteLimits.GUARD;

	private static final Duration LONGEST_RETRY_AFTER = Duration.ofMinutes(1);

	private final ResponsePolicy policy;

	private final ResponseClock clock;

	private final Mode mode;

	private final LongSupplier time;

	private final HardeningThreads threads;

	private final Rejection timeout;

	private final Rejection totalTimeout;

	private final WriteLimits writes;

	/**
	 * Create the guard of a route.
	 * @param policy the clocks
	 * @param route the id of the route
	 * @param mode whether requests that exceed them are refused
	 * @param time the clock, nanoseconds
	 * @param threads keep time where there is no event loop
	 */
	public ResponseGuard(ResponsePolicy policy, String route, Mode mode, LongSupplier time, HardeningThreads threads) {
		this.policy = policy;
		this.clock = new ResponseClock(policy);
		this.mode = mode;
		this.time = time;
		this.threads = threads;
		this.timeout = rejection(policy, policy.timeout(), route, "The request was not answered within ")
			.withProperty(policy.propertyPrefix() + ".timeout");
		this.totalTimeout = rejection(policy, policy.totalTimeout(), route, "The response was not complete within ")
			.withProperty(policy.propertyPrefix() + ".total-timeout");
		this.writes = new WriteLimits(policy.writes(), route, mode, policy.propertyPrefix());
	}

	private static Rejection rejection(ResponsePolicy policy, Timeout timeout, String route, String detail) {
		Rejection rejection = Rejection.of(RejectionReason.DEADLINE_EXCEEDED)
			.withStatus(policy.timeoutStatus())
			.withDetail(detail + timeout + ".")
			.at(NAME, route);
		Duration duration = timeout.duration();
		if (duration == null) {
			return rejection;
		}
		return rejection.withRetryAfter((duration.compareTo(LONGEST_RETRY_AFTER) < 0) ? duration : LONGEST_RETRY_AFTER);
	}

	@Override
	public String name() {
		return NAME;
	}

	@Override
	public boolean guardsPreflights() {
		return true;
	}

	@Override
	public Mono<Void> apply(ServerWebExchange exchange, GuardChain chain) {
		GuardedRequest request = GuardedRequest.required(exchange);
		long now = request.startedAt();
		ResponseDeadline deadline = deadline(exchange, request);
		request.deadline(deadline);
		deadline.start(now);
		return chain.proceed(exchange);
	}

	private ResponseDeadline deadline(ServerWebExchange exchange, GuardedRequest request) {
		if (RequestChannel.isPresent()) {
			ChannelOperations<?, ?> operations = RequestChannel.operations(exchange.getRequest());
			if (operations != null) {
				ChannelProgress progress = ChannelProgress.of(operations.channel());
				if (progress != null) {
					progress.guard(this.writes, request);
					return new ChannelDeadline(this, request, exchange, progress.timer(), operations);
				}
			}
		}
		return new ScheduledDeadline(this, request, exchange);
	}

	/**
	 * Return the clocks of the route.
	 * @return the policy
	 */
	public ResponsePolicy policy() {
		return this.policy;
	}

	ResponseClock clock() {
		return this.clock;
	}

	Mode mode() {
		return this.mode;
	}

	long now() {
		return this.time.getAsLong();
	}

	HardeningThreads threads() {
		return this.threads;
	}

	Rejection rejection(Expiry expiry) {
		return (expiry == Expiry.TOTAL) ? this.totalTimeout : this.timeout;
	}

}
