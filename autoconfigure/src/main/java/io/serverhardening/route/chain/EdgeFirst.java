package io.serverhardening.route.chain;

import java.util.List;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.context.ApplicationContext;
import org.springframework.core.Ordered;
import org.springframework.http.server.reactive.HttpHandler;
import org.springframework.http.server.reactive.HttpHandlerDecoratorFactory;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebExceptionHandler;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebHandler;
import org.springframework.web.server.adapter.HttpWebHandlerAdapter;
import org.springframework.web.server.handler.ExceptionHandlingWebHandler;
import org.springframework.web.server.handler.FilteringWebHandler;
import org.springframework.web.server.handler.WebHandlerDecorator;

/**
 * Has the edge called before the chain of filters where it is the first of them: for a
 * filter Spring makes two operators and the names of a trace, some 370 bytes, for each
 * request. Handlers that are not as Spring builds them stay as they are, and the edge a
 * filter among others.
 */
public final class EdgeFirst implements HttpHandlerDecoratorFactory, Ordered, AopInfrastructureBean {

	/** Spring's own, which it puts in front of those that it is given. */
	private static final int BUILT_IN_HANDLERS = 1;

	private final AdapterSettings more;

	/**
	 * Create it.
	 * @param more copies what this line of Spring can set, and others cannot
	 */
	public EdgeFirst(AdapterSettings more) {
		this.more = more;
	}

	@Override
	public int getOrder() {
		// Whoever comes last is given what Spring has built.
		return Ordered.LOWEST_PRECEDENCE;
	}

	@Override
	public HttpHandler apply(HttpHandler handler) {
		if (handler.getClass() != HttpWebHandlerAdapter.class) {
			return handler;
		}
		HttpWebHandlerAdapter adapter = (HttpWebHandlerAdapter) handler;
		WebHandler errors = adapter.getDelegate();
		if (errors.getClass() != ExceptionHandlingWebHandler.class || !isKnown((ExceptionHandlingWebHandler) errors)) {
			return handler;
		}
		WebHandler filters = ((ExceptionHandlingWebHandler) errors).getDelegate();
		if (filters.getClass() != FilteringWebHandler.class
				|| !(first((FilteringWebHandler) filters) instanceof Edge edge)) {
			return handler;
		}
		return copy(adapter,
				copy((ExceptionHandlingWebHandler) errors, new EdgeHandler(edge, (FilteringWebHandler) filters)));
	}

	private static boolean isKnown(ExceptionHandlingWebHandler errors) {
		return new ExceptionHandlingWebHandler(errors.getDelegate(), List.of()).getExceptionHandlers()
			.size() == BUILT_IN_HANDLERS;
	}

	private static @Nullable WebFilter first(FilteringWebHandler filters) {
		return filters.getFilters().isEmpty() ? null : filters.getFilters().get(0);
	}

	private static WebHandler copy(ExceptionHandlingWebHandler errors, WebHandler delegate) {
		List<WebExceptionHandler> handlers = errors.getExceptionHandlers();
		return new ExceptionHandlingWebHandler(delegate, handlers.subList(BUILT_IN_HANDLERS, handlers.size()));
	}

	private HttpHandler copy(HttpWebHandlerAdapter adapter, WebHandler delegate) {
		HttpWebHandlerAdapter copy = new HttpWebHandlerAdapter(delegate);
		copy.setSessionManager(adapter.getSessionManager());
		copy.setCodecConfigurer(adapter.getCodecConfigurer());
		copy.setLocaleContextResolver(adapter.getLocaleContextResolver());
		copy.setForwardedHeaderTransformer(adapter.getForwardedHeaderTransformer());
		copy.setObservationRegistry(adapter.getObservationRegistry());
		copy.setObservationConvention(adapter.getObservationConvention());
		this.more.copy(adapter, copy);
		ApplicationContext context = adapter.getApplicationContext();
		if (context != null) {
			copy.setApplicationContext(context);
		}
		copy.afterPropertiesSet();
		return copy;
	}

	/**
	 * The edge, and behind it all other filters.
	 */
	private static final class EdgeHandler extends WebHandlerDecorator {

		private final Edge edge;

		private final FiltersBehind behind;

		/**
		 * Create the handler.
		 * @param edge the edge
		 * @param filtering all filters, the edge the first of them
		 */
		EdgeHandler(Edge edge, FilteringWebHandler filtering) {
			super(filtering);
			List<WebFilter> filters = filtering.getFilters();
			this.edge = edge;
			// Whoever has built this may go on to change the list.
			this.behind = edge.chains()
				.behind(filtering.getDelegate(), List.copyOf(filters.subList(1, filters.size())));
		}

		@Override
		public Mono<Void> handle(ServerWebExchange exchange) {
			return this.edge.filter(exchange, this.behind);
		}

	}

}
