package io.serverhardening.concurrency;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.HttpContent;
import io.serverhardening.Ending;
import io.serverhardening.route.RouteActivity;
import io.serverhardening.testing.RawClient;
import io.serverhardening.testing.RawHttp2;
import io.serverhardening.testing.RawHttp2.Frame;
import io.serverhardening.testing.ServerSetting;
import io.serverhardening.testing.TestServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SignalType;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.netty.channel.AbortedException;
import reactor.netty.channel.ChannelOperations;

import org.springframework.context.annotation.Bean;
import org.springframework.core.Ordered;
import org.springframework.http.server.reactive.ServerHttpRequestDecorator;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * The server fails while it ends the request of a client that has left. The request has
 * ended all the same.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ChannelLossIT {

	private TestServer server;

	@BeforeAll
	void start() {
		this.server = TestServer.start(List.of(ReleasedTwice.class, Filtered.class, Late.class),
				"server.http2.enabled=true", "server.hardening.concurrency.enabled=true",
				"server.hardening.response.timeout=10m");
		this.server.warmUp();
		this.server.awaitQuiet();
	}

	@AfterAll
	void stop() {
		this.server.close();
	}

	@Test
	void endsRequestOfConnectionThatIsGone() {
		long cancelled = cancelled();
		try (RawClient client = this.server.connect()) {
			client.write("POST /ignores-body HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nhalf ");
			awaitInFlight();
		}
		awaitEnd(cancelled);
	}

	@Test
	void endsRequestOfStreamThatIsReset() {
		long cancelled = cancelled();
		try (RawHttp2 client = new RawHttp2(this.server.connect())) {
			client.request(1, "POST", "/ignores-body", true).data(1, 5, false);
			awaitInFlight();
			client.reset(1);
			awaitEnd(cancelled);
		}
	}

	@Test
	void endsRequestsOfStreamsWhoseConnectionIsGone() {
		long cancelled = cancelled();
		try (RawHttp2 client = new RawHttp2(this.server.connect())) {
			client.request(1, "POST", "/ignores-body", true).data(1, 5, false);
			awaitInFlight();
		}
		awaitEnd(cancelled);
	}

	@Test
	void endsRequestThatComesToTheGuardsWhenItsClientHasLeft() {
		long cancelled = cancelled();
		try (RawClient client = this.server.connect()) {
			client.send("GET", "/never", "X-Filter: slow");
			await().until(() -> Filtered.waiting.get() == 1);
		}
		this.server.awaitCount("default", Ending.CANCELLED, cancelled + 1);
		assertThat(activity().inFlight()).isZero();
	}

	@Test
	void whatAFilterDoesBehindTheAnswerIsNotCutOffByAClientThatHasItAndLeaves() {
		long cancelled = cancelled();
		long completed = activity().count(Ending.COMPLETED);
		Late late = this.server.bean(Late.class);
		try (RawClient client = this.server.connect()) {
			assertThat(client.send("GET", "/fast", "X-Late: record").response().body()).isEqualTo("fast");
		}
		try (RawClient client = this.server.connect()) {
			assertThat(client.send("GET", "/fast", "X-Late: record", "Connection: close").response().body())
				.isEqualTo("fast");
			assertThat(client.end().reset()).isFalse();
		}
		try (RawHttp2 client = new RawHttp2(this.server.connect())) {
			client.request(1, "GET", "/fast", "none", "x-late", "record").data(1, 0, true);
			assertThat(client.answer(1).status()).isEqualTo(200);
			Frame body = client.await(0, 1);
			assertThat(StandardCharsets.US_ASCII.decode(body.payload()).toString()).isEqualTo("fast");
			client.ping().await(6, 0);
		}
		await().untilAsserted(() -> assertThat(this.server.connections().openCount()).isZero());
		late.database.tryEmitEmpty();
		await().untilAsserted(() -> assertThat(late.recorded).hasValue(3));
		this.server.awaitCount("default", Ending.COMPLETED, completed + 3);
		assertThat(cancelled()).isEqualTo(cancelled);
		assertThat(late.heard).as("heard further out").hasSize(3).containsOnly(SignalType.ON_COMPLETE);
		await().untilAsserted(() -> assertThat(this.server.placesTaken()).as("places taken").isZero());
	}

	@Test
	void aRequestThatGoesOnBehindItsAnswerEndsATimeoutAfterThatAlthoughItsChannelIsGone() {
		try (TestServer own = timedOutSoon()) {
			try (RawClient client = own.connect()) {
				assertThat(client.send("GET", "/fast", "X-Late: for ever").response().body()).isEqualTo("fast");
			}
			try (RawHttp2 client = new RawHttp2(own.connect())) {
				client.request(1, "GET", "/fast", "none", "x-late", "for ever").data(1, 0, true);
				assertThat(client.answer(1).status()).isEqualTo(200);
				own.awaitCount("default", Ending.TIMED_OUT, 2);
			}
			assertThat(own.placesTaken()).as("places taken").isZero();
			assertThat(own.bean(Late.class).heard).as("heard further out")
				.hasSize(2)
				.containsOnly(SignalType.ON_COMPLETE);
		}
	}

	@Test
	void whatFailsBehindTheAnswerBecauseItsOwnConnectionIsGoneIsHeardFurtherOut() {
		Late late = this.server.bean(Late.class);
		late.heard.clear();
		long failed = activity().count(Ending.FAILED);
		try (RawClient client = this.server.connect()) {
			assertThat(client.send("GET", "/fast", "X-Late: aborted").response().body()).isEqualTo("fast");
			assertThat(client.send("GET", "/fast").response().body()).isEqualTo("fast");
			this.server.awaitCount("default", Ending.FAILED, failed + 1);
		}
		try (RawClient client = this.server.connect(4096)) {
			client.send("GET", "/whole?size=10000000", "X-Late: aborted").take(1);
			client.reset();
		}
		await().untilAsserted(
				() -> assertThat(late.heard).as("heard further out").hasSize(2).containsOnly(SignalType.ON_ERROR));
		late.heard.clear();
	}

	@Test
	void theClockOfARequestThatGoesOnBehindItsAnswerGoesOnBesideThatOfTheNext() {
		try (TestServer own = timedOutSoon()) {
			try (RawClient client = own.connect()) {
				assertThat(client.send("GET", "/fast", "X-Late: for ever").response().body()).isEqualTo("fast");
				await().untilAsserted(() -> {
					assertThat(client.send("GET", "/fast").response().body()).as("on the same connection")
						.isEqualTo("fast");
					assertThat(own.activity("default").count(Ending.TIMED_OUT)).isEqualTo(1);
				});
				assertThat(client.send("GET", "/fast").response().body()).isEqualTo("fast");
				own.awaitQuiet();
				assertThat(own.placesTaken()).as("places taken").isZero();
			}
			assertThat(own.bean(Late.class).heard).as("heard further out").containsExactly(SignalType.ON_COMPLETE);
		}
	}

	private static TestServer timedOutSoon() {
		TestServer server = TestServer.start(List.of(Late.class), "server.http2.enabled=true",
				"server.hardening.concurrency.enabled=true", "server.hardening.response.timeout=2s");
		server.warmUp();
		return server;
	}

	private RouteActivity activity() {
		return this.server.activity("default");
	}

	private long cancelled() {
		return activity().count(Ending.CANCELLED);
	}

	private void awaitInFlight() {
		await().until(() -> this.server.placesTaken() == 1);
	}

	private void awaitEnd(long cancelled) {
		this.server.awaitCount("default", Ending.CANCELLED, cancelled + 1);
		assertThat(activity().inFlight()).isZero();
		await().untilAsserted(() -> assertThat(this.server.placesTaken()).as("places taken").isZero());
	}

	/**
	 * A filter before the guards that blocks, on a thread where it may.
	 */
	static class Filtered {

		private static final AtomicInteger waiting = new AtomicInteger();

		@Bean
		WebFilter slowFilter() {
			return new SlowFilter();
		}

		private static final class SlowFilter implements WebFilter, Ordered {

			@Override
			public int getOrder() {
				return Ordered.HIGHEST_PRECEDENCE;
			}

			@Override
			public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
				if (exchange.getRequest().getHeaders().getFirst("X-Filter") == null) {
					return chain.filter(exchange);
				}
				ChannelOperations<?, ?> operations = ServerHttpRequestDecorator.getNativeRequest(exchange.getRequest());
				Channel channel = operations.channel();
				return Mono.defer(() -> {
					waiting.incrementAndGet();
					await().pollInSameThread().until(() -> operations.channel() != channel);
					return chain.filter(exchange);
				}).subscribeOn(Schedulers.fromExecutor((task) -> new Thread(task).start()));
			}

		}

	}

	/**
	 * A filter after the guards whose request does not end when it has been answered, and
	 * one before them that waits for its end.
	 */
	static class Late {

		private final Sinks.Empty<Void> database = Sinks.empty();

		private final AtomicInteger recorded = new AtomicInteger();

		private final List<SignalType> heard = new CopyOnWriteArrayList<>();

		@Bean
		WebFilter lateFilter() {
			return (exchange, chain) -> {
				Mono<Void> answered = chain.filter(exchange);
				String late = exchange.getRequest().getHeaders().getFirst("X-Late");
				if (late == null) {
					return answered;
				}
				return answered.then(switch (late) {
					case "record" -> this.database.asMono().doOnTerminate(this.recorded::incrementAndGet);
					// When the answer has been written.
					case "aborted" ->
						Mono.delay(Duration.ofMillis(100)).then(Mono.error(AbortedException.beforeSend()));
					default -> Mono.never();
				});
			};
		}

		@Bean
		WebFilter outerFilter() {
			return new OuterFilter(this.heard);
		}

		private record OuterFilter(List<SignalType> heard) implements WebFilter, Ordered {

			@Override
			public int getOrder() {
				return Ordered.HIGHEST_PRECEDENCE + 1;
			}

			@Override
			public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
				Mono<Void> rest = chain.filter(exchange);
				return (exchange.getRequest().getHeaders().getFirst("X-Late") != null) ? rest.doFinally(this.heard::add)
						: rest;
			}

		}

	}

	/**
	 * Parts of bodies that are gone before the server lets go of them.
	 */
	static class ReleasedTwice {

		@Bean
		ServerSetting releaser() {
			return (server) -> server.doOnConnection(
					(connection) -> connection.addHandlerLast("releaser", new ChannelInboundHandlerAdapter() {

						@Override
						public void channelRead(ChannelHandlerContext context, Object message) {
							if (message instanceof HttpContent content && content.content().isReadable()) {
								ByteBuf copy = Unpooled.copiedBuffer(content.content());
								content.release();
								context.fireChannelRead(new DefaultHttpContent(copy));
								copy.release();
							}
							else {
								context.fireChannelRead(message);
							}
						}

					}));
		}

	}

}
