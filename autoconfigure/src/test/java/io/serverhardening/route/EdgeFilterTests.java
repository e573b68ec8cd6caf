package io.serverhardening.route;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

import io.serverhardening.Guard;
import io.serverhardening.GuardChain;
import io.serverhardening.Mode;
import io.serverhardening.Route;
import io.serverhardening.Stage;
import io.serverhardening.internal.HardeningThreads;
import io.serverhardening.internal.call.ApplicationCalls;
import io.serverhardening.route.RoutePolicy.Binding;
import io.serverhardening.route.rejection.Rejections;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Mono;

import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import org.springframework.mock.web.server.MockServerWebExchange;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import org.springframework.web.server.handler.DefaultWebFilterChain;
import org.springframework.web.util.pattern.PathPatternParser;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Which filters behind the edge a request goes through.
 */
class EdgeFilterTests {

	private static final HardeningThreads threads = new HardeningThreads();

	private static final ApplicationCalls calls = new ApplicationCalls(threads, System::nanoTime);

	/** What a request has met. */
	private final List<String> met = new ArrayList<>();

	@AfterAll
	static void stop() {
		calls.close();
		threads.close();
	}

	private EdgeFilter edge(List<Guard> guards) {
		RoutePolicy policy = new RoutePolicy(new Route("default", "/**", Set.of()),
				guards.stream().map((guard) -> new Binding(guard, Mode.ENFORCE)).toList());
		Routes routes = new Routes();
		routes.swap(
				RouteTable.compile(policy, List.of(), PathPatternParser.defaultInstance, (id) -> new RouteActivity()));
		Rejections rejections = new Rejections((exchange, rejection) -> Mono.never(), List.of(), calls);
		return new EdgeFilter(routes, rejections, null, System::nanoTime, threads);
	}

	private Guard guard(Stage stage) {
		return new Guard() {

			@Override
			public String name() {
				return "guard";
			}

			@Override
			public Stage stage() {
				return stage;
			}

			@Override
			public Mono<Void> apply(ServerWebExchange exchange, GuardChain chain) {
				EdgeFilterTests.this.met.add("guard " + stage);
				return chain.proceed(exchange);
			}

		};
	}

	// Says whether there are filters of stages in its chain.
	private WebFilter filter(String name) {
		return (exchange, chain) -> {
			boolean stages = ((DefaultWebFilterChain) chain).getFilters()
				.stream()
				.anyMatch((filter) -> filter instanceof StageFilter);
			this.met.add(name + (stages ? " among stages" : ""));
			return chain.filter(exchange);
		};
	}

	private WebFilterChain chain(WebFilter edge) {
		return new DefaultWebFilterChain((exchange) -> Mono.fromRunnable(() -> this.met.add("handler")),
				List.of(filter("outer"), edge, filter("first"), new StageFilter(Stage.IDENTITY), filter("second"),
						new StageFilter(Stage.LAST)));
	}

	private static void request(WebFilterChain chain) {
		chain.filter(MockServerWebExchange.from(MockServerHttpRequest.get("/"))).block();
	}

	@Test
	void aRequestWithoutLaterGuardsPassesByTheFiltersOfTheirStages() {
		WebFilterChain chain = chain(edge(List.of(guard(Stage.EDGE))));
		for (int i = 0; i < 2; i++) {
			this.met.clear();
			request(chain);
			assertThat(this.met).containsExactly("outer among stages", "guard EDGE", "first", "second", "handler");
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "IDENTITY", "LAST" })
	void aRequestWithLaterGuardsGoesThroughAllFilters(Stage stage) {
		request(chain(edge(List.of(guard(stage)))));
		assertThat(this.met)
			.contains("outer among stages", "first among stages", "second among stages", "guard " + stage)
			.endsWith("handler");
	}

	@Test
	void anotherChainThanSpringsIsLeftAsItIs() {
		edge(List.of())
			.filter(MockServerWebExchange.from(MockServerHttpRequest.get("/")),
					(exchange) -> Mono.fromRunnable(() -> this.met.add("own chain")))
			.block();
		assertThat(this.met).containsExactly("own chain");
	}

	@Test
	void aChainThatDoesNotKnowTheEdgeIsLeftAsItIs() {
		EdgeFilter edge = edge(List.of());
		WebFilterChain foreign = new DefaultWebFilterChain(
				(exchange) -> Mono.fromRunnable(() -> this.met.add("handler")),
				List.of(filter("foreign"), new StageFilter(Stage.LAST)));
		edge.filter(MockServerWebExchange.from(MockServerHttpRequest.get("/")), foreign).block();
		assertThat(this.met).containsExactly("foreign among stages", "handler");
	}

	@Test
	void twoChainsThatTakeTurnsKeepTheirFilters() {
		EdgeFilter edge = edge(List.of());
		WebFilterChain one = chain(edge);
		WebFilterChain other = new DefaultWebFilterChain((exchange) -> Mono.fromRunnable(() -> this.met.add("other")),
				List.of(edge, filter("only"), new StageFilter(Stage.LAST)));
		request(one);
		request(other);
		request(one);
		assertThat(this.met).containsExactly("outer among stages", "first", "second", "handler", "only", "other",
				"outer among stages", "first", "second", "handler");
	}

}
