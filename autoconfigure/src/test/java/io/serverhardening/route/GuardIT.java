package io.serverhardening.route;

import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BiFunction;

import io.serverhardening.Ending;
import io.serverhardening.Guard;
import io.serverhardening.GuardChain;
import io.serverhardening.GuardedRequest;
import io.serverhardening.Rejection;
import io.serverhardening.Rejection.Outcome;
import io.serverhardening.RejectionListener;
import io.serverhardening.RejectionReason;
import io.serverhardening.Route;
import io.serverhardening.Stage;
import io.serverhardening.testing.RawClient;
import io.serverhardening.testing.TestServer;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

import org.springframework.context.annotation.Bean;
import org.springframework.core.annotation.Order;
import org.springframework.security.config.annotation.web.reactive.EnableWebFluxSecurity;
import org.springframework.security.config.web.server.ServerHttpSecurity;
import org.springframework.security.core.context.ReactiveSecurityContextHolder;
import org.springframework.security.core.userdetails.MapReactiveUserDetailsService;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.web.server.SecurityWebFilterChain;
import org.springframework.web.cors.CorsConfiguration;
import org.springframework.web.cors.reactive.CorsWebFilter;
import org.springframework.web.cors.reactive.UrlBasedCorsConfigurationSource;
import org.springframework.web.reactive.config.CorsRegistry;
import org.springframework.web.reactive.config.WebFluxConfigurer;
import org.springframework.web.server.ServerWebExchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Guards of an application: where they stand, what they are told, and how their refusals
 * look.
 */
class GuardIT {

	private static final String ORIGIN = "Origin: https://shop.example";

	private static Guard guard(String name, BiFunction<ServerWebExchange, GuardChain, Mono<Void>> apply) {
		return new Guard() {

			@Override
			public String name() {
				return name;
			}

			@Override
			public Mono<Void> apply(ServerWebExchange exchange, GuardChain chain) {
				return apply.apply(exchange, chain);
			}

		};
	}

	@Test
	void aBeanGuardsTheRoutesThatItAccepts() {
		try (TestServer server = TestServer.start(List.of(Closed.class),
				"server.hardening.routes.report.path=/report/**", "server.hardening.routes.slow.path=/slow")) {
			RawClient.Response response = server.get("/slow?ms=1");
			assertThat(response.status()).isEqualTo(503);
			assertThat(response.header("retry-after")).isEqualTo("61");
			assertThat(response.body()).contains("\"type\":\"urn:problem-type:server-hardening:overloaded\"",
					"\"guard\":\"closed\"", "\"route\":\"slow\"");
			assertThat(server.get("/fast").status()).isEqualTo(200);
			server.awaitCount("slow", Ending.REFUSED, 1);
			assertThat(server.meter("server.hardening.rejections", "guard", "closed", "route", "slow", "reason",
					"overloaded", "outcome", "refused"))
				.isEqualTo(1);
		}
	}

	@Test
	void inObserveModeTheRequestGoesOn() {
		try (TestServer server = TestServer.start(List.of(Closed.class, Listener.class),
				"server.hardening.routes.slow.path=/slow", "server.hardening.mode=observe")) {
			assertThat(server.get("/slow?ms=1").body()).isEqualTo("slow");
			assertThat(server.meter("server.hardening.rejections", "guard", "closed", "outcome", "observed"))
				.isEqualTo(1);
			assertThat(server.bean(Listener.class).heard).containsExactly("closed slow OBSERVED");
			server.awaitCount("slow", Ending.COMPLETED, 1);
		}
	}

	@Test
	void guardsOfAStageRunInTheirOrder() {
		try (TestServer server = TestServer.start(List.of(Ordered.class))) {
			assertThat(server.get("/fast").status()).isEqualTo(200);
			// The client may have its answer before the request has ended.
			await().untilAsserted(() -> assertThat(server.bean(Ordered.class).calls).containsExactly("first", "second",
					"ended", "at once", "ended too"));
		}
	}

	@Test
	void aGuardThatThrowsIsAnErrorOfTheApplication() {
		try (TestServer server = TestServer.start(List.of(Broken.class))) {
			assertThat(server.get("/fast").status()).isEqualTo(500);
			assertThat(server.get("/slow?ms=1").status()).isEqualTo(500);
			server.awaitCount("default", Ending.FAILED, 2);
			server.awaitQuiet();
			assertThat(server.meter("server.hardening.rejections")).isZero();
		}
	}

	// The one before it calls what it is given, in an operator that lets such an error
	// out.
	@Test
	void soIsOneThatThrowsWhatReactorTakesForFatal() {
		try (TestServer server = TestServer.start(List.of(Overflowing.class))) {
			assertThat(server.get("/fast").status()).isEqualTo(500);
			server.awaitCount("default", Ending.FAILED, 1);
		}
	}

	@Test
	void preflightsPassAndRefusalsKeepCorsHeaders() {
		for (Class<?> cors : List.of(CorsByMapping.class, CorsByFilter.class)) {
			try (TestServer server = TestServer.start(List.of(Closed.class, cors),
					"server.hardening.routes.slow.path=/slow")) {
				try (RawClient client = server.connect()) {
					RawClient.Response preflight = client
						.send("OPTIONS", "/slow?ms=1", ORIGIN, "Access-Control-Request-Method: GET")
						.response();
					assertThat(preflight.status()).isEqualTo(200);
					assertThat(preflight.header("access-control-allow-origin")).isEqualTo("https://shop.example");
				}
				RawClient.Response refused = server.get("/slow?ms=1", ORIGIN);
				assertThat(refused.status()).isEqualTo(503);
				assertThat(refused.header("access-control-allow-origin")).isEqualTo("https://shop.example");
				assertThat(server.get("/slow?ms=1", "Origin: https://evil.example").headers())
					.doesNotContainKey("access-control-allow-origin");
				assertThat(server.get("/slow?ms=1").headers()).doesNotContainKey("access-control-allow-origin");
			}
		}
	}

	@Test
	void aDeadlineKeepsTheCorsHeadersOfTheHandler() {
		try (TestServer server = TestServer.start(List.of(CorsByMapping.class),
				"server.hardening.response.timeout=200ms")) {
			RawClient.Response refused = server.get("/never", ORIGIN);
			assertThat(refused.status()).isEqualTo(503);
			assertThat(refused.header("access-control-allow-origin")).isEqualTo("https://shop.example");
		}
	}

	@Test
	void edgeGuardsRunBeforeSpringSecurityAndIdentityGuardsAfterIt() {
		try (TestServer server = TestServer.start(List.of(Security.class, Stages.class),
				"spring.autoconfigure.exclude=")) {
			Stages stages = server.bean(Stages.class);
			assertThat(server.get("/fast").status()).isEqualTo(401);
			assertThat(stages.calls).containsExactly("edge nobody");
			stages.calls.clear();
			// user:password
			assertThat(server.get("/fast", "Authorization: Basic dXNlcjpwYXNzd29yZA==").body()).isEqualTo("fast");
			assertThat(stages.calls).containsExactly("edge nobody", "identity user");
		}
	}

	@Test
	void theDeadlineCoversAGuardThatNeverDecides() {
		try (TestServer server = TestServer.start(List.of(Undecided.class),
				"server.hardening.response.timeout=200ms")) {
			assertThat(server.get("/fast").status()).isEqualTo(503);
			await().atMost(Duration.ofSeconds(5)).until(() -> server.activity("default").inFlight() == 0);
		}
	}

	/**
	 * A guard that lets nothing through.
	 */
	static class Closed {

		@Bean
		Guard closed() {
			return new Guard() {

				@Override
				public String name() {
					return "closed";
				}

				@Override
				public boolean guards(Route route) {
					return route.id().equals("slow");
				}

				@Override
				public Mono<Void> apply(ServerWebExchange exchange, GuardChain chain) {
					return chain.refuse(exchange,
							Rejection.of(RejectionReason.OVERLOADED).withRetryAfter(Duration.ofMillis(60_001)));
				}

			};
		}

	}

	/**
	 * Hears of refusals.
	 */
	static class Listener implements RejectionListener {

		private final Queue<String> heard = new ConcurrentLinkedQueue<>();

		@Override
		public void onRejection(ServerWebExchange exchange, Rejection rejection, Outcome outcome) {
			this.heard.add(rejection.guard() + " " + rejection.route() + " " + outcome);
			throw new IllegalStateException("a listener that fails changes nothing");
		}

	}

	/**
	 * Two guards in an order.
	 */
	static class Ordered {

		private final Queue<String> calls = new ConcurrentLinkedQueue<>();

		@Bean
		@Order(2)
		Guard second() {
			return recording("second");
		}

		@Bean
		@Order(1)
		Guard first() {
			return recording("first");
		}

		private Guard recording(String name) {
			return guard(name, (exchange, chain) -> {
				this.calls.add(name);
				if (name.equals("second")) {
					GuardedRequest request = GuardedRequest.from(exchange);
					request.onEnd((ending, error) -> {
						this.calls.add("ended");
						request.onEnd((again, none) -> this.calls.add("at once"));
						throw new IllegalStateException("a defect in one action leaves the others alone");
					});
					request.onEnd((again, none) -> this.calls.add("ended too"));
				}
				return chain.proceed(exchange);
			});
		}

	}

	/**
	 * A guard with a defect behind one that takes its time.
	 */
	static class Overflowing {

		@Bean
		@Order(1)
		Guard later() {
			return guard("later",
					(exchange, chain) -> Mono.delay(Duration.ofMillis(1)).flatMap((tick) -> chain.proceed(exchange)));
		}

		@Bean
		@Order(2)
		Guard overflowing() {
			return guard("overflowing", (exchange, chain) -> {
				throw new StackOverflowError("Planted");
			});
		}

	}

	/**
	 * A guard with a defect.
	 */
	static class Broken {

		@Bean
		Guard broken() {
			return guard("broken", (exchange, chain) -> {
				if (exchange.getRequest().getPath().value().equals("/slow")) {
					return null;
				}
				throw new AssertionError("defect");
			});
		}

	}

	/**
	 * A guard that never decides.
	 */
	static class Undecided {

		@Bean
		Guard undecided() {
			return guard("undecided", (exchange, chain) -> Mono.never());
		}

	}

	/**
	 * One guard a stage.
	 */
	static class Stages {

		private final Queue<String> calls = new ConcurrentLinkedQueue<>();

		@Bean
		Guard edge() {
			return recording(Stage.EDGE);
		}

		@Bean
		Guard identity() {
			return recording(Stage.IDENTITY);
		}

		private Guard recording(Stage stage) {
			return new Guard() {

				@Override
				public String name() {
					return stage.name();
				}

				@Override
				public Stage stage() {
					return stage;
				}

				@Override
				public Mono<Void> apply(ServerWebExchange exchange, GuardChain chain) {
					return ReactiveSecurityContextHolder.getContext()
						.map((context) -> context.getAuthentication().getName())
						.defaultIfEmpty("nobody")
						.doOnNext((who) -> Stages.this.calls.add(name().toLowerCase(java.util.Locale.ROOT) + " " + who))
						.then(Mono.defer(() -> chain.proceed(exchange)));
				}

			};
		}

	}

	/**
	 * Basic authentication for everything.
	 */
	@EnableWebFluxSecurity
	static class Security {

		@Bean
		SecurityWebFilterChain chain(ServerHttpSecurity http) {
			return http.authorizeExchange((exchanges) -> exchanges.anyExchange().authenticated()).httpBasic((basic) -> {
			}).build();
		}

		@Bean
		MapReactiveUserDetailsService users() {
			return new MapReactiveUserDetailsService(
					User.withUsername("user").password("{noop}password").roles("USER").build());
		}

	}

	/**
	 * CORS as Spring's mappings know it.
	 */
	static class CorsByMapping implements WebFluxConfigurer {

		@Override
		public void addCorsMappings(CorsRegistry registry) {
			registry.addMapping("/**").allowedOrigins("https://shop.example").allowedMethods("GET");
		}

	}

	/**
	 * CORS as a filter.
	 */
	static class CorsByFilter {

		@Bean
		CorsWebFilter cors() {
			CorsConfiguration configuration = new CorsConfiguration();
			configuration.addAllowedOrigin("https://shop.example");
			configuration.addAllowedMethod("GET");
			UrlBasedCorsConfigurationSource source = new UrlBasedCorsConfigurationSource();
			source.registerCorsConfiguration("/**", configuration);
			return new CorsWebFilter(source);
		}

	}

}
