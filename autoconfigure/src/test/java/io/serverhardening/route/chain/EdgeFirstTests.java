package io.serverhardening.route.chain;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

import io.micrometer.observation.ObservationRegistry;
import io.serverhardening.testing.line.BootLine;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

import org.springframework.context.support.StaticApplicationContext;
import org.springframework.core.Ordered;
import org.springframework.http.HttpStatus;
import org.springframework.http.codec.ServerCodecConfigurer;
import org.springframework.http.server.reactive.HttpHandler;
import org.springframework.http.server.reactive.HttpHandlerDecoratorFactory;
import org.springframework.http.server.reactive.observation.DefaultServerRequestObservationConvention;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import org.springframework.mock.http.server.reactive.MockServerHttpResponse;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebExceptionHandler;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import org.springframework.web.server.WebHandler;
import org.springframework.web.server.adapter.ForwardedHeaderTransformer;
import org.springframework.web.server.adapter.HttpWebHandlerAdapter;
import org.springframework.web.server.adapter.WebHttpHandlerBuilder;
import org.springframework.web.server.handler.ExceptionHandlingWebHandler;
import org.springframework.web.server.i18n.FixedLocaleContextResolver;
import org.springframework.web.server.session.DefaultWebSessionManager;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The edge before the chain of filters.
 */
class EdgeFirstTests {

	/** What a request has met. */
	private final List<String> met = new ArrayList<>();

	private final TestEdge edge = new TestEdge();

	private WebFilter filter(String name) {
		return (exchange, chain) -> {
			this.met.add(name);
			return chain.filter(exchange);
		};
	}

	private WebHttpHandlerBuilder builder(WebFilter... filters) {
		return WebHttpHandlerBuilder.webHandler((exchange) -> Mono.fromRunnable(() -> this.met.add("handler")))
			.filter(filters);
	}

	private static MockServerHttpResponse request(HttpHandler handler) {
		MockServerHttpResponse response = new MockServerHttpResponse();
		handler.handle(MockServerHttpRequest.get("/").build(), response).block();
		return response;
	}

	private static HttpHandler edgeFirst(WebHttpHandlerBuilder builder) {
		return builder.httpHandlerDecorator(new EdgeFirst(BootLine.adapterSettings())).build();
	}

	@Test
	void theEdgeIsCalledBeforeTheChain() {
		request(edgeFirst(builder(this.edge, filter("first"), filter("second"))));
		assertThat(this.met).containsExactly("edge", "first", "second", "handler");
	}

	@Test
	void aRequestWithoutLaterGuardsPassesByTheFiltersOfTheirStages() {
		this.edge.hurries = true;
		request(edgeFirst(builder(this.edge, new LaterStage(), filter("second"))));
		assertThat(this.met).containsExactly("edge", "second", "handler");
	}

	@Test
	void aRequestWithLaterGuardsGoesThroughAllFilters() {
		request(edgeFirst(builder(this.edge, new LaterStage(), filter("second"))));
		assertThat(this.met).containsExactly("edge", "later stage", "second", "handler");
	}

	@Test
	void theEdgeStaysAFilterWhereItIsNotTheFirst() {
		request(edgeFirst(builder(filter("outer"), this.edge, filter("second"))));
		assertThat(this.met).containsExactly("outer", "edge as a filter", "second", "handler");
	}

	@Test
	void aServerWithoutFiltersIsLeftAsItIs() {
		request(edgeFirst(builder()));
		assertThat(this.met).containsExactly("handler");
	}

	@Test
	void whatSomebodyElseHasDecoratedIsLeftAsItIs() {
		HttpHandler plain = builder(this.edge).build();
		HttpHandler decorated = (request, response) -> plain.handle(request, response);
		assertThat(new EdgeFirst(BootLine.adapterSettings()).apply(decorated)).isSameAs(decorated);
		HttpHandler other = new HttpWebHandlerAdapter((exchange) -> Mono.empty()) {
		};
		assertThat(new EdgeFirst(BootLine.adapterSettings()).apply(other)).isSameAs(other);
		HttpHandler bare = new HttpWebHandlerAdapter((exchange) -> Mono.empty());
		assertThat(new EdgeFirst(BootLine.adapterSettings()).apply(bare)).isSameAs(bare);
		HttpHandler unfiltered = new HttpWebHandlerAdapter(
				new ExceptionHandlingWebHandler((exchange) -> Mono.empty(), List.of()));
		assertThat(new EdgeFirst(BootLine.adapterSettings()).apply(unfiltered)).isSameAs(unfiltered);
	}

	@Test
	void itIsGivenWhatSpringHasBuiltAndOthersDecorateThat() {
		StaticApplicationContext context = new StaticApplicationContext();
		context.registerBean(WebHttpHandlerBuilder.WEB_HANDLER_BEAN_NAME, WebHandler.class,
				() -> (exchange) -> Mono.fromRunnable(() -> this.met.add("handler")));
		context.registerBean("edge", TestEdge.class, () -> this.edge);
		context.registerBean("unordered", HttpHandlerDecoratorFactory.class, () -> (handler) -> (request, response) -> {
			this.met.add("decorator");
			return handler.handle(request, response);
		});
		// As the last, like beans of auto-configurations.
		context.registerBean("hardening", EdgeFirst.class, BootLine.adapterSettings());
		context.refresh();
		request(WebHttpHandlerBuilder.applicationContext(context).build());
		assertThat(this.met).containsExactly("decorator", "edge", "handler");
	}

	@Test
	void anErrorOfTheEdgeReachesTheHandlersOfErrors() {
		this.edge.fails = true;
		WebExceptionHandler teapot = (exchange, ex) -> {
			this.met.add(ex.getMessage());
			exchange.getResponse().setStatusCode(HttpStatus.I_AM_A_TEAPOT);
			return Mono.empty();
		};
		HttpHandler handler = edgeFirst(builder(this.edge).exceptionHandler(teapot));
		assertThat(request(handler).getStatusCode()).isEqualTo(HttpStatus.I_AM_A_TEAPOT);
		assertThat(this.met).containsExactly("the edge fails");
		assertThat(
				((ExceptionHandlingWebHandler) ((HttpWebHandlerAdapter) handler).getDelegate()).getExceptionHandlers())
			.hasSize(2)
			.endsWith(teapot);
	}

	@Test
	void nothingThatTheApplicationHasSetIsLost() throws Exception {
		HttpWebHandlerAdapter set = (HttpWebHandlerAdapter) builder(this.edge).build();
		set.setSessionManager(new DefaultWebSessionManager());
		set.setCodecConfigurer(ServerCodecConfigurer.create());
		set.setLocaleContextResolver(new FixedLocaleContextResolver(Locale.ROOT));
		set.setForwardedHeaderTransformer(new ForwardedHeaderTransformer());
		set.setObservationRegistry(ObservationRegistry.create());
		set.setObservationConvention(new DefaultServerRequestObservationConvention());
		set.setApplicationContext(new StaticApplicationContext());
		BootLine.setMore(set);
		HttpHandler copy = new EdgeFirst(BootLine.adapterSettings()).apply(set);
		assertThat(copy).isNotSameAs(set);
		List<Method> setters = Arrays.stream(HttpWebHandlerAdapter.class.getMethods())
			.filter((method) -> method.getName().startsWith("set"))
			.toList();
		assertThat(setters).hasSizeGreaterThanOrEqualTo(7);
		HttpWebHandlerAdapter untouched = new HttpWebHandlerAdapter((exchange) -> Mono.empty());
		for (Method setter : setters) {
			Method getter = HttpWebHandlerAdapter.class.getMethod("get" + setter.getName().substring(3));
			Object value = getter.invoke(set);
			assertThat(value).as(setter.getName() + " is tried").isNotNull().isNotSameAs(getter.invoke(untouched));
			assertThat(getter.invoke(copy)).as(setter.getName()).isSameAs(value);
		}
	}

	/**
	 * An edge that tells how it was called.
	 */
	private final class TestEdge implements Edge, Ordered {

		private final FilterChains chains = new FilterChains(this, LaterStage.class::isInstance);

		private boolean hurries;

		private boolean fails;

		@Override
		public int getOrder() {
			return Ordered.HIGHEST_PRECEDENCE;
		}

		@Override
		public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
			EdgeFirstTests.this.met.add("edge as a filter");
			return chain.filter(exchange);
		}

		@Override
		public Mono<Void> filter(ServerWebExchange exchange, FiltersBehind behind) {
			if (this.fails) {
				throw new IllegalStateException("the edge fails");
			}
			EdgeFirstTests.this.met.add("edge");
			return (this.hurries ? behind.others() : behind.all()).filter(exchange);
		}

		@Override
		public FilterChains chains() {
			return this.chains;
		}

	}

	/**
	 * A filter of a later stage.
	 */
	private final class LaterStage implements WebFilter {

		@Override
		public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
			EdgeFirstTests.this.met.add("later stage");
			return chain.filter(exchange);
		}

	}

}
