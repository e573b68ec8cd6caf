package io.serverhardening.connection;

import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;

import io.serverhardening.internal.channel.CloseReason;
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
 * What the RFCs have a server refuse, on a socket: 400 once, in its turn, the end of the
 * connection, and nothing behind it is handled.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ExtendWith(OutputCaptureExtension.class)
class StrictIT {

	private static final String GET = "GET /fast HTTP/1.1\r\n";

	private static final String POST = "POST /upload HTTP/1.1\r\nHost: test\r\n";

	private static final String CHUNKED = POST + "Transfer-Encoding: chunked\r\n\r\n";

	// What no answer may ever be to.
	private static final String SMUGGLED = "GET /slow?ms=1 HTTP/1.1\r\nHost: test\r\n\r\n";

	private TestServer server;

	private TestServer lenient;

	private TestServer secured;

	@BeforeAll
	void start() {
		String idle = "server.hardening.connection.idle-timeout=2s";
		this.server = TestServer.start(idle);
		this.lenient = TestServer.start(idle, "server.hardening.request.strict=false");
		this.secured = TestServer.startWithTls(idle);
		this.server.warmUp();
		this.lenient.warmUp();
	}

	@AfterAll
	void stop() {
		this.server.close();
		this.lenient.close();
		this.secured.close();
	}

	// Where two readers would disagree about the end of a message.
	static Stream<Arguments> framing() {
		return Stream.of(Arguments.of("a broken address, which what reads it cannot", GET + "Host: [::1\r\n\r\n"),
				Arguments.of("another coding", POST + "Transfer-Encoding: xchunked\r\n\r\n"),
				Arguments.of("identity", POST + "Transfer-Encoding: identity\r\n\r\n"),
				Arguments.of("no coding", POST + "Transfer-Encoding:\r\n\r\n"),
				Arguments.of("chunked, then identity",
						POST + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n"),
				Arguments.of("chunked, then a short one",
						POST + "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n"),
				Arguments.of("chunked twice",
						POST + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
				Arguments.of("chunked twice in a line", POST + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"),
				Arguments.of("something that ends like it",
						POST + "Transfer-Encoding: chunked\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
				Arguments.of("quoted", POST + "Transfer-Encoding: \"chunked\"\r\n\r\n"),
				Arguments.of("with a parameter", POST + "Transfer-Encoding: chunked;a=b\r\n\r\n0\r\n\r\n"),
				Arguments.of("a length and a coding",
						POST + "Content-Length: 5\r\nTransfer-Encoding: identity\r\n\r\nabcde"),
				Arguments.of("a length and chunked",
						POST + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
				Arguments.of("chunked in HTTP/1.0",
						"POST /upload HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
				Arguments.of("another coding in HTTP/1.0",
						"POST /upload HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: x\r\n\r\n"),
				Arguments.of("two lengths", POST + "Content-Length: 2\r\nContent-Length: 2\r\n\r\nab"),
				Arguments.of("two lengths in one", POST + "Content-Length: 2, 2\r\n\r\nab"),
				Arguments.of("a length with a sign", POST + "Content-Length: +2\r\n\r\nab"),
				Arguments.of("no length", POST + "Content-Length:\r\n\r\n"),
				Arguments.of("something after the size", CHUNKED + "3 x\r\nabc\r\n0\r\n\r\n"),
				Arguments.of("a space before the size", CHUNKED + " 3\r\nabc\r\n0\r\n\r\n"),
				Arguments.of("a space after the size", CHUNKED + "3 \r\nabc\r\n0\r\n\r\n"),
				Arguments.of("a space in the second size", CHUNKED + "3\r\nabc\r\n\t2\r\nab\r\n0\r\n\r\n"),
				Arguments.of("a vertical tab after the size", CHUNKED + "3\u000b\r\nabc\r\n0\r\n\r\n"),
				Arguments.of("a size of another base", CHUNKED + "0x3\r\nabc\r\n0\r\n\r\n"),
				Arguments.of("a size with a sign", CHUNKED + "+3\r\nabc\r\n0\r\n\r\n"),
				Arguments.of("a size that ends in LF", CHUNKED + "3\nabc\r\n0\r\n\r\n"),
				Arguments.of("a chunk that ends in LF", CHUNKED + "3\r\nabc\n0\r\n\r\n"),
				Arguments.of("an extension with a line feed", CHUNKED + "3;a\n\r\nabc\r\n0\r\n\r\n"),
				Arguments.of("eight bytes that no header announces",
						"GET /fast HTTP/1.1\r\nHost: test\r\nSec-WebSocket-Key1: a\r\nSec-WebSocket-Key2: b\r\n\r\n"),
				Arguments.of("a port that is none", GET + "Host: a:b\r\n\r\n"),
				Arguments.of("an empty port", GET + "Host: a:\r\n\r\n"),
				Arguments.of("a space before the colon", POST + "Content-Length : 2\r\n\r\nab"),
				Arguments.of("a fold before the first header", GET + " Host: test\r\n\r\n"),
				Arguments.of("a folded coding", POST + "Transfer-Encoding: x\r\n chunked\r\n\r\n0\r\n\r\n"),
				Arguments.of("a bare CR in a header", GET + "Host: test\r\nX-A: a\rb\r\n\r\n"),
				Arguments.of("a control character in a header", GET + "Host: test\r\nX-A: a\u0007b\r\n\r\n"),
				Arguments.of("a header without a colon", GET + "Host: test\r\nX-A\r\n\r\n"),
				Arguments.of("two spaces in the target", "GET /fast  x HTTP/1.1\r\nHost: test\r\n\r\n"),
				Arguments.of("a method that is none", "G@T /fast HTTP/1.1\r\nHost: test\r\n\r\n"));
	}

	// What every reader takes for the same message.
	static Stream<Arguments> harmless() {
		return Stream.of(Arguments.of("no host", GET + "\r\n"),
				Arguments.of("two hosts", GET + "Host: test\r\nHost: test\r\n\r\n"),
				Arguments.of("two hosts in one", GET + "Host: x, y\r\n\r\n"),
				Arguments.of("a host with a name in front", GET + "Host: me@test\r\n\r\n"),
				Arguments.of("a host with a path", GET + "Host: test/a\r\n\r\n"),
				Arguments.of("a host of other letters", GET + "Host: t\u00e9st\r\n\r\n"),
				Arguments.of("another host in the target", "GET http://other/fast HTTP/1.1\r\nHost: test\r\n\r\n"),
				Arguments.of("a coding that nobody undoes",
						POST + "Transfer-Encoding: gzip, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
				Arguments.of("a target that is no path", "GET fast HTTP/1.1\r\nHost: test\r\n\r\n"),
				Arguments.of("an asterisk", "GET * HTTP/1.1\r\nHost: test\r\n\r\n"),
				Arguments.of("a control character in the target", "GET /fast?\u0001 HTTP/1.1\r\nHost: test\r\n\r\n"),
				Arguments.of("small letters in the version", "GET /fast http/1.1\r\nHost: test\r\n\r\n"));
	}

	static Stream<Arguments> all() {
		return Stream.concat(framing(), harmless());
	}

	static Stream<String> fine() {
		return Stream.of(GET + "Host: test\r\n\r\n", GET + "Host:\r\n\r\n", GET + "Host: a.b-c_d:8080\r\n\r\n",
				GET + "Host: [::1]:8080\r\n\r\n", GET + "host: TEST\r\n\r\n",
				"GET http://test/fast HTTP/1.1\r\nHost: test\r\n\r\n",
				"GET http://test:80/fast?a#b HTTP/1.1\r\nHost: TEST:80\r\n\r\n",
				"GET /fast?a'b(c)*~!$%20 HTTP/1.1\r\nHost: test\r\n\r\n", "\r\n" + GET + "Host: test\r\n\r\n",
				GET + "Host: test\r\nX-A: b\r\n c\r\n\r\n", CHUNKED + "3\r\nabc\r\n0\r\n\r\n",
				CHUNKED + "0003;a=\"b;c\"\r\nabc\r\n2 ;d\r\nab\r\n0\r\nX-Trailer: a\r\n\r\n",
				POST + "Transfer-Encoding: CHUNKED\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
				POST + "Content-Length: 003\r\n\r\nabc");
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource("all")
	void isRefusedOnceAndForAll(String name, String bytes) {
		long malformed = this.server.connections().closedCount(CloseReason.MALFORMED);
		int handled = this.server.handlers().subscribed();
		try (RawClient client = this.server.connect()) {
			refused(client.write(bytes + SMUGGLED).end());
		}
		this.server.awaitClosed(CloseReason.MALFORMED, malformed + 1);
		assertThat(this.server.handlers().subscribed() - handled)
			.isLessThanOrEqualTo(bytes.startsWith(CHUNKED) ? 1 : 0);
	}

	private static void refused(End end) {
		assertThat(end.received()).startsWith("HTTP/1.1 400 ").containsIgnoringCase("connection: close");
		assertThat(end.received().split("HTTP/1", -1)).hasSize(2);
		assertThat(end.reset()).isFalse();
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource("all")
	void isRefusedInItsTurnAndByteByByte(String name, String bytes) {
		try (RawClient client = this.server.connect()) {
			client.write("GET /slow?ms=20 HTTP/1.1\r\nHost: test\r\n\r\n");
			for (int i = 0; i < bytes.length(); i++) {
				client.write(bytes.substring(i, i + 1));
			}
			assertThat(client.response().body()).isEqualTo("slow");
			refused(client.end());
		}
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource("all")
	void isRefusedBehindTls(String name, String bytes) {
		try (RawClient client = this.secured.connectWithTls("http/1.1")) {
			refused(client.write(bytes + SMUGGLED).end());
		}
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource("framing")
	void isRefusedByALenientServerToo(String name, String bytes) {
		try (RawClient client = this.lenient.connect()) {
			refused(client.write(bytes + SMUGGLED).end());
		}
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource("harmless")
	void isLeftToTheApplicationByALenientServer(String name, String bytes) {
		Map<String, Long> malformed = this.lenient.connections().malformed();
		try (RawClient client = this.lenient.connect()) {
			client.write(bytes.replace("HTTP/1.1\r\n", "HTTP/1.1\r\nConnection: close\r\n"));
			assertThat(client.end().received()).startsWith("HTTP/1.1 ");
		}
		assertThat(this.lenient.connections().malformed()).isEqualTo(malformed);
	}

	@ParameterizedTest
	@MethodSource("fine")
	void isServedAsEver(String bytes) {
		try (RawClient client = this.server.connect()) {
			client.write(bytes);
			assertThat(client.response().status()).isEqualTo(200);
			assertThat(client.send("GET", "/fast").response().status()).isEqualTo(200);
		}
	}

	@Test
	void aFloodOfAllOfItLeavesALineASecondThatNamesWhatItWas(CapturedOutput output) {
		int before = output.getAll().length();
		long start = System.nanoTime();
		for (int i = 0; i < 10; i++) {
			for (Arguments malformed : all().toList()) {
				try (RawClient client = this.server.connect()) {
					client.write((String) malformed.get()[1]).end();
				}
			}
		}
		await().atMost(Duration.ofSeconds(5))
			.untilAsserted(() -> assertThat(output.getAll().substring(before)).contains("connections (malformed)")
				.contains("messages (no-host, see server.hardening.request.strict)")
				.contains("messages (host-port)"));
		String lines = output.getAll().substring(before);
		long seconds = Duration.ofNanos(System.nanoTime() - start).toSeconds() + 2;
		assertThat(lines.lines()
			.filter((line) -> line.contains("WARN") || line.contains("ERROR") || line.contains("INFO"))
			.count()).as(lines).isLessThanOrEqualTo(seconds);
	}

}
