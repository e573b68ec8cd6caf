package io.serverhardening.gateway;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.reactive.context.ReactiveWebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What clients of a gateway get when it has the starter beside it.
 */
class GatewayIT {

	private static final AtomicInteger failures = new AtomicInteger();

	private static final AtomicInteger cancelled = new AtomicInteger();

	private static DisposableServer backend;

	private static ConfigurableApplicationContext gateway;

	private final HttpClient client = HttpClient.newHttpClient();

	@BeforeAll
	static void start() {
		backend = HttpServer.create()
			.port(0)
			.route((routes) -> routes.get("/limited", (request, response) -> response.sendString(Mono.just("limited")))
				.get("/failing", (request, response) -> {
					failures.incrementAndGet();
					return response.status(503).send();
				})
				.get("/events",
						(request, response) -> response.sse()
							.sendString(Mono.just("data: late\n\n").delayElement(Duration.ofMillis(1500))))
				.get("/hanging", (request, response) -> Mono.<Void>never().doOnCancel(cancelled::incrementAndGet))
				.post("/upload",
						(request, response) -> response.sendString(
								request.receive().aggregate().asString().map((body) -> "got " + body.length()))))
			.bindNow();
		gateway = new SpringApplicationBuilder(Gateway.class)
			.properties("server.port=0", "spring.main.banner-mode=off",
					"spring.cloud.gateway.server.webflux.routes[0].id=all",
					"spring.cloud.gateway.server.webflux.routes[0].uri=http://localhost:" + backend.port(),
					"spring.cloud.gateway.server.webflux.routes[0].predicates[0]=Path=/api/**",
					"spring.cloud.gateway.server.webflux.routes[0].filters[0]=StripPrefix=1",
					"management.endpoints.web.exposure.include=hardening",
					"server.hardening.routes.limited.path=/api/limited",
					"server.hardening.routes.limited.rate-limit.enabled=true",
					"server.hardening.routes.limited.rate-limit.permits=3",
					"server.hardening.routes.limited.rate-limit.period=60s",
					"server.hardening.routes.failing.path=/api/failing",
					"server.hardening.routes.failing.circuit-breaker.enabled=true",
					"server.hardening.routes.failing.circuit-breaker.min-calls=4",
					"server.hardening.routes.failing.circuit-breaker.window=10",
					"server.hardening.routes.hanging.path=/api/hanging",
					"server.hardening.routes.hanging.response.timeout=2s",
					"server.hardening.routes.hanging.response.timeout-status=504",
					"server.hardening.routes.hanging.concurrency.enabled=true",
					"server.hardening.routes.hanging.concurrency.max-requests=1",
					"server.hardening.routes.events.path=/api/events",
					"server.hardening.routes.events.response.timeout=500ms",
					"server.hardening.routes.upload.path=/api/upload",
					"server.hardening.routes.upload.request.max-body-size=1KB")
			.run();
	}

	@AfterAll
	static void stop() {
		gateway.close();
		backend.disposeNow();
	}

	private HttpRequest.Builder request(String target) {
		int port = ((ReactiveWebServerApplicationContext) gateway).getWebServer().getPort();
		return HttpRequest.newBuilder(URI.create("http://localhost:" + port + target));
	}

	private HttpResponse<String> send(HttpRequest request) {
		try {
			return this.client.send(request, BodyHandlers.ofString());
		}
		catch (IOException ex) {
			throw new AssertionError(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new AssertionError(ex);
		}
	}

	private HttpResponse<String> get(String target) {
		return send(request(target).build());
	}

	@Test
	void limitsWhatTheGatewayPassesOn() {
		for (int i = 0; i < 3; i++) {
			assertThat(get("/api/limited").body()).isEqualTo("limited");
		}
		HttpResponse<String> refused = get("/api/limited");
		assertThat(refused.statusCode()).isEqualTo(429);
		assertThat(refused.headers().firstValue("retry-after")).isPresent();
		assertThat(refused.body()).contains("\"route\":\"limited\"");
	}

	@Test
	void aBackendThatFailsOpensTheBreaker() {
		for (int i = 0; i < 4; i++) {
			assertThat(get("/api/failing").headers().firstValue("content-type")).isEmpty();
		}
		await().until(() -> get("/api/failing").body().contains("circuit-open"));
		int calls = failures.get();
		assertThat(get("/api/failing").statusCode()).isEqualTo(503);
		assertThat(failures.get()).as("the backend is left alone").isEqualTo(calls);
	}

	@Test
	void theDeadlineCancelsTheCallBehindAndGivesThePlaceBack() {
		assertThat(get("/api/hanging").statusCode()).isEqualTo(504);
		await().until(() -> cancelled.get() == 1);
		assertThat(get("/api/hanging").statusCode()).as("not 503: the place is free").isEqualTo(504);
	}

	@Test
	void anEventStreamMayBeginLate() {
		HttpResponse<String> events = send(request("/api/events").header("Accept", "text/event-stream").build());
		assertThat(events.statusCode()).isEqualTo(200);
		assertThat(events.body()).isEqualTo("data: late\n\n");
		assertThat(get("/api/events").statusCode()).as("not asked for").isEqualTo(503);
	}

	@Test
	void bodiesArePassedOnUpToTheirLimit() {
		assertThat(send(request("/api/upload").POST(BodyPublishers.ofString("x".repeat(1000))).build()).body())
			.isEqualTo("got 1000");
		assertThat(send(request("/api/upload").POST(BodyPublishers.ofString("x".repeat(2000))).build()).statusCode())
			.isEqualTo(413);
	}

	/**
	 * A gateway.
	 */
	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Gateway {

	}

}
