package io.serverhardening.autoconfigure;

import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.security.reactive.ReactiveSecurityAutoConfiguration;
import org.springframework.boot.test.autoconfigure.web.reactive.WebFluxTest;
import org.springframework.context.annotation.Import;
import org.springframework.http.HttpStatus;
import org.springframework.test.web.reactive.server.WebTestClient;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * A test of a slice, as applications write them, meets the guards.
 */
@WebFluxTest(controllers = SliceTests.SlowController.class,
		properties = { "server.hardening.routes.slow.path=/slow", "server.hardening.routes.slow.response.timeout=50ms",
				"server.hardening.routes.few.path=/few", "server.hardening.routes.few.rate-limit.enabled=true",
				"server.hardening.routes.few.rate-limit.permits=2",
				"server.hardening.routes.few.rate-limit.period=1h" })
@ImportAutoConfiguration(classes = HardeningAutoConfiguration.class, exclude = ReactiveSecurityAutoConfiguration.class)
class SliceTests {

	@Autowired
	private WebTestClient client;

	@Test
	void endsWhatTakesTooLong() {
		this.client.get()
			.uri("/slow")
			.exchange()
			.expectStatus()
			.isEqualTo(HttpStatus.SERVICE_UNAVAILABLE)
			.expectBody()
			.jsonPath("$.detail")
			.exists();
	}

	@Test
	void countsRequests() {
		this.client.get().uri("/few").exchange().expectStatus().isOk();
		this.client.get().uri("/few").exchange().expectStatus().isOk();
		this.client.get()
			.uri("/few")
			.exchange()
			.expectStatus()
			.isEqualTo(HttpStatus.TOO_MANY_REQUESTS)
			.expectHeader()
			.exists("Retry-After");
	}

	@SpringBootConfiguration
	@EnableAutoConfiguration
	@Import(SlowController.class)
	static class Application {

	}

	@RestController
	static class SlowController {

		@GetMapping("/slow")
		Mono<String> slow() {
			return Mono.never();
		}

		@GetMapping("/few")
		Mono<String> few() {
			return Mono.just("one of few");
		}

	}

}
