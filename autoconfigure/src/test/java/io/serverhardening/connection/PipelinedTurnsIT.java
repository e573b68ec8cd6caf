package io.serverhardening.connection;

import java.util.List;

import io.netty.channel.EventLoop;
import io.serverhardening.internal.RequestChannel;
import io.serverhardening.testing.RawClient;
import io.serverhardening.testing.TestServer;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.netty.channel.ChannelOperations;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * One connection whose client sends many requests at once is not all that its event loop
 * serves.
 */
class PipelinedTurnsIT {

	private static final int REQUESTS = 2000;

	@Test
	void letsOthersHaveTheirTurnBetweenManyRequestsThatComeTogether() {
		try (TestServer server = TestServer.start(List.of(Counting.class)); RawClient client = server.connect()) {
			server.warmUp();
			Turns turns = server.bean(Turns.class);
			// Until the first is answered, the rest has come.
			client.write("GET /blocks?ms=200 HTTP/1.1\r\nHost: test\r\n\r\n"
					+ "GET /fast HTTP/1.1\r\nHost: test\r\n\r\n".repeat(REQUESTS));
			assertThat(client.response().status()).isEqualTo(200);
			for (int i = 0; i < REQUESTS; i++) {
				assertThat(client.response().body()).isEqualTo("fast");
			}
			assertThat(client.send("GET", "/thread").response().status()).as("afterwards").isEqualTo(200);
			assertThat(turns.most).as("requests in a row").isBetween(2, 50);
		}
	}

	/**
	 * Adds the count to an application.
	 */
	@Configuration(proxyBeanMethods = false)
	static class Counting {

		@Bean
		@Order(Ordered.HIGHEST_PRECEDENCE)
		Turns turns() {
			return new Turns();
		}

	}

	/**
	 * Counts how many requests a loop handles until somebody else has a turn.
	 */
	static final class Turns implements WebFilter {

		private volatile int most;

		private int count;

		@Override
		public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
			ChannelOperations<?, ?> operations = RequestChannel.operations(exchange.getRequest());
			if (operations != null && exchange.getRequest().getPath().value().equals("/fast")) {
				EventLoop loop = operations.channel().eventLoop();
				if (this.count++ == 0) {
					loop.execute(() -> {
						this.most = Math.max(this.most, this.count);
						this.count = 0;
					});
				}
			}
			return chain.filter(exchange);
		}

	}

}
