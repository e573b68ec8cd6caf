package io.serverhardening.testing;

import io.serverhardening.autoconfigure.server.ServerHardening;
import io.serverhardening.connection.registry.Connections;
import io.serverhardening.internal.time.LoopClocks;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Import;
import org.springframework.http.HttpStatus;
import org.springframework.test.context.TestPropertySource;
import org.springframework.test.web.reactive.server.WebTestClient;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A test of a slice, as applications write them, meets the guards.
 */
@TestPropertySource(properties = { "server.hardening.routes.slow.path=/slow",
		"server.hardening.routes.slow.response.timeout=50ms", "server.hardening.routes.few.path=/few",
		"server.hardening.routes.few.rate-limit.enabled=true", "server.hardening.routes.few.rate-limit.permits=2",
		"server.hardening.routes.few.rate-limit.period=1h" })
public abstract class SliceContract {

	@Autowired
	private WebTestClient client;

	@Autowired
	private ApplicationContext context;

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

	@Test
	void hasNothingOfAServer() {
		assertThat(this.context.getBeanNamesForType(LoopClocks.class)).isEmpty();
		assertThat(this.context.getBeanNamesForType(Connections.class)).isEmpty();
		assertThat(this.context.getBeanNamesForType(ServerHardening.class)).isEmpty();
	}

	@SpringBootConfiguration
	@EnableAutoConfiguration
	@Import(SlowController.class)
	public static class Application {

	}

	@RestController
	public static class SlowController {

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
