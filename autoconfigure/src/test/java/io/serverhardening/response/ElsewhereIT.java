package io.serverhardening.response;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;

import io.serverhardening.Ending;
import io.serverhardening.testing.TestServer;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.HttpStatus;
import org.springframework.http.server.reactive.HttpHandler;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import org.springframework.mock.http.server.reactive.MockServerHttpResponse;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerResponse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Deadlines where there is no Reactor Netty channel, as on another server.
 */
class ElsewhereIT {

	private static final int MANY = 20;

	@Test
	void answersInTimeThoughNoCleanUpReturns() {
		try (TestServer server = TestServer.start(List.of(Stuck.class), "server.hardening.response.timeout=300ms")) {
			HttpHandler handler = server.bean(HttpHandler.class);
			List<MockServerHttpResponse> responses = IntStream.range(0, MANY)
				.mapToObj((i) -> new MockServerHttpResponse())
				.toList();
			try {
				for (MockServerHttpResponse response : responses) {
					handler.handle(MockServerHttpRequest.get("/stuck").build(), response).subscribe();
				}
				await().atMost(Duration.ofSeconds(20))
					.untilAsserted(() -> assertThat(responses).extracting(MockServerHttpResponse::getStatusCode)
						.containsOnly(HttpStatus.SERVICE_UNAVAILABLE));
				server.awaitCount("default", Ending.TIMED_OUT, MANY);
			}
			finally {
				server.bean(CountDownLatch.class).countDown();
			}
		}
	}

	@Configuration(proxyBeanMethods = false)
	static class Stuck {

		@Bean
		CountDownLatch hanging() {
			return new CountDownLatch(1);
		}

		@Bean
		RouterFunction<ServerResponse> stuck(CountDownLatch hanging) {
			Mono<ServerResponse> never = Mono.never();
			return RouterFunctions.route().GET("/stuck", (request) -> never.doOnCancel(() -> hang(hanging))).build();
		}

		private static void hang(CountDownLatch hanging) {
			try {
				hanging.await();
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		}

	}

}
