package io.serverhardening.route;

import io.serverhardening.GuardedRequest;
import io.serverhardening.Stage;
import reactor.core.publisher.Mono;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.core.Ordered;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;

/**
 * Runs the guards of a stage behind {@link Stage#EDGE}, of the route that
 * {@link EdgeFilter} matched. No aspect is put around it.
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
				? request.start(this.stage, exchange, chain) : chain.filter(exchange);
	}

}
