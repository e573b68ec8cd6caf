package io.serverhardening.route;

import java.util.function.LongSupplier;

import io.serverhardening.Stage;
import io.serverhardening.internal.HardeningThreads;
import io.serverhardening.route.chain.Edge;
import io.serverhardening.route.chain.FilterChains;
import io.serverhardening.route.chain.FiltersBehind;
import io.serverhardening.route.rejection.Rejections;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.context.ApplicationContext;
import org.springframework.core.Ordered;
import org.springframework.http.HttpMethod;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.cors.reactive.CorsUtils;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilterChain;

/**
 * Matches the route and runs its guards of {@link Stage#EDGE}. The match stands for the
 * whole request: {@link StageFilter} finds it on the exchange. No aspect is put around
 * it, such as one on all web filters.
 */
public final class EdgeFilter implements Edge, Ordered, AopInfrastructureBean {

	private final Routes routes;

	private final Rejections rejections;

	private final @Nullable ApplicationContext context;

	private final LongSupplier time;

	private final HardeningThreads threads;

	private final FilterChains chains = new FilterChains(this, StageFilter.class::isInstance);

	/**
	 * Create the filter.
	 * @param routes the routes in force
	 * @param rejections the way out for refusals
	 * @param context the context whose requests are guarded: a management server on its
	 * own port runs the filters of its parent too, and has no admission
	 * @param time the clock, nanoseconds
	 * @param threads keep time off the event loops
	 */
	public EdgeFilter(Routes routes, Rejections rejections, @Nullable ApplicationContext context, LongSupplier time,
			HardeningThreads threads) {
		this.routes = routes;
		this.rejections = rejections;
		this.context = context;
		this.time = time;
		this.threads = threads;
	}

	@Override
	public int getOrder() {
		return Stage.EDGE.order();
	}

	@Override
	public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
		return isElsewhere(exchange) ? chain.filter(exchange) : guard(exchange, this.chains.behind(chain));
	}

	@Override
	public Mono<Void> filter(ServerWebExchange exchange, FiltersBehind behind) {
		return isElsewhere(exchange) ? behind.all().filter(exchange) : guard(exchange, behind);
	}

	private boolean isElsewhere(ServerWebExchange exchange) {
		ApplicationContext context = exchange.getApplicationContext();
		return context != null && context != this.context;
	}

	private Mono<Void> guard(ServerWebExchange exchange, FiltersBehind behind) {
		ServerHttpRequest request = exchange.getRequest();
		CompiledRoute route = this.routes.table().match(request.getPath().pathWithinApplication(), request.getMethod());
		boolean preflight = isPreflight(request);
		WebFilterChain chain = route.endsAtEdge(preflight) ? behind.others() : behind.all();
		return new GuardedExchange(exchange, chain, route, preflight, this);
	}

	@Override
	public FilterChains chains() {
		return this.chains;
	}

	Rejections rejections() {
		return this.rejections;
	}

	HardeningThreads threads() {
		return this.threads;
	}

	long now() {
		return this.time.getAsLong();
	}

	private static boolean isPreflight(ServerHttpRequest request) {
		return HttpMethod.OPTIONS.equals(request.getMethod()) && CorsUtils.isPreFlightRequest(request);
	}

}
