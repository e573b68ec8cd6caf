package io.serverhardening.request;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import io.serverhardening.internal.channel.RequestChannel;
import io.serverhardening.testing.Pause;
import io.serverhardening.testing.RawClient;
import io.serverhardening.testing.RawClient.End;
import io.serverhardening.testing.RawClient.Response;
import io.serverhardening.testing.RawHttp2;
import io.serverhardening.testing.RawHttp2.Frame;
import io.serverhardening.testing.TestServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.context.annotation.Bean;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.WebFilter;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A request whose body is refused has one answer, and nothing on its connection is taken
 * for what it is not: however its bytes are cut, and wherever its end is.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RefusalIT {

	private static final String BODY = "x".repeat(5000);

	private static final String CHUNK = "1388\r\n" + BODY + "\r\n";

	private static final String END = "0\r\n\r\n";

	private static final String NEXT = "GET /mark?n=next HTTP/1.1\r\nHost: test\r\n\r\n";

	private TestServer server;

	private TestServer secured;

	@BeforeAll
	void start() {
		this.server = TestServer.start(List.of(Handlers.class), properties());
		this.server.warmUp();
		this.secured = TestServer.startWithTls(properties());
		try (RawClient client = this.secured.connectWithTls("http/1.1")) {
			client.send("GET", "/fast").response();
		}
	}

	private static String[] properties() {
		return new String[] { "test.clock-speed=4", "server.http2.enabled=true",
				"server.hardening.request.max-body-size=1KB", "server.hardening.request.rate-grace=8s",
				"server.hardening.routes.observed.path=/orders",
				"server.hardening.routes.observed.request.mode=observe", "server.hardening.routes.strict.path=/hops/**",
				"server.hardening.routes.strict.request.max-body-size=100B",
				"server.hardening.routes.open.path=/open/**", "server.hardening.routes.open.request.max-body-size=none",
				"server.hardening.routes.open.request.min-rate=none", "management.server.port=0",
				"management.endpoints.web.exposure.include=health,loggers" };
	}

	@AfterAll
	void stop() {
		this.server.close();
		this.secured.close();
	}

	private double rejections(String outcome) {
		return this.server.meter("server.hardening.rejections", "guard", "request", "reason", "body-too-large",
				"outcome", outcome);
	}

	private static String head(String target) {
		return "POST " + target + " HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n";
	}

	private static void write(RawClient client, String text, int... cuts) {
		int from = 0;
		for (int cut : cuts) {
			client.write(text.substring(from, cut));
			Pause.millis(20);
			from = cut;
		}
		client.write(text.substring(from));
	}

	private static int[][] cuts(int head, int end) {
		return new int[][] { {}, { head }, { head, head + 1000 }, { head + 1000 }, { head + 2000, end }, { end },
				{ head, end }, { head, head + 1030, end - 1, end + 1 }, { end + 3 }, { head - 1, end + 5 } };
	}

	private static void assertRefusedOnce(RawClient client) {
		Response response = client.response();
		assertThat(response.status()).isEqualTo(413);
		assertThat(response.header("connection")).isEqualTo("close");
		assertThat(client.end().received()).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "/upload", "/reads-late?ms=50" })
	void aChunkedBodyHasOneAnswerHoweverItIsCut(String target) {
		String head = head(target);
		int end = head.length() + CHUNK.length();
		for (int[] cuts : cuts(head.length(), end)) {
			try (RawClient client = this.server.connect()) {
				write(client, head + CHUNK + END + NEXT, cuts);
				assertRefusedOnce(client);
			}
			try (RawClient client = this.secured.connectWithTls("http/1.1")) {
				write(client, head + CHUNK + END + NEXT, cuts);
				assertRefusedOnce(client);
			}
		}
	}

	@Test
	void aBodyThatNobodyReadsIsRefusedToo() {
		try (RawClient client = this.server.connect()) {
			client.write(head("/ignores-body") + CHUNK + END + NEXT);
			assertRefusedOnce(client);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "/fast-without-body", "/nowhere" })
	void anEarlyAnswerIsTheOnlyOne(String target) {
		String head = head(target);
		int end = head.length() + CHUNK.length();
		for (int[] cuts : cuts(head.length(), end)) {
			try (RawClient client = this.server.connect()) {
				write(client, head + CHUNK + END + NEXT, cuts);
				assertThat(client.response().status()).isIn(200, 404);
				assertThat(client.response().body()).isEqualTo("next");
			}
		}
	}

	@Test
	void aRefusalIsCountedOnceAndTheHandlerDoesNotRun() {
		double before = rejections("refused");
		try (RawClient client = this.server.connect()) {
			client.write(head("/upload") + CHUNK + END);
			assertRefusedOnce(client);
		}
		assertThat(rejections("refused")).isEqualTo(before + 1);
		assertThat(this.server.bean(Handlers.class).completed).isZero();
	}

	@Test
	void theNextRequestOnAConnectionGetsItsOwnAnswer() {
		for (int i = 0; i < 20; i++) {
			try (RawClient client = this.server.connect()) {
				client.write("POST /mark?n=first HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\n\r\nabc"
						+ "GET /mark?n=second HTTP/1.1\r\nHost: test\r\n\r\n" + head("/reads-late?ms=20") + CHUNK + END
						+ "GET /mark?n=fourth HTTP/1.1\r\nHost: test\r\n\r\n");
				assertThat(client.response().body()).isEqualTo("first");
				assertThat(client.response().body()).isEqualTo("second");
				assertRefusedOnce(client);
			}
		}
	}

	@Test
	void aStreamHasOneAnswerHoweverItsBodyIsCut() {
		for (int pieces : new int[] { 1, 2, 5 }) {
			double before = rejections("refused");
			try (RawHttp2 client = new RawHttp2(this.server.connect())) {
				client.request(1, "POST", "/upload", true);
				for (int i = 1; i <= pieces; i++) {
					client.data(1, 5000 / pieces, i == pieces);
				}
				Frame head = client.await(RawHttp2.HEADERS, 1);
				assertThat(head.status()).isEqualTo(413);
				client.request(3, "GET", "/mark?n=three", false);
				assertThat(client.await(RawHttp2.HEADERS, 3).status()).isEqualTo(200);
				assertThat(client.await(RawHttp2.DATA, 3).payload().remaining()).isEqualTo(5);
			}
			assertThat(rejections("refused")).isEqualTo(before + 1);
		}
	}

	@Test
	void observesAChunkedBodyThatEndsInTheSameRead() {
		double before = rejections("observed");
		String order = "{\"item\":\"tea\",\"quantity\":2}" + " ".repeat(2000);
		try (RawClient client = this.server.connect()) {
			client.write("POST /orders HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"
					+ "Transfer-Encoding: chunked\r\n\r\n" + Integer.toHexString(order.length()) + "\r\n" + order
					+ "\r\n" + END);
			assertThat(client.response().body()).isEqualTo("tea");
			assertThat(client.send("GET", "/fast").response().status()).isEqualTo(200);
		}
		assertThat(rejections("observed")).isEqualTo(before + 1);
	}

	@Test
	void anOperatorsPortHasOneAnswerToo() {
		int port = Integer.parseInt(this.server.property("local.management.port"));
		String head = String.join("\r\n", "POST /actuator/loggers/x HTTP/1.1", "Host: test",
				"Content-Type: application/json", "Transfer-Encoding: chunked", "", "");
		int end = head.length() + CHUNK.length();
		for (int[] cuts : cuts(head.length(), end)) {
			try (RawClient client = TestServer.connectTo(port)) {
				write(client, head + CHUNK + END + "GET /actuator/health HTTP/1.1\r\nHost: test\r\n\r\n", cuts);
				assertRefusedOnce(client);
			}
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "loop", "thread" })
	void aFilterThatTakesItsTimeDoesNotLetABodyPast(String how) {
		double before = rejections("refused");
		for (String framing : new String[] { "Content-Length: 500\r\n\r\n" + "x".repeat(500),
				"Transfer-Encoding: chunked\r\n\r\n1f4\r\n" + "x".repeat(500) + "\r\n" + END }) {
			try (RawClient client = this.server.connect()) {
				client.write("POST /hops/" + how + " HTTP/1.1\r\nHost: test\r\n" + framing);
				assertRefusedOnce(client);
			}
		}
		assertThat(rejections("refused")).isEqualTo(before + 2);
		try (RawClient client = this.server.connect()) {
			client.write("POST /hops/" + how + " HTTP/1.1\r\nHost: test\r\nContent-Length: 50\r\n\r\n" + "x".repeat(50)
					+ "GET /mark?n=next HTTP/1.1\r\nHost: test\r\n\r\n");
			assertThat(client.response().body()).isEqualTo("took 50");
			assertThat(client.response().body()).isEqualTo("next");
		}
	}

	@Test
	void aRouteThatTakesEveryLimitAwayHasNone() {
		try (RawClient client = this.server.connect()) {
			client.write(head("/open/upload") + CHUNK + END);
			assertThat(client.response().body()).isEqualTo("took 5000");
		}
	}

	@Test
	void aClientOfHttp10HasOneAnswer() {
		try (RawClient client = this.server.connect()) {
			client.write("POST /upload HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 5000\r\n\r\n" + BODY);
			assertThat(client.response().status()).isEqualTo(413);
			assertThat(client.end().received()).isEmpty();
		}
	}

	@Test
	void aBodyOnAGetCountsToo() {
		for (String framing : new String[] { "Content-Length: 5000\r\n\r\n" + BODY,
				"Transfer-Encoding: chunked\r\n\r\n" + CHUNK + END }) {
			try (RawClient client = this.server.connect()) {
				client.write("GET /mark-body HTTP/1.1\r\nHost: test\r\n" + framing);
				assertRefusedOnce(client);
			}
		}
	}

	@Test
	void aGetThatAnnouncesABodyAndSendsNoneIsNotWaitedForWithoutEnd() {
		try (RawClient client = this.server.connect()) {
			client.write("GET /mark-body HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\n\r\n");
			assertThat(client.response().status()).isEqualTo(408);
			assertThat(client.end()).isEqualTo(new End(false, ""));
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "POST /fast-without-body", "GET /fast", "GET /slow?ms=50" })
	void aClientThatWasNotAskedForItsBodyIsNotHeardAnyFurther(String request) {
		try (RawClient client = this.server.connect()) {
			client.write(request + " HTTP/1.1\r\nHost: test\r\nContent-Length: 50\r\nExpect: 100-continue\r\n\r\n");
			Response response = client.response();
			assertThat(response.status()).isEqualTo(200);
			assertThat(response.header("connection")).isEqualTo("close");
			// What it takes for its next request.
			client.write("GET /mark?n=smuggled HTTP/1.1\r\nHost: test\r\nX-Long: " + "x".repeat(100) + "\r\n\r\n");
			assertThat(client.end().received()).isEmpty();
		}
	}

	@Test
	void aChunkedBodyThatWasAskedForIsRefusedOnce() {
		try (RawClient client = this.server.connect()) {
			client.write(String.join("\r\n", "POST /upload HTTP/1.1", "Host: test", "Transfer-Encoding: chunked",
					"Expect: 100-continue", "", ""));
			assertThat(client.response().status()).isEqualTo(100);
			client.write(CHUNK + END);
			assertRefusedOnce(client);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "0", "none" })
	void onlyItsEndEndsTheBodyOfAStream(String length) {
		try (RawHttp2 client = new RawHttp2(this.server.connect())) {
			client.request(1, "POST", "/upload", length);
			client.request(3, "GET", "/mark?n=three", length);
			assertThat(client.await(RawHttp2.HEADERS, 3).status()).isEqualTo(200);
			// Whichever clock is the first to run out.
			Frame refused = null;
			Frame reset = null;
			while (refused == null || reset == null) {
				Frame frame = client.next();
				assertThat(frame).as("what comes before both").isNotNull();
				if (frame.type() == RawHttp2.HEADERS && frame.stream() == 1) {
					refused = frame;
				}
				if (frame.type() == RawHttp2.RST_STREAM && frame.stream() == 3) {
					reset = frame;
				}
			}
			assertThat(refused.status()).isEqualTo(408);
			assertThat(reset.error()).isZero();
			this.server.awaitQuiet();
		}
	}

	@Test
	void aLineThatIsTooLongForAStreamIsAnsweredOnceWhateverFollows() {
		try (RawHttp2 client = new RawHttp2(this.server.connect())) {
			client.request(1, "POST", "/" + "x".repeat(5000), true).data(1, 500, false).data(1, 500, true);
			assertThat(client.await(RawHttp2.HEADERS, 1).status()).isEqualTo(414);
			client.request(3, "GET", "/mark?n=three", false);
			assertThat(client.await(RawHttp2.HEADERS, 3).status()).isEqualTo(200);
		}
	}

	/**
	 * Handlers that take bodies in several ways.
	 */
	@RestController
	static class Handlers {

		volatile int completed;

		@RequestMapping("/mark")
		Mono<String> mark(@RequestParam String n) {
			return Mono.just(n);
		}

		@RequestMapping("/mark-body")
		Mono<String> markBody(@org.springframework.web.bind.annotation.RequestBody(required = false) byte[] body) {
			return Mono.just("took " + ((body != null) ? body.length : 0));
		}

		@PostMapping({ "/hops/loop", "/hops/thread", "/open/upload" })
		Mono<String> take(@org.springframework.web.bind.annotation.RequestBody byte[] body) {
			return Mono.just("took " + body.length);
		}

		@Bean
		@Order(Ordered.HIGHEST_PRECEDENCE)
		WebFilter hops() {
			return (exchange, chain) -> switch (exchange.getRequest().getPath().value()) {
				case "/hops/thread" ->
					Mono.delay(Duration.ofMillis(100), Schedulers.boundedElastic()).then(chain.filter(exchange));
				case "/hops/loop" -> {
					Mono<Void> later = Mono.create((sink) -> {
						EventLoop loop = RequestChannel.operations(exchange.getRequest()).channel().eventLoop();
						ScheduledFuture<?> done = loop.schedule(() -> sink.success(), 100, TimeUnit.MILLISECONDS);
						sink.onCancel(() -> done.cancel(false));
					});
					yield later.then(chain.filter(exchange));
				}
				default -> chain.filter(exchange);
			};
		}

	}

}
