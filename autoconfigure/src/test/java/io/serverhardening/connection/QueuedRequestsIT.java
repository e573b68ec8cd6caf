package io.serverhardening.connection;

import java.nio.charset.StandardCharsets;
import java.util.List;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.serverhardening.testing.RawClient;
import io.serverhardening.testing.TestServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import reactor.core.publisher.Mono;
import reactor.netty.channel.ChannelOperations;

import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpStatus;
import org.springframework.http.server.reactive.ServerHttpRequestDecorator;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Requests that Reactor Netty keeps in its queue until the ones before are answered.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class QueuedRequestsIT {

	private static final String SLOW = "GET /slow?ms=200 HTTP/1.1\r\nHost: test\r\n\r\n";

	private static final String FAST = "GET /fast HTTP/1.1\r\nHost: test\r\n\r\n";

	private static final String EARLY = "POST /early HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\n";

	private TestServer server;

	@BeforeAll
	void start() {
		this.server = TestServer.start(List.of(Early.class));
		this.server.warmUp();
	}

	@AfterAll
	void stop() {
		this.server.close();
	}

	// Answered as soon as it is taken from the queue, it has Reactor Netty look there
	// once
	// more, a turn later. By then the rest of it has come, and two more requests with it.
	@Test
	void aLookAtTheQueueThatWasPutOffBeginsNoSecondRequest() {
		try (RawClient client = this.server.connect()) {
			for (int i = 0; i < 10; i++) {
				client.write(SLOW + EARLY + "12345");
				assertThat(client.response().body()).isEqualTo("slow");
				assertThat(client.response().status()).isEqualTo(413);
				assertThat(client.response().body()).as("the first that came late").isEqualTo("slow");
				assertThat(client.response().body()).as("the second").isEqualTo("fast");
			}
		}
	}

	/**
	 * Answers at once; what it is sent meanwhile is read before anything else happens.
	 */
	@Order(Ordered.HIGHEST_PRECEDENCE)
	static class Early implements WebFilter {

		private static final byte[] REST = ("67890" + SLOW + FAST).getBytes(StandardCharsets.US_ASCII);

		@Override
		public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
			if (!exchange.getRequest().getPath().value().equals("/early")) {
				return chain.filter(exchange);
			}
			ChannelOperations<?, ?> operations = ServerHttpRequestDecorator.getNativeRequest(exchange.getRequest());
			Channel channel = operations.channel();
			channel.eventLoop().execute(() -> {
				channel.pipeline().fireChannelRead(Unpooled.wrappedBuffer(REST));
				channel.pipeline().fireChannelReadComplete();
			});
			exchange.getResponse().setStatusCode(HttpStatus.PAYLOAD_TOO_LARGE);
			return exchange.getResponse().setComplete();
		}

	}

}
