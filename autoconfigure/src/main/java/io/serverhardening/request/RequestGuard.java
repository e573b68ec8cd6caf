package io.serverhardening.request;

import io.serverhardening.Guard;
import io.serverhardening.GuardChain;
import io.serverhardening.GuardedRequest;
import io.serverhardening.Mode;
import io.serverhardening.internal.channel.RequestChannel;
import reactor.core.publisher.Mono;
import reactor.netty.channel.ChannelOperations;

import org.springframework.web.server.ServerWebExchange;

/**
 * Refuses bodies that announce more than their route takes, and hands the limits of the
 * route to the channel, where what comes is measured.
 */
public final class RequestGuard implements Guard {

	/**
	 * The name of the guard.
	 */
	public static final String NAME = "request";

	private final BodyLimits limits;

	/**
	 * Create the guard of a route.
	 * @param policy the limits
	 * @param route the id of the route
	 * @param mode whether requests that exceed them are refused
	 */
	public RequestGuard(RequestPolicy policy, String route, Mode mode) {
		this.limits = new BodyLimits(policy, route, mode);
	}

	@Override
	public String name() {
		return NAME;
	}

	@Override
	public Mono<Void> apply(ServerWebExchange exchange, GuardChain chain) {
		return fits(exchange) ? chain.proceed(exchange) : chain.refuse(exchange, this.limits.tooLarge());
	}

	private boolean fits(ServerWebExchange exchange) {
		if (RequestChannel.isPresent()) {
			ChannelOperations<?, ?> operations = RequestChannel.operations(exchange.getRequest());
			RequestBody body = (operations != null) ? RequestBody.of(operations.channel()) : null;
			if (operations != null && body != null) {
				return body.guard(this.limits, GuardedRequest.required(exchange), operations);
			}
		}
		return exchange.getRequest().getHeaders().getContentLength() <= this.limits.maxBodySize();
	}

	/**
	 * Return the limits of the route.
	 * @return the policy
	 */
	public RequestPolicy policy() {
		return this.limits.policy();
	}

}
