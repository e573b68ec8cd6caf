package io.serverhardening;

import org.springframework.web.server.ServerWebExchange;

/**
 * Tells how many permits a request takes from its rate limit. One bean of this type
 * serves all routes; without one every request costs one permit.
 * <p>
 * It runs on an event loop and must not block it. Where it fails, or returns less than
 * zero, the request costs one permit.
 */
@FunctionalInterface
public interface CostResolver {

	/**
	 * Return the cost of a request.
	 * @param exchange the current exchange
	 * @return permits; zero for a request that is free. One that costs more than there
	 * are permits in a period is always refused
	 */
	int cost(ServerWebExchange exchange);

}
