package io.serverhardening.route;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;

import io.serverhardening.Ending;
import io.serverhardening.GuardedRequest;
import io.serverhardening.Rejection;
import io.serverhardening.RejectionReason;
import io.serverhardening.RejectionWriter;
import io.serverhardening.internal.channel.RequestChannel;
import io.serverhardening.testing.RawClient;
import io.serverhardening.testing.TestServer;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.scheduler.Schedulers;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ServerWebExchange;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a client gets when its request is refused while the handler answers on another
 * thread.
 */
class LateRefusalIT {

	private static final RawClient.End RESET = new RawClient.End(true, "");

	@Test
	void anAnswerWhoseBodyIsReleasedWhileItIsWrittenEndsInAReset() {
		try (TestServer server = TestServer.start(List.of(Releasing.class)); RawClient client = server.connect()) {
			assertThat(client.send("GET", "/releasing").end()).isEqualTo(RESET);
			server.awaitCount("default", Ending.REFUSED, 1);
		}
	}

	@Test
	void anAnswerThatIsCommittedInTheMidstOfTheRefusalEndsInAReset() {
		try (TestServer server = TestServer.start(List.of(Overtaken.class), "server.hardening.response.timeout=300ms");
				RawClient client = server.connect()) {
			assertThat(client.send("GET", "/never").end()).isEqualTo(RESET);
			server.awaitCount("default", Ending.TIMED_OUT, 1);
		}
	}

	private static DataBuffer buffer(ServerHttpResponse response, String text) {
		return response.bufferFactory().wrap(text.getBytes(StandardCharsets.UTF_8));
	}

	/**
	 * A handler that is refused when it has handed over its answer, and none of that has
	 * been written: the event loop is busy. Its clean-up releases the body, as Spring's
	 * does now and then.
	 */
	@RestController
	static class Releasing {

		@GetMapping("/releasing")
		Mono<Void> releasing(ServerWebExchange exchange) {
			return Mono.create((sink) -> {
				CountDownLatch refused = new CountDownLatch(1);
				RequestChannel.home(exchange.getRequest()).schedule(() -> await(refused));
				Schedulers.boundedElastic().schedule(() -> {
					answer(exchange.getResponse(), sink);
					GuardedRequest.required(exchange).refuse(Rejection.of(RejectionReason.OVERLOADED));
					refused.countDown();
				});
			});
		}

		private static void answer(ServerHttpResponse response, MonoSink<Void> sink) {
			DataBuffer body = buffer(response, "mine");
			Disposable answer = response.writeWith(Mono.just(body)).subscribe();
			sink.onCancel(() -> {
				answer.dispose();
				DataBufferUtils.release(body);
			});
		}

		private static void await(CountDownLatch latch) {
			try {
				latch.await();
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		}

	}

	/**
	 * A refusal that has set its status when a handler that ignores cancellation commits
	 * the response.
	 */
	@Configuration(proxyBeanMethods = false)
	static class Overtaken {

		@Bean
		RejectionWriter overtaken() {
			return (exchange, rejection) -> {
				ServerHttpResponse response = exchange.getResponse();
				response.setStatusCode(rejection.status());
				CompletableFuture.runAsync(() -> write(response, "mine").subscribe()).join();
				return write(response, "refused");
			};
		}

		private static Mono<Void> write(ServerHttpResponse response, String text) {
			return response.writeWith(Mono.fromSupplier(() -> buffer(response, text)));
		}

	}

}
