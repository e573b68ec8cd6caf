package io.serverhardening.circuitbreaker;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import io.micrometer.core.instrument.MeterRegistry;
import io.serverhardening.Fallback;
import io.serverhardening.Guard;
import io.serverhardening.GuardChain;
import io.serverhardening.Rejection;
import io.serverhardening.RejectionReason;
import io.serverhardening.Stage;
import io.serverhardening.route.Routes;
import io.serverhardening.testing.RawClient;
import io.serverhardening.testing.TestServer;
import io.serverhardening.testing.line.BootLine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import reactor.core.publisher.Mono;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.reactive.config.CorsRegistry;
import org.springframework.web.reactive.config.WebFluxConfigurer;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.server.ServerWebExchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What clients get while what answers them fails.
 */
@ExtendWith(OutputCaptureExtension.class)
class CircuitBreakerIT {

	private static final String[] ON = { "server.hardening.circuit-breaker.enabled=true",
			"server.hardening.circuit-breaker.min-calls=4", "server.hardening.circuit-breaker.window=10",
			"server.hardening.circuit-breaker.open-period=1s",
			"management.endpoints.web.exposure.include=hardening,health",
			"management.endpoint.health.show-details=always" };

	private static TestServer start(String... properties) {
		List<String> all = new ArrayList<>(List.of(ON));
		all.addAll(List.of(properties));
		return TestServer.start(List.of(Report.class, Cors.class), all.toArray(String[]::new));
	}

	private static RouteBreaker breaker(TestServer server) {
		return server.bean(Routes.class)
			.policies()
			.stream()
			.flatMap((policy) -> policy.guards().stream())
			.filter((binding) -> binding.guard() instanceof CircuitBreakerGuard)
			.map((binding) -> ((CircuitBreakerGuard) binding.guard()).breaker())
			.findFirst()
			.orElseThrow();
	}

	private static State state(TestServer server) {
		return breaker(server).breaker().getState();
	}

	private static void awaitCalls(TestServer server, int calls, int failed) {
		await().pollInterval(Duration.ofMillis(10)).untilAsserted(() -> {
			assertThat(breaker(server).breaker().getMetrics().getNumberOfBufferedCalls()).isEqualTo(calls);
			assertThat(breaker(server).breaker().getMetrics().getNumberOfFailedCalls()).isEqualTo(failed);
		});
	}

	@Test
	void opensAnswersAtOnceProbesAndCloses() {
		try (TestServer server = start("server.hardening.circuit-breaker.open-period=5s")) {
			Report report = server.bean(Report.class);
			report.answer.set(Mono.error(new IllegalStateException("down")));
			for (int i = 0; i < 4; i++) {
				assertThat(server.get("/dependency").status()).isEqualTo(500);
			}
			await().until(() -> state(server) == State.OPEN);
			int calls = report.calls.get();
			RawClient.Response refused = server.get("/dependency");
			assertThat(refused.status()).isEqualTo(503);
			assertThat(Integer.parseInt(refused.header("retry-after"))).isBetween(1, 5);
			assertThat(refused.body()).contains("urn:problem-type:server-hardening:circuit-open");
			assertThat(report.calls.get()).as("nobody calls what is down").isEqualTo(calls);
			assertThat(server.get("/actuator/health/hardening").body()).contains("\"status\":\"UP\"",
					"\"openBreakers\":[\"default\"]");
			assertThat(server.get("/actuator/hardening/circuit-breaker").body()).contains("\"state\":\"open\"",
					"\"failureRate\":100.0", "\"to\":\"open\"", "\"refused\":1");
			report.answer.set(Mono.just("up"));
			await().pollInterval(Duration.ofMillis(50))
				.atMost(Duration.ofSeconds(20))
				.until(() -> server.get("/dependency").status() == 200);
			await().until(() -> {
				server.get("/dependency");
				return state(server) == State.CLOSED;
			});
			assertThat(
					server.meter("server.hardening.rejections", "guard", "circuit-breaker", "reason", "circuit-open"))
				.isPositive();
		}
	}

	@Test
	void aDeadlineIsAFailure() {
		try (TestServer server = start("server.hardening.response.timeout=200ms")) {
			for (int i = 0; i < 4; i++) {
				assertThat(server.get("/never").status()).isEqualTo(503);
			}
			await().until(() -> state(server) == State.OPEN);
		}
	}

	@Test
	void aSlowCallIsOneThatTakesMostOfTheDeadline() {
		try (TestServer server = start("server.hardening.response.timeout=10s")) {
			assertThat(breaker(server).policy().slowCallAfter()).hasToString("8s");
		}
		try (TestServer server = start("server.hardening.circuit-breaker.slow-call-after=100ms")) {
			for (int i = 0; i < 4; i++) {
				assertThat(server.get("/slow?ms=150").status()).isEqualTo(200);
			}
			await().until(() -> state(server) == State.OPEN);
		}
	}

	@Test
	void aClientThatReadsSlowlyIsNoSlowCall() {
		try (TestServer server = start("server.hardening.circuit-breaker.slow-call-after=3s")) {
			List<RawClient> clients = new ArrayList<>();
			for (int i = 0; i < 4; i++) {
				clients.add(server.connect(4096).send("GET", "/chatty?everyMs=1000&times=4"));
			}
			for (RawClient client : clients) {
				client.response();
				client.close();
			}
			awaitCalls(server, 4, 0);
			assertThat(breaker(server).breaker().getMetrics().getNumberOfSlowCalls()).isZero();
		}
	}

	@Test
	void aStreamSaysWhatItHasToSayWhenItBegins() {
		try (TestServer server = start()) {
			RawClient stream = server.connect().send("GET", "/events?everyMs=20");
			assertThat(stream.header("content-type")).startsWith("text/event-stream");
			awaitCalls(server, 1, 0);
			stream.close();
			await().until(() -> server.activity("default").inFlight() == 0);
			awaitCalls(server, 1, 0);
		}
	}

	@Test
	void whatTheClientDidSaysNothing() {
		try (TestServer server = start()) {
			for (int i = 0; i < 6; i++) {
				assertThat(server.get("/teapot").status()).isEqualTo(418);
				assertThat(server.get("/nowhere").status()).isEqualTo(404);
				assertThat(server.get("/slow").status()).as("a parameter is missing").isEqualTo(400);
				try (RawClient client = server.connect()) {
					client.send("GET", "/never");
				}
			}
			await().until(() -> server.activity("default").inFlight() == 0);
			awaitCalls(server, 0, 0);
		}
	}

	@Test
	void anErrorIsWhatTheClientIsToldOfIt() {
		try (TestServer server = start()) {
			Report report = server.bean(Report.class);
			report.answer.set(Mono.error(new ResponseStatusException(HttpStatus.NOT_FOUND)));
			server.get("/dependency");
			report.answer.set(Mono.error(new Mapped(HttpStatus.CONFLICT)));
			assertThat(server.get("/dependency").status()).isEqualTo(409);
			awaitCalls(server, 0, 0);
			report.answer.set(Mono.error(new Mapped(HttpStatus.BAD_GATEWAY)));
			assertThat(server.get("/dependency").status()).isEqualTo(502);
			report.answer.set(Mono.error(new ResponseStatusException(HttpStatus.GATEWAY_TIMEOUT)));
			assertThat(server.get("/dependency").status()).isEqualTo(504);
			assertThat(server.get("/broken").status()).isEqualTo(502);
			awaitCalls(server, 3, 3);
		}
	}

	@Test
	void aRefusalOfAnotherGuardSaysNothing() {
		List<String> all = new ArrayList<>(List.of(ON));
		try (TestServer server = TestServer.start(List.of(Full.class), all.toArray(String[]::new))) {
			for (int i = 0; i < 6; i++) {
				assertThat(server.get("/fast").status()).isEqualTo(503);
			}
			awaitCalls(server, 0, 0);
		}
	}

	@Test
	void aFallbackAnswersWithCorsHeaders() {
		try (TestServer server = start("server.hardening.circuit-breaker.fallback.content-type=application/json",
				"server.hardening.circuit-breaker.fallback.body={\"rows\":[]}",
				"server.hardening.routes.own.path=/broken",
				"server.hardening.routes.own.circuit-breaker.fallback.bean=yesterday")) {
			server.bean(Routes.class)
				.policies()
				.stream()
				.flatMap((policy) -> policy.guards().stream())
				.filter((binding) -> binding.guard() instanceof CircuitBreakerGuard)
				.forEach((binding) -> ((CircuitBreakerGuard) binding.guard()).breaker()
					.breaker()
					.transitionToForcedOpenState());
			RawClient.Response answer = server.get("/fast", "Origin: https://shop.example");
			assertThat(answer.status()).isEqualTo(200);
			assertThat(answer.header("access-control-allow-origin")).isEqualTo("https://shop.example");
			assertThat(answer.header("content-type")).isEqualTo("application/json");
			assertThat(answer.body()).isEqualTo("{\"rows\":[]}");
			RawClient.Response own = server.get("/broken");
			assertThat(own.status()).isEqualTo(203);
			assertThat(own.body()).isEmpty();
			assertThat(server.meter("server.hardening.rejections", "reason", "circuit-open", "outcome", "refused"))
				.isEqualTo(2);
		}
	}

	@Test
	void aFallbackThatFailsLeavesTheRefusal(CapturedOutput output) {
		try (TestServer server = start("server.hardening.circuit-breaker.fallback.bean=broken")) {
			breaker(server).breaker().transitionToForcedOpenState();
			assertThat(server.get("/fast").status()).isEqualTo(503);
			server.get("/fast");
		}
		assertThat(output)
			.containsPattern("A Fallback, of route default, failed: java.lang.IllegalStateException \\(\\d times?\\)")
			.doesNotContain("the fallback is down too");
	}

	@Test
	void observesWithoutRefusing() {
		try (TestServer server = start("server.hardening.circuit-breaker.mode=observe",
				"server.hardening.circuit-breaker.open-period=60s")) {
			Report report = server.bean(Report.class);
			report.answer.set(Mono.error(new IllegalStateException("down")));
			for (int i = 0; i < 8; i++) {
				assertThat(server.get("/dependency").status()).isEqualTo(500);
			}
			await().until(() -> server.meter("server.hardening.rejections", "reason", "circuit-open", "outcome",
					"observed") >= 3);
			assertThat(state(server)).isEqualTo(State.OPEN);
		}
	}

	@Test
	void resilience4jShowsItsMetersUnderTheirUsualNames() {
		try (TestServer server = start("server.hardening.rate-limit.enabled=true",
				"server.hardening.concurrency.enabled=true")) {
			server.get("/fast");
			MeterRegistry registry = server.bean(MeterRegistry.class);
			for (String meter : List.of("resilience4j.circuitbreaker.state", "resilience4j.circuitbreaker.calls",
					"resilience4j.circuitbreaker.failure.rate", "resilience4j.bulkhead.max.allowed.concurrent.calls",
					"resilience4j.bulkhead.available.concurrent.calls",
					"resilience4j.ratelimiter.available.permissions")) {
				assertThat(registry.find(meter).tag("name", "default").meters()).as(meter).isNotEmpty();
			}
			await().until(() -> registry.get("resilience4j.circuitbreaker.calls")
				.tag("kind", "successful")
				.timer()
				.count() == 1);
		}
	}

	/**
	 * Something that may fail, and an error handler that has the last word.
	 */
	@RestController
	static class Report {

		private final AtomicReference<Mono<String>> answer = new AtomicReference<>(Mono.just("up"));

		private final AtomicInteger calls = new AtomicInteger();

		@GetMapping("/dependency")
		Mono<String> dependency() {
			return Mono.defer(() -> {
				this.calls.incrementAndGet();
				return this.answer.get();
			});
		}

		@Bean
		@Order(-2)
		static BootLine.ErrorHandler lastWord() {
			return (exchange, error) -> {
				if (error instanceof Mapped mapped) {
					exchange.getResponse().setStatusCode(mapped.status);
					return exchange.getResponse().setComplete();
				}
				return Mono.error(error);
			};
		}

		@Bean
		static Fallback yesterday() {
			return (exchange, rejection) -> {
				exchange.getResponse().setStatusCode(HttpStatus.NON_AUTHORITATIVE_INFORMATION);
				return exchange.getResponse().setComplete();
			};
		}

		@Bean
		static Fallback broken() {
			return (exchange, rejection) -> {
				throw new IllegalStateException("the fallback is down too");
			};
		}

	}

	/**
	 * CORS for a shop.
	 */
	static class Cors implements WebFluxConfigurer {

		@Override
		public void addCorsMappings(CorsRegistry registry) {
			registry.addMapping("/**").allowedOrigins("https://shop.example");
		}

	}

	/**
	 * An error that only the error handler knows.
	 */
	static class Mapped extends RuntimeException {

		private final HttpStatus status;

		Mapped(HttpStatus status) {
			this.status = status;
		}

	}

	/**
	 * A guard behind the breaker that lets nobody in.
	 */
	static class Full implements Guard {

		@Override
		public String name() {
			return "full";
		}

		@Override
		public Stage stage() {
			return Stage.IDENTITY;
		}

		@Override
		public Mono<Void> apply(ServerWebExchange exchange, GuardChain chain) {
			return chain.refuse(exchange, Rejection.of(RejectionReason.OVERLOADED));
		}

	}

}
