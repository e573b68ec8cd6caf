package io.serverhardening.servers;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import reactor.core.publisher.Mono;

import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.web.reactive.context.ReactiveWebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Import;
import org.springframework.util.ClassUtils;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What is left of the starter where there is no Netty at all.
 */
@ExtendWith(OutputCaptureExtension.class)
class OtherServerIT {

	private static final Pattern WITHOUT_CHANNELS = Pattern.compile("This server is not Reactor Netty[^\n]*");

	private static ConfigurableApplicationContext application;

	private static CapturedOutput startOutput;

	private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

	@BeforeAll
	static void start(CapturedOutput output) {
		startOutput = output;
		application = new SpringApplicationBuilder(Application.class).web(WebApplicationType.REACTIVE)
			.properties("server.port=0", "server.address=127.0.0.1", "spring.main.banner-mode=off",
					"management.endpoints.web.exposure.include=*", "server.hardening.errors.scope=all",
					"server.hardening.routes.limited.path=/limited",
					"server.hardening.routes.limited.rate-limit.enabled=true",
					"server.hardening.routes.limited.rate-limit.permits=2",
					"server.hardening.routes.limited.rate-limit.period=600s",
					"server.hardening.routes.hanging.path=/hanging",
					"server.hardening.routes.hanging.response.timeout=300ms",
					"server.hardening.routes.hanging.response.timeout-status=504",
					"server.hardening.routes.hanging.concurrency.enabled=true",
					"server.hardening.routes.hanging.concurrency.max-requests=1",
					"server.hardening.routes.hanging.concurrency.reserve=none",
					"server.hardening.routes.failing.path=/failing",
					"server.hardening.routes.failing.circuit-breaker.enabled=true",
					"server.hardening.routes.failing.circuit-breaker.min-calls=2",
					"server.hardening.routes.failing.circuit-breaker.window=2",
					"server.hardening.routes.upload.path=/upload",
					"server.hardening.routes.upload.request.max-body-size=1KB",
					"server.hardening.routes.orders.path=/orders",
					"server.hardening.routes.orders.deduplication.key=header:Idempotency-Key")
			.run();
	}

	@AfterAll
	static void stop() {
		application.close();
	}

	private static HttpRequest.Builder request(String target) {
		int port = ((ReactiveWebServerApplicationContext) application).getWebServer().getPort();
		return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + target));
	}

	private HttpResponse<String> send(HttpRequest.Builder request) {
		try {
			return this.client.send(request.build(), BodyHandlers.ofString());
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
		return send(request(target));
	}

	@Test
	void thereIsNoNettyHere() {
		for (String type : new String[] { "io.netty.channel.Channel", "reactor.netty.http.server.HttpServer" }) {
			assertThat(ClassUtils.isPresent(type, null)).as(type).isFalse();
		}
	}

	@Test
	void saysOnceAtTheStartWhatIsOff() {
		assertThat(WITHOUT_CHANNELS.matcher(startOutput.getOut()).results().map(MatchResult::group)).singleElement()
			.asString()
			.contains("server.hardening.connection", "server.hardening.request", "server.hardening.response.timeout",
					"max-body-size");
	}

	@Test
	void limitsTheRateOfRequests() {
		assertThat(get("/limited").statusCode()).isEqualTo(200);
		assertThat(get("/limited").statusCode()).isEqualTo(200);
		HttpResponse<String> refused = get("/limited");
		assertThat(refused.statusCode()).isEqualTo(429);
		assertThat(refused.body()).contains("\"route\":\"limited\"");
	}

	@Test
	void theDeadlineEndsARequestAndGivesItsPlaceBack() {
		assertThat(get("/hanging").statusCode()).isEqualTo(504);
		assertThat(get("/hanging").statusCode()).as("not 503: the place is free").isEqualTo(504);
	}

	@Test
	void aHandlerThatFailsOpensTheBreaker() {
		assertThat(get("/failing").statusCode()).isEqualTo(500);
		assertThat(get("/failing").statusCode()).isEqualTo(500);
		assertThat(get("/failing").body()).contains("circuit-open");
	}

	@Test
	void refusesABodyThatIsAnnouncedTooLarge() {
		assertThat(send(request("/upload").POST(BodyPublishers.ofString("x".repeat(1000)))).body())
			.isEqualTo("got 1000");
		assertThat(send(request("/upload").POST(BodyPublishers.ofString("x".repeat(2000)))).statusCode())
			.isEqualTo(413);
	}

	@Test
	void answersACopyAsItsFirst() {
		String first = order();
		assertThat(order()).isEqualTo(first);
	}

	private String order() {
		return send(request("/orders").header("Idempotency-Key", "k1").POST(BodyPublishers.ofString("tea"))).body();
	}

	@Test
	void showsItselfOnActuator() {
		HttpResponse<String> hardening = get("/actuator/hardening");
		assertThat(hardening.statusCode()).isEqualTo(200);
		assertThat(hardening.body()).contains("server.hardening.response.timeout").doesNotContain("\"watchdog\"");
		assertThat(get("/actuator/health").statusCode()).isEqualTo(200);
		assertThat(get("/actuator/metrics/server.hardening.requests").statusCode()).isEqualTo(200);
	}

	/**
	 * An application.
	 */
	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(Handlers.class)
	static class Application {

	}

	/**
	 * Its handlers.
	 */
	@RestController
	static class Handlers {

		private final AtomicInteger orders = new AtomicInteger();

		@GetMapping("/limited")
		Mono<String> limited() {
			return Mono.just("limited");
		}

		@GetMapping("/hanging")
		Mono<String> hanging() {
			return Mono.never();
		}

		@GetMapping("/failing")
		Mono<String> failing() {
			return Mono.error(new IllegalStateException("broken"));
		}

		@PostMapping("/upload")
		Mono<String> upload(@RequestBody byte[] body) {
			return Mono.just("got " + body.length);
		}

		@PostMapping("/orders")
		Mono<String> order(@RequestBody String item) {
			return Mono.just(item + " " + this.orders.incrementAndGet());
		}

	}

}
