package io.serverhardening.route.chain;

import reactor.core.publisher.Mono;

import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;

/**
 * The filter with which guards begin. Where it is the first of all, {@link EdgeFirst} has
 * it called before the chain.
 */
public interface Edge extends WebFilter {

	/**
	 * Guard a request.
	 * @param exchange the request
	 * @param behind where it goes on
	 * @return completes with the request
	 */
	Mono<Void> filter(ServerWebExchange exchange, FiltersBehind behind);

	/**
	 * Return what the filters behind it are, given all of them.
	 * @return finds them
	 */
	FilterChains chains();

}
