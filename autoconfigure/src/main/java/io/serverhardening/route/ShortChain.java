package io.serverhardening.route;

import java.util.List;

import org.jspecify.annotations.Nullable;

import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import org.springframework.web.server.handler.DefaultWebFilterChain;

/**
 * The filters behind the edge without those of later stages, for requests that have no
 * guards there. Spring names each filter on the way of each request, for the traces of
 * errors: a filter that does nothing costs 400 bytes and some operators.
 */
final class ShortChain {

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
