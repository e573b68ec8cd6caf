package io.serverhardening.route;

import io.serverhardening.GuardedRequest;
import io.serverhardening.Stage;
import reactor.core.publisher.Mono;

import org.springframework.core.Ordered;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;

/**
 * Runs the guards of {@link Stage#IDENTITY} of the route that {@link EdgeFilter} matched.
 */
public final class IdentityFilter implements WebFilter, Ordered {

	@Override
	public int getOrder() {
		return Stage.IDENTITY.order();
	}

	@Override
	public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
		return (GuardedRequest.from(exchange) instanceof GuardedExchange request)
				? request.startIdentity(exchange, chain) : chain.filter(exchange);
	}

}
