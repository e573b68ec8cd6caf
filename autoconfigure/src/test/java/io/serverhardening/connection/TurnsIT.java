package io.serverhardening.connection;

import java.util.List;
import java.util.concurrent.TimeUnit;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.serverhardening.internal.channel.RequestChannel;
import io.serverhardening.testing.RawClient;
import io.serverhardening.testing.ServerSetting;
import io.serverhardening.testing.TestServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import reactor.netty.channel.ChannelOperations;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.web.server.WebFilter;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * One connection whose client sends much at once is not all that its event loop serves.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TurnsIT {

	private static final int REQUESTS = 2000;

	/** In each of them the kernel makes more room for what has yet to be read. */
	private static final int ROUNDS = 3;

	/** Until it is answered, what follows it has come. */
	private static final String FIRST = "GET /blocks?ms=200 HTTP/1.1\r\nHost: test\r\n\r\n";

	private TestServer server;

	@BeforeAll
	void start() {
		this.server = TestServer.start(List.of(Counting.class));
		this.server.warmUp();
	}

	@AfterAll
	void stop() {
		this.server.close();
	}

	@Test
	void othersHaveTheirTurnBetweenManyRequestsThatComeTogether() {
		Turns requests = this.server.bean(Counting.class).requests;
		try (RawClient client = this.server.connect()) {
			client.write(FIRST + "GET /fast HTTP/1.1\r\nHost: test\r\n\r\n".repeat(REQUESTS));
			assertThat(client.response().status()).isEqualTo(200);
			for (int i = 0; i < REQUESTS; i++) {
				assertThat(client.response().body()).isEqualTo("fast");
			}
			assertThat(client.send("GET", "/thread").response().status()).as("afterwards").isEqualTo(200);
		}
		assertThat(requests.most).as("requests in a row").isBetween(2, 50);
	}

	@Test
	void othersHaveTheirTurnBetweenTwoReads() {
		Turns reads = this.server.bean(Counting.class).reads;
		try (RawClient client = this.server.connect()) {
			for (int i = 0; i < ROUNDS; i++) {
				client.write(FIRST + "POST /upload HTTP/1.1\r\nHost: test\r\nContent-Length: 4000000\r\n\r\n")
					.write(new byte[4_000_000]);
				assertThat(client.response().status()).isEqualTo(200);
				assertThat(client.response().body()).isEqualTo("received 4000000");
			}
		}
		assertThat(reads.most).as("reads in a row").isBetween(1, 3);
	}

	/**
	 * Counts on an application.
	 */
	@Configuration(proxyBeanMethods = false)
	static class Counting {

		private final Turns requests = new Turns();

		private final Turns reads = new Turns();

		@Bean
		@Order(Ordered.HIGHEST_PRECEDENCE)
		WebFilter countingRequests() {
			return (exchange, chain) -> {
				ChannelOperations<?, ?> operations = RequestChannel.operations(exchange.getRequest());
				if (operations != null && exchange.getRequest().getPath().value().equals("/fast")) {
					this.requests.count(operations.channel().eventLoop());
				}
				return chain.filter(exchange);
			};
		}

		@Bean
		ServerSetting countingReads() {
			return (server) -> server.doOnChannelInit(
					(observer, channel, address) -> channel.pipeline().addFirst(new ChannelInboundHandlerAdapter() {

						@Override
						public void channelRead(ChannelHandlerContext context, Object message) {
							Counting.this.reads.count(context.channel().eventLoop());
							context.fireChannelRead(message);
						}

					}));
		}

	}

	/**
	 * Counts how often something happens on a loop until it has looked at its sockets,
	 * which it does before it looks for timers that are due.
	 */
	private static final class Turns {

		private volatile int most;

		private int count;

		@SuppressWarnings("FutureReturnValueIgnored")
		void count(EventLoop loop) {
			if (this.count++ == 0) {
				loop.schedule(() -> {
					this.most = Math.max(this.most, this.count);
					this.count = 0;
				}, 0, TimeUnit.NANOSECONDS);
			}
		}

	}

}
