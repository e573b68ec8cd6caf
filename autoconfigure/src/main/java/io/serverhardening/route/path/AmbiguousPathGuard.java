package io.serverhardening.route.path;

import io.serverhardening.Guard;
import io.serverhardening.GuardChain;
import io.serverhardening.Rejection;
import io.serverhardening.RejectionReason;
import reactor.core.publisher.Mono;

import org.springframework.web.server.ServerWebExchange;

/**
 * Stands before requests whose path falls under one route as Spring reads it, and under
 * another as others do: with the limits of either, someone gets around those of the
 * other.
 */
public final class AmbiguousPathGuard implements Guard {

	private static final Rejection REJECTION = Rejection.of(RejectionReason.PATH_AMBIGUOUS)
		.withDetail("The path has dot segments, empty segments or encoded separators. Send it without.");

	@Override
	public String name() {
		return "path";
	}

	@Override
	public Mono<Void> apply(ServerWebExchange exchange, GuardChain chain) {
		return chain.refuse(exchange, REJECTION);
	}

	@Override
	public boolean guardsPreflights() {
		return true;
	}

}
