package io.serverhardening.errors;

import java.util.List;
import java.util.function.Supplier;

import io.serverhardening.Fallback;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.http.HttpHeaders;
import org.springframework.util.function.SingletonSupplier;
import org.springframework.web.cors.reactive.CorsWebFilter;
import org.springframework.web.reactive.HandlerMapping;
import org.springframework.web.server.ServerWebExchange;

/**
 * Gives refusals the CORS headers that the application would have given the answer: those
 * of its {@link CorsWebFilter}s, then those of the handler mapping that takes the
 * request. A request refused at the edge has met neither.
 */
public final class CorsHeaders implements AopInfrastructureBean {

	private final SingletonSupplier<List<CorsWebFilter>> filters;

	private final SingletonSupplier<List<CorsMapping>> mappings;

	/**
	 * Create the headers' source.
	 * @param filters the application's CORS filters
	 * @param mappings the application's handler mappings, in the order in which they are
	 * asked
	 */
	public CorsHeaders(Supplier<List<CorsWebFilter>> filters, Supplier<List<HandlerMapping>> mappings) {
		// Asked for once: finding and sorting beans costs more than serving.
		this.filters = SingletonSupplier.of(filters);
		this.mappings = SingletonSupplier.of(() -> mappings.get().stream().map(CorsMapping::new).toList());
	}

	boolean isNeeded(ServerWebExchange exchange) {
		return exchange.getRequest().getHeaders().getOrigin() != null && !isPresent(exchange);
	}

	// Add the headers as a side effect of asking who would have handled the request. What
	// goes wrong meanwhile is not the refusal's concern.
	Mono<Void> add(ServerWebExchange exchange) {
		Mono<Void> byFilters = Flux.fromIterable(this.filters.obtain())
			.concatMap((filter) -> filter.filter(exchange, (passed) -> Mono.empty()).onErrorComplete())
			.then();
		Mono<Void> byMappings = Flux.fromIterable(this.mappings.obtain())
			.filter(CorsMapping::mayAddHeaders)
			.concatMap((mapping) -> mapping.ask(exchange).onErrorComplete())
			.next()
			.then();
		return byFilters.then(Mono.defer(() -> isPresent(exchange) ? Mono.empty() : byMappings));
	}

	private static boolean isPresent(ServerWebExchange exchange) {
		return exchange.getResponse().getHeaders().getFirst(HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN) != null;
	}

	/**
	 * Add the headers that the handler's mapping would have added, where the request
	 * needs them.
	 * @param exchange the exchange, which no mapping has seen
	 * @return completes when an answer may be written
	 */
	public Mono<Void> ahead(ServerWebExchange exchange) {
		return isNeeded(exchange) ? add(exchange) : Mono.empty();
	}

	/**
	 * Have a fallback's answers carry the headers.
	 * @param fallback the fallback
	 * @return the same with CORS headers where the request needs them
	 */
	public Fallback around(Fallback fallback) {
		return (exchange, rejection) -> isNeeded(exchange)
				? add(exchange).then(Mono.defer(() -> fallback.answer(exchange, rejection)))
				: fallback.answer(exchange, rejection);
	}

}
