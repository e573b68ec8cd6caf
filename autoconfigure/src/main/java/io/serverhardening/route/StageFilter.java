package io.serverhardening.route;

import io.serverhardening.GuardedRequest;
import io.serverhardening.Stage;
import reactor.core.publisher.Mono;
import reactor.util.context.ContextView;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.core.Ordered;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;

/**
 * Runs the guards of a stage behind {@link Stage#EDGE}, of the route that
 * {@link EdgeFilter} matched. No aspect is put around it.
 * <p>
 * A filter of the application may hand on an exchange with attributes of its own. The
 * request is then found in the Reactor Context, and the exchange gets back what guards
 * and handlers ask it for. Where neither knows of a request the edge has not been passed,
 * as on a management server with a port of its own.
 */
public final class StageFilter implements WebFilter, Ordered, AopInfrastructureBean {

	private final Stage stage;

	/**
	 * Create the filter.
	 * @param stage the stage
	 */
	public StageFilter(Stage stage) {
		this.stage = stage;
	}

	@Override
	public int getOrder() {
		return this.stage.order();
	}

	@Override
	public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
		return (GuardedRequest.from(exchange) instanceof GuardedExchange request)
				? request.start(this.stage, exchange, chain)
				: Mono.deferContextual((context) -> filter(context, exchange, chain));
	}

	private Mono<Void> filter(ContextView context, ServerWebExchange exchange, WebFilterChain chain) {
		if (GuardedRequest.from(context) instanceof GuardedExchange request) {
			request.giveAttributes(this.stage, exchange);
			return request.start(this.stage, exchange, chain);
		}
		return chain.filter(exchange);
	}

}
