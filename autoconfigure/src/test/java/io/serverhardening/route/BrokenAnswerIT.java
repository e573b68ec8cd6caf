package io.serverhardening.route;

import java.nio.charset.StandardCharsets;
import java.util.List;

import io.serverhardening.Ending;
import io.serverhardening.Guard;
import io.serverhardening.GuardChain;
import io.serverhardening.Rejection;
import io.serverhardening.RejectionReason;
import io.serverhardening.testing.RawClient;
import io.serverhardening.testing.TestServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ServerWebExchange;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a client gets when a response cannot be committed, since a hook throws what
 * Reactor takes for fatal, or never completes and is cancelled.
 */
class BrokenAnswerIT {

	private static final RawClient.End RESET = new RawClient.End(true, "");

	private static TestServer server;

	@BeforeAll
	static void start() {
		server = TestServer.start(List.of(Broken.class, Closed.class), "server.hardening.routes.hook.path=/hook/**",
				"server.hardening.routes.closed.path=/closed");
	}

	@AfterAll
	static void stop() {
		server.close();
	}

	@Test
	void aRefusalWhoseCommitFailsIsNoSuccess() {
		try (RawClient client = server.connect()) {
			assertThat(client.send("GET", "/closed").end()).isEqualTo(RESET);
			server.awaitCount("closed", Ending.REFUSED, 1);
		}
	}

	@Test
	void anAnswerWhoseCommitFailsIsNoSuccess() {
		long failed = server.activity("hook").count(Ending.FAILED);
		try (RawClient client = server.connect()) {
			assertThat(client.send("GET", "/hook/fails").end()).isEqualTo(RESET);
			server.awaitCount("hook", Ending.FAILED, failed + 1);
		}
	}

	@Test
	void norIsOneWhoseCommitIsCutOff() {
		long failed = server.activity("hook").count(Ending.FAILED);
		try (RawClient client = server.connect()) {
			assertThat(client.send("GET", "/hook/cut-off").end()).isEqualTo(RESET);
			server.awaitCount("hook", Ending.FAILED, failed + 1);
		}
	}

	private static Mono<Void> write(ServerHttpResponse response) {
		return response
			.writeWith(Mono.fromSupplier(() -> response.bufferFactory().wrap("mine".getBytes(StandardCharsets.UTF_8))));
	}

	private static Mono<Void> failingHook() {
		throw new NoClassDefFoundError("Planted");
	}

	/**
	 * Handlers with a defect.
	 */
	@RestController
	static class Broken {

		@GetMapping("/hook/fails")
		Mono<Void> fails(ServerWebExchange exchange) {
			exchange.getResponse().beforeCommit(BrokenAnswerIT::failingHook);
			return write(exchange.getResponse());
		}

		@GetMapping("/hook/cut-off")
		Mono<Void> cutOff(ServerWebExchange exchange) {
			exchange.getResponse().beforeCommit(Mono::never);
			return Mono.when(write(exchange.getResponse()), Mono.error(new IllegalStateException("Planted")));
		}

	}

	/**
	 * A guard with a hook that has a defect.
	 */
	@Configuration(proxyBeanMethods = false)
	static class Closed {

		@Bean
		Guard closed() {
			return new Guard() {

				@Override
				public String name() {
					return "closed";
				}

				@Override
				public Mono<Void> apply(ServerWebExchange exchange, GuardChain chain) {
					if (!exchange.getRequest().getPath().value().equals("/closed")) {
						return chain.proceed(exchange);
					}
					exchange.getResponse().beforeCommit(BrokenAnswerIT::failingHook);
					return chain.refuse(exchange, Rejection.of(RejectionReason.OVERLOADED));
				}

			};
		}

	}

}
