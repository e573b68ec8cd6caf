package io.serverhardening.route;

import java.util.List;
import java.util.function.LongSupplier;

import io.serverhardening.Stage;
import io.serverhardening.internal.HardeningThreads;
import io.serverhardening.route.rejection.Rejections;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.context.ApplicationContext;
import org.springframework.core.Ordered;
import org.springframework.http.HttpMethod;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.cors.reactive.CorsUtils;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import org.springframework.web.server.handler.DefaultWebFilterChain;

/**
 * Matches the route and runs its guards of {@link Stage#EDGE}. The match stands for the
 * whole request: {@link StageFilter} finds it on the exchange.
 */
public final class EdgeFilter implements WebFilter, Ordered {

	private final Routes routes;

	private final Rejections rejections;

	private final @Nullable ApplicationContext context;

	private final LongSupplier time;

	private final HardeningThreads threads;

	private final ShortChain shortChain = new ShortChain(this);

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
		ApplicationContext context = exchange.getApplicationContext();
		if (context != null && context != this.context) {
			return chain.filter(exchange);
		}
		ServerHttpRequest request = exchange.getRequest();
		CompiledRoute route = this.routes.table().match(request.getPath().pathWithinApplication(), request.getMethod());
		boolean preflight = isPreflight(request);
		WebFilterChain behind = route.endsAtEdge(preflight) ? this.shortChain.of(chain) : chain;
		return new GuardedExchange(exchange, behind, route, preflight, this);
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

	/**
	 * The filters behind the edge without those of later stages, for requests that have
	 * no guards there. Spring names each filter on the way of each request, for the
	 * traces of errors: a filter that does nothing costs 400 bytes and some operators.
	 */
	private static final class ShortChain {

		private final WebFilter edge;

		/** There is one chain, unless somebody has the filters run in another as well. */
		private volatile @Nullable Shortened last;

		/**
		 * Create it.
		 * @param edge the filter behind which it begins
		 */
		ShortChain(WebFilter edge) {
			this.edge = edge;
		}

		/**
		 * Leave out what does nothing.
		 * @param chain what is behind the edge
		 * @return the same without filters of later stages; the chain itself if it is not
		 * Spring's
		 */
		WebFilterChain of(WebFilterChain chain) {
			Shortened known = this.last;
			if (known == null || known.whole() != chain) {
				known = new Shortened(chain, shorten(chain));
				this.last = known;
			}
			return known.rest();
		}

		private WebFilterChain shorten(WebFilterChain chain) {
			if (chain.getClass() != DefaultWebFilterChain.class) {
				return chain;
			}
			DefaultWebFilterChain whole = (DefaultWebFilterChain) chain;
			List<WebFilter> filters = whole.getFilters();
			List<WebFilter> behind = filters.subList(filters.indexOf(this.edge) + 1, filters.size());
			List<WebFilter> rest = behind.stream().filter((filter) -> !(filter instanceof StageFilter)).toList();
			boolean known = filters.contains(this.edge) && rest.size() < behind.size();
			return known ? new DefaultWebFilterChain(whole.getHandler(), rest) : chain;
		}

		/**
		 * A chain, and what is left of it.
		 *
		 * @param whole the chain
		 * @param rest the same without filters of later stages
		 */
		private record Shortened(WebFilterChain whole, WebFilterChain rest) {

		}

	}

}
