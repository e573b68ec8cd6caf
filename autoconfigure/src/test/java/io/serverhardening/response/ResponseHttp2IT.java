package io.serverhardening.response;

import java.time.Duration;
import java.util.List;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.serverhardening.Ending;
import io.serverhardening.internal.channel.RequestChannel;
import io.serverhardening.testing.RawHttp2;
import io.serverhardening.testing.TestServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.ByteBufFlux;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;
import reactor.test.StepVerifier;

import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ServerWebExchange;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a client of HTTP/2 gets when a response takes too long.
 */
class ResponseHttp2IT {

	private static final Duration TIMEOUT = Duration.ofMillis(500);

	private static TestServer server;

	private static ConnectionProvider connections;

	private static HttpClient client;

	@BeforeAll
	static void start() {
		server = TestServer.start(List.of(AsksLate.class), "server.http2.enabled=true",
				"server.hardening.response.timeout=500ms", "server.hardening.routes.report.path=/report/**",
				"server.hardening.routes.report.response.timeout-status=504",
				"server.hardening.routes.patient.path=/api/**", "server.hardening.routes.patient.response.timeout=20s");
		server.warmUp();
		connections = ConnectionProvider.create("one", 1);
		client = HttpClient.create(connections).protocol(HttpProtocol.H2C).port(server.port());
	}

	// Clients of an earlier test may have left without their departure being noticed yet.
	@BeforeEach
	void settle() {
		server.awaitQuiet();
	}

	@AfterAll
	static void stop() {
		connections.dispose();
		server.close();
	}

	private static Mono<String> get(String uri) {
		return client.get()
			.uri(uri)
			.responseSingle((response, body) -> body.asString()
				.defaultIfEmpty("")
				.map((text) -> response.status().code() + " " + response.version() + " " + text));
	}

	@Test
	void answersQuickRequests() {
		assertThat(get("/fast").block()).isEqualTo("200 HTTP/2.0 fast");
	}

	@Test
	void answersWithProblemAndCancelsTheHandler() {
		long before = server.activity("default").count(Ending.TIMED_OUT);
		long start = System.nanoTime();
		assertThat(get("/never").block()).startsWith("503 ").contains("deadline-exceeded", "within 500ms");
		assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(TIMEOUT, TIMEOUT.plusSeconds(10));
		server.awaitCount("default", Ending.TIMED_OUT, before + 1);
		assertThat(get("/report/never").block()).startsWith("504 ");
	}

	@Test
	void resetsOnlyTheStreamThatStalls() {
		Mono<String> neighbour = get("/chatty?everyMs=100&times=12");
		Flux<String> stalled = client.get().uri("/stall").responseContent().asString();
		StepVerifier.create(Mono.zip(neighbour,
				stalled.collectList()
					.map(Object::toString)
					.onErrorResume((ex) -> Mono.just("reset: " + ex.getMessage()))))
			.assertNext((both) -> {
				assertThat(both.getT1()).endsWith("tick0tick1tick2tick3tick4tick5tick6tick7tick8tick9tick10tick11");
				assertThat(both.getT2()).startsWith("reset: ");
			})
			.expectComplete()
			.verify(Duration.ofSeconds(10));
		assertThat(get("/fast").block()).isEqualTo("200 HTTP/2.0 fast");
	}

	@Test
	void tellsNobodyToGoOnWhoseAnswerHasBegun() {
		try (RawHttp2 client = new RawHttp2(server.connect())) {
			client.request(1, "GET", "/asks-late", false);
			assertThat(client.answer(1).status()).isEqualTo(200);
			assertThat(client.await(RawHttp2.DATA, 1)).as("the rest of the answer").isNotNull();
			client.request(3, "GET", "/fast", false);
			assertThat(client.answer(3)).as("the next on the connection").isNotNull();
		}
	}

	@Test
	void countsACancelledStreamApart() {
		int subscribed = server.handlers().subscribed();
		long before = server.activity("patient").count(Ending.CANCELLED);
		reactor.core.Disposable request = get("/api/never").subscribe();
		org.awaitility.Awaitility.await().until(() -> server.handlers().subscribed() == subscribed + 1);
		request.dispose();
		server.awaitCount("patient", Ending.CANCELLED, before + 1);
	}

	@Test
	void givesBackTheTimeSpentWaitingForTheBody() {
		Flux<String> slowly = Flux.interval(Duration.ofMillis(200)).take(5).map((i) -> "x");
		String response = client.post()
			.uri("/upload")
			.send(ByteBufFlux.fromString(slowly))
			.responseSingle((head, body) -> body.asString().map((text) -> head.status().code() + " " + text))
			.block();
		assertThat(response).isEqualTo("200 received 5");
	}

	@Test
	void anEventStreamMayBeSilent() {
		assertThat(client.get().uri("/events?everyMs=1200").responseContent().asString().blockFirst())
			.startsWith(":beat");
	}

	@Test
	void aGrpcClientIsRefusedInItsOwnWords() {
		String status = client.headers((headers) -> headers.set("content-type", "application/grpc"))
			.post()
			.uri("/raw-never")
			.responseSingle((response, body) -> body.asString()
				.defaultIfEmpty("")
				.map((text) -> response.status().code() + " " + response.responseHeaders().get("grpc-status") + " "
						+ response.responseHeaders().get("grpc-message") + text))
			.block();
		assertThat(status).isEqualTo("200 4 The%20request%20was%20not%20answered%20within%20500ms.");
	}

	/**
	 * Asks for a body once its answer has begun. Reactor Netty asks before it looks at
	 * what another thread has done: this does not look.
	 */
	@RestController
	static class AsksLate {

		@SuppressWarnings("FutureReturnValueIgnored")
		@GetMapping(path = "/asks-late", produces = "text/plain")
		Flux<String> asksLate(ServerWebExchange exchange) {
			Channel channel = RequestChannel.operations(exchange.getRequest()).channel();
			return Flux.generate(() -> 0, (parts, sink) -> {
				if (parts == 1) {
					channel.writeAndFlush(new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE,
							Unpooled.EMPTY_BUFFER));
				}
				if (parts == 2) {
					sink.complete();
				}
				else {
					sink.next("part");
				}
				return parts + 1;
			});
		}

	}

}
