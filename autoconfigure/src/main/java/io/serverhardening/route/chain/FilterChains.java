package io.serverhardening.route.chain;

import java.util.List;
import java.util.function.Predicate;

import org.jspecify.annotations.Nullable;

import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import org.springframework.web.server.WebHandler;
import org.springframework.web.server.handler.DefaultWebFilterChain;

/**
 * Makes chains without the filters of later stages, for requests that have no guards
 * there. Spring names each filter on the way of each request, for the traces of errors: a
 * filter that does nothing costs 400 bytes and some operators.
 */
public final class FilterChains {

	private final WebFilter edge;

	private final Predicate<WebFilter> ofLaterStages;

	/** There is one chain, unless somebody has the filters run in another as well. */
	private volatile @Nullable FiltersBehind last;

	/**
	 * Create it.
	 * @param edge the filter behind which the chains begin
	 * @param ofLaterStages which filters they may lack
	 */
	public FilterChains(WebFilter edge, Predicate<WebFilter> ofLaterStages) {
		this.edge = edge;
		this.ofLaterStages = ofLaterStages;
	}

	/**
	 * Leave out what does nothing.
	 * @param chain what is behind the edge
	 * @return both chains; the same twice if it is not Spring's
	 */
	public FiltersBehind behind(WebFilterChain chain) {
		if (chain.getClass() != DefaultWebFilterChain.class) {
			// Perhaps made for this request alone: nothing is kept of it.
			return new FiltersBehind(chain, chain);
		}
		FiltersBehind known = this.last;
		if (known == null || known.all() != chain) {
			known = new FiltersBehind(chain, others((DefaultWebFilterChain) chain));
			this.last = known;
		}
		return known;
	}

	private WebFilterChain others(DefaultWebFilterChain chain) {
		List<WebFilter> filters = chain.getFilters();
		return filters.contains(this.edge)
				? others(chain, chain.getHandler(), filters.subList(filters.indexOf(this.edge) + 1, filters.size()))
				: chain;
	}

	private WebFilterChain others(WebFilterChain all, WebHandler handler, List<WebFilter> filters) {
		List<WebFilter> others = filters.stream().filter(this.ofLaterStages.negate()).toList();
		return (others.size() < filters.size()) ? new DefaultWebFilterChain(handler, others) : all;
	}

	/**
	 * Begin chains where the edge is the first of all filters.
	 * @param handler what is behind the filters
	 * @param filters all filters but the edge
	 * @return both chains
	 */
	FiltersBehind behind(WebHandler handler, List<WebFilter> filters) {
		WebFilterChain all = new DefaultWebFilterChain(handler, filters);
		return new FiltersBehind(all, others(all, handler, filters));
	}

}
