package io.serverhardening.connection;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.stream.Stream;

import io.netty.util.ResourceLeakDetector;
import io.serverhardening.connection.timeline.ConnectionState;
import io.serverhardening.internal.channel.CloseReason;
import io.serverhardening.testing.Pause;
import io.serverhardening.testing.RawClient;
import io.serverhardening.testing.RawClient.End;
import io.serverhardening.testing.TestServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What is not HTTP: a clean 4xx or a close, never a connection that goes on, nothing
 * leaked, and no line in the log for each.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ExtendWith(OutputCaptureExtension.class)
class MalformedIT {

	private static final String CONFUSING = "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";

	private TestServer server;

	private ResourceLeakDetector.Level level;

	@BeforeAll
	void start() {
		this.level = ResourceLeakDetector.getLevel();
		ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
		this.server = TestServer.start("server.hardening.request.header-timeout=2s");
		this.server.warmUp();
	}

	@AfterAll
	void stop() {
		this.server.close();
		ResourceLeakDetector.setLevel(this.level);
	}

	static Stream<Arguments> malformed() {
		String get = "GET /fast HTTP/1.1\r\nHost: test\r\n";
		String post = "POST /upload HTTP/1.1\r\nHost: test\r\n";
		return Stream.of(Arguments.of("garbage", "\u0016\u0003\u0001\u0002\u0000\u0001\r\n\r\n", 400),
				Arguments.of("no version", "GET /fast\r\n\r\n", 400),
				Arguments.of("both lengths", post + CONFUSING, 400),
				Arguments.of("two lengths", post + "Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd", 400),
				Arguments.of("negative length", post + "Content-Length: -1\r\n\r\n", 400),
				Arguments.of("chunked, then something", post + "Transfer-Encoding: chunked, gzip\r\n\r\n", 400),
				Arguments.of("bare LF", "GET /fast HTTP/1.1\nHost: test\n\n", 400),
				Arguments.of("NUL in a header", get + "X-A: a\u0000b\r\n\r\n", 400),
				Arguments.of("space before the colon", get + "X-A : b\r\n\r\n", 400),
				Arguments.of("a header without a name", get + ": b\r\n\r\n", 400),
				Arguments.of("long line", "GET /" + "a".repeat(5000) + " HTTP/1.1\r\nHost: test\r\n\r\n", 414),
				Arguments.of("one large header", get + "X-A: " + "b".repeat(9000) + "\r\n\r\n", 431),
				Arguments.of("a flood of headers", get + "X-A: b\r\n".repeat(2000) + "\r\n", 431),
				Arguments.of("bad chunk size", post + "Transfer-Encoding: chunked\r\n\r\nxyz\r\nabc\r\n0\r\n\r\n", 400),
				Arguments.of("endless chunk size", post + "Transfer-Encoding: chunked\r\n\r\n" + "1".repeat(9000), 400),
				Arguments.of("HTTP/2.0 in a request line", "GET /fast HTTP/2.0\r\nHost: test\r\n\r\n", 400));
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource("malformed")
	void isAnsweredOnceAndForAll(String name, String bytes, int status) {
		try (RawClient client = this.server.connect()) {
			client.write(bytes.getBytes(StandardCharsets.ISO_8859_1));
			End end = client.end();
			assertThat(end.received()).startsWith("HTTP/1.1 " + status + " ").containsIgnoringCase("connection: close");
			assertThat(end.received().split("HTTP/1.1", -1)).hasSize(2);
		}
		assertThat(this.server.get("/fast").status()).isEqualTo(200);
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource("malformed")
	void isAnsweredInItsTurnBehindAGoodRequest(String name, String bytes, int status) {
		try (RawClient client = this.server.connect()) {
			client.write(
					("GET /slow?ms=50 HTTP/1.1\r\nHost: test\r\n\r\n" + bytes).getBytes(StandardCharsets.ISO_8859_1));
			assertThat(client.response().body()).isEqualTo("slow");
			assertThat(client.end().received()).startsWith("HTTP/1.1 " + status + " ");
		}
	}

	@Test
	void obsoleteFoldsAreOneLine() {
		try (RawClient client = this.server.connect()) {
			client.write("GET /fast HTTP/1.1\r\nHost: test\r\nX-A: b\r\n c\r\n\r\n");
			assertThat(client.response().status()).isIn(200, 400);
		}
	}

	@Test
	void halfRequestsLeaveNothing() {
		long before = this.server.connections().closedCount(CloseReason.CLIENT);
		String[] halves = { "GE", "GET /fast HTTP/1.1\r\nHo",
				"POST /upload HTTP/1.1\r\nHost: test\r\nContent-Length: 9\r\n\r\nab",
				"POST /upload HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab" };
		for (String half : halves) {
			this.server.connect().write(half).reset();
			try (RawClient client = this.server.connect()) {
				client.write(half).finish();
				client.end();
			}
		}
		this.server.awaitQuiet();
		await().atMost(Duration.ofSeconds(5))
			.untilAsserted(() -> assertThat(this.server.connections().closedCount(CloseReason.CLIENT) - before)
				.isGreaterThanOrEqualTo(halves.length));
		await().atMost(Duration.ofSeconds(5))
			.untilAsserted(() -> assertThat(this.server.connections().count(ConnectionState.BODY)).isZero());
	}

	@Test
	void aClientThatFinishedItsSideIsGone() {
		try (RawClient client = this.server.connect()) {
			client.send("GET", "/never").finish();
			client.end();
			this.server.awaitQuiet();
		}
	}

	@Test
	void floodsOfAllOfItLeaveALineASecond(CapturedOutput output) {
		int before = output.getAll().length();
		long start = System.nanoTime();
		for (int i = 0; i < 20; i++) {
			for (Arguments malformed : malformed().toList()) {
				try (RawClient client = this.server.connect()) {
					client.write(((String) malformed.get()[1]).getBytes(StandardCharsets.ISO_8859_1));
					client.end();
				}
			}
			this.server.connect().write("GET /").reset();
			this.server.connect().write("POST /upload HTTP/1.1\r\nHost: test\r\nContent-Length: 9\r\n\r\nab").reset();
		}
		Pause.millis(1200);
		System.gc();
		this.server.get("/fast");
		String lines = output.getAll().substring(before);
		long seconds = Duration.ofNanos(System.nanoTime() - start).toSeconds() + 2;
		assertThat(lines.lines().filter((line) -> line.contains("WARN") || line.contains("ERROR")).count()).as(lines)
			.isLessThanOrEqualTo(seconds);
		assertThat(lines).contains("Closed ", "connections (malformed)").doesNotContain("LEAK");
	}

}
