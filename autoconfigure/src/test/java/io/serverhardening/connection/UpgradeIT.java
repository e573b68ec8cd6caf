package io.serverhardening.connection;

import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

import io.netty.util.ResourceLeakDetector;
import io.serverhardening.Ending;
import io.serverhardening.connection.timeline.ConnectionState;
import io.serverhardening.internal.channel.CloseReason;
import io.serverhardening.testing.Pause;
import io.serverhardening.testing.RawClient;
import io.serverhardening.testing.TestServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Requests for another protocol, and what the connection is afterwards.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ExtendWith(OutputCaptureExtension.class)
class UpgradeIT {

	private static final String[] WEBSOCKET = { "Connection: Upgrade", "Upgrade: websocket",
			"Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==" };

	private static final String ASK = "GET /echo HTTP/1.1\r\nHost: test\r\n" + String.join("\r\n", WEBSOCKET)
			+ "\r\n\r\n";

	private static final String PING = "\u0089\u0010server-hardening";

	private static final String H2C = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n";

	private TestServer server;

	private TestServer secured;

	private TestServer http2;

	/** Whose clients may be silent for longer than a test takes. */
	private TestServer patient;

	private ResourceLeakDetector.Level level;

	@BeforeAll
	void start() {
		this.level = ResourceLeakDetector.getLevel();
		ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
		this.server = TestServer.start("server.hardening.connection.upgraded-idle-timeout=2500ms");
		this.secured = TestServer.startWithTls();
		this.http2 = TestServer.start("server.http2.enabled=true");
		this.patient = TestServer.start("server.hardening.connection.upgraded-idle-timeout=1m");
		this.server.warmUp();
		this.http2.warmUp();
	}

	// Where there are many buffers, to look at each takes long.
	@AfterEach
	void lookAtEachBuffer() {
		ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
	}

	@AfterAll
	void stop() {
		this.server.close();
		this.secured.close();
		this.http2.close();
		this.patient.close();
		ResourceLeakDetector.setLevel(this.level);
	}

	// A frame of a client whose mask changes nothing.
	private static String frame(int opcode, String text) {
		return (char) (0x80 | opcode) + "" + (char) (0x80 | text.length()) + "\0\0\0\0" + text;
	}

	private static String text(String text) {
		return frame(1, text);
	}

	private static void hears(RawClient client, String text) {
		String frame = "\u0081" + (char) text.length() + text;
		assertThat(new String(client.bytes(frame.length()), StandardCharsets.ISO_8859_1)).isEqualTo(frame);
	}

	@Test
	void framesInThePacketOfTheUpgradeAreHeard() {
		for (TestServer server : new TestServer[] { this.server, this.http2 }) {
			try (RawClient client = server.connect()) {
				client.write(ASK + text("a") + text("b")).write(text("c"));
				assertThat(client.header("upgrade")).isEqualTo("websocket");
				hears(client, "echo a");
				hears(client, "echo b");
				hears(client, "echo c");
				client.write(text("d"));
				hears(client, "echo d");
			}
		}
		try (RawClient client = this.secured.connectWithTls("http/1.1")) {
			client.write(ASK + text("a")).write(text("b")).write(text("c"));
			assertThat(client.header("upgrade")).isEqualTo("websocket");
			hears(client, "echo a");
			hears(client, "echo b");
			hears(client, "echo c");
		}
	}

	@Test
	void whatCameAfterADeclinedUpgradeIsAnsweredInOrder() {
		try (RawClient client = this.server.connect()) {
			client.write(String.join("\r\n", "GET /slow?ms=50 HTTP/1.1", "Host: test", "", "GET /fast HTTP/1.1",
					"Host: test", "Connection: Upgrade", "Upgrade: other", "", "GET /slow?ms=300 HTTP/1.1",
					"Host: test", "", "GET /fast HTTP/1.1", "Host: test", "", ""));
			assertThat(client.response().body()).isEqualTo("slow");
			assertThat(client.response().body()).isEqualTo("fast");
			assertThat(client.response().body()).isEqualTo("slow");
			assertThat(client.response().body()).isEqualTo("fast");
		}
	}

	@Test
	void aClientThatLeavesWhileItIsUpgradedLeaksNothing(CapturedOutput output) {
		int before = output.getAll().length();
		for (int i = 0; i < 100; i++) {
			RawClient webSocket = this.server.connect();
			webSocket.write(ASK + text("a")).reset();
			RawClient http2 = this.http2.connect();
			http2.write("GET /never HTTP/1.1\r\nHost: test\r\n" + H2C + "HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n")
				.reset();
		}
		await().until(() -> this.server.ticked() == 0 && this.http2.ticked() == 0);
		await().untilAsserted(() -> {
			System.gc();
			assertThat(this.server.get("/fast").status()).isEqualTo(200);
			assertThat(output.getAll().substring(before)).doesNotContain("LEAK", "Exception");
		});
	}

	@Test
	void framesInThePacketOfTheUpgradeLeakNothing(CapturedOutput output) {
		int before = output.getAll().length();
		for (int i = 0; i < 200; i++) {
			try (RawClient client = this.server.connect()) {
				client.write(ASK + text("a"));
				client.header("upgrade");
			}
		}
		await().atMost(Duration.ofSeconds(10))
			.untilAsserted(() -> assertThat(this.server.connections().count(ConnectionState.UPGRADED)).isZero());
		System.gc();
		try (RawClient client = this.server.connect()) {
			client.write(ASK + text("a"));
			assertThat(client.header("upgrade")).isEqualTo("websocket");
			hears(client, "echo a");
		}
		assertThat(output.getAll().substring(before)).doesNotContain("LEAK");
	}

	@Test
	void anUpgradeWaitsForItsTurn() {
		try (RawClient client = this.server.connect()) {
			client.write("GET /slow?ms=50 HTTP/1.1\r\nHost: test\r\n\r\n" + ASK + text("a"));
			assertThat(client.response().body()).isEqualTo("slow");
			assertThat(client.header("upgrade")).isEqualTo("websocket");
			hears(client, "echo a");
		}
	}

	@Test
	void whatFollowsADeclinedUpgradeIsServed() {
		String ask = ASK.replace("/echo", "/slow?ms=50");
		for (TestServer server : new TestServer[] { this.server, this.http2 }) {
			try (RawClient client = server.connect()) {
				client.write(ask + "GET /fast HTTP/1.1\r\nHost: test\r\n\r\n" + ask).write(ask);
				assertThat(client.response().body()).isEqualTo("slow");
				assertThat(client.response().body()).isEqualTo("fast");
				assertThat(client.response().body()).isEqualTo("slow");
				assertThat(client.response().body()).isEqualTo("slow");
				assertThat(client.send("GET", "/fast").response().body()).isEqualTo("fast");
			}
		}
	}

	@Test
	void theBodyOfADeclinedUpgradeIsReadAndAnsweredInItsTurn() {
		String post = "POST /upload HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: %s\r\n%s\r\n";
		for (TestServer server : new TestServer[] { this.server, this.http2 }) {
			try (RawClient client = server.connect()) {
				client.write("GET /slow?ms=50 HTTP/1.1\r\nHost: test\r\n\r\n"
						+ post.formatted("foo", "Content-Length: 5\r\n") + "hello"
						+ post.formatted("foo", "Transfer-Encoding: chunked\r\n") + "3\r\nabc\r\n0\r\n\r\n"
						+ post.formatted("h2c", "HTTP2-Settings: AAMAAABk\r\nContent-Length: 5\r\n") + "hello");
				assertThat(client.response().body()).isEqualTo("slow");
				assertThat(client.response().body()).isEqualTo("received 5");
				assertThat(client.response().body()).isEqualTo("received 3");
				assertThat(client.response().body()).isEqualTo("received 5");
				assertThat(client.send("GET", "/fast").response().body()).isEqualTo("fast");
			}
		}
	}

	@Test
	void theConnectionGoesOnWhenADeclinedUpgradeIsAnsweredBeforeItsBodyHasCome() {
		String post = String.join("\r\n", "POST /fast-without-body HTTP/1.1", "Host: test", "Connection: Upgrade",
				"Upgrade: h2c", "Content-Length: 5", "", "");
		String get = "GET /fast HTTP/1.1\r\nHost: test\r\n\r\n";
		for (TestServer server : new TestServer[] { this.server, this.http2 }) {
			try (RawClient client = server.connect()) {
				assertThat(client.write(post).response().body()).isEqualTo("early");
				assertThat(client.write("hello" + get).response().body()).isEqualTo("fast");
				assertThat(client.write(post).response().body()).isEqualTo("early");
				client.write("hello");
				assertThat(client.write(get).response().body()).isEqualTo("fast");
			}
		}
	}

	@Test
	void aClientThatLeavesIsNoticedAlthoughItAskedForAnUpgrade() {
		try (TestServer nio = TestServer.start("test.transport=nio")) {
			for (TestServer server : new TestServer[] { this.server, nio }) {
				long cancelled = server.activity("default").count(Ending.CANCELLED);
				try (RawClient client = server.connect()) {
					client.send("GET", "/never", "Connection: Upgrade", "Upgrade: h2c");
					server.awaitState(ConnectionState.HANDLING, 1);
				}
				server.awaitCount("default", Ending.CANCELLED, cancelled + 1);
			}
		}
	}

	@Test
	void aDeclinedUpgradeToHttp2BehindAnAnswerThatIsNotTakenLeaksNothing(CapturedOutput output) {
		int before = output.getAll().length();
		String get = "GET /fast HTTP/1.1\r\nHost: test\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n";
		for (int i = 0; i < 50; i++) {
			RawClient client = this.http2.connect(4096);
			client.write("GET /whole?size=8000000 HTTP/1.1\r\nHost: test\r\n\r\n");
			client.header("content-length");
			client.write(get);
			this.http2.awaitState(ConnectionState.HANDLING, 1);
			client.reset();
			this.http2.awaitState(ConnectionState.HANDLING, 0);
		}
		System.gc();
		assertThat(this.http2.get("/fast").status()).isEqualTo(200);
		assertThat(output.getAll().substring(before)).doesNotContain("LEAK");
	}

	@Test
	void anUpgradeToHttp2BehindAnotherRequestIsDeclined() {
		try (RawClient client = this.http2.connect()) {
			client.write("GET /slow?ms=50 HTTP/1.1\r\nHost: test\r\n\r\nGET /fast HTTP/1.1\r\nHost: test\r\n" + H2C
					+ "HTTP2-Settings: AAMAAABk\r\n\r\n");
			assertThat(client.response().body()).isEqualTo("slow");
			assertThat(client.response().body()).isEqualTo("fast");
		}
		try (RawClient client = this.http2.connect()) {
			client.write("GET /fast HTTP/1.1\r\nHost: test\r\n" + H2C + "HTTP2-Settings: AAMAAABk\r\n\r\n");
			assertThat(client.header("upgrade")).isEqualTo("h2c");
		}
	}

	@Test
	void badSettingsAreTheClientsErrorAndNoLineEach(CapturedOutput output) {
		int before = output.getAll().length();
		long malformed = this.http2.connections().closedCount(CloseReason.MALFORMED);
		String[] bad = { "!!!", "AAM", "AAMAAAB", "AAIAAAAC", "AAT_____", "AAUAAAAB" };
		for (int i = 0; i < 20; i++) {
			for (String settings : bad) {
				try (RawClient client = this.http2.connect()) {
					client.write(
							"GET /fast HTTP/1.1\r\nHost: test\r\n" + H2C + "HTTP2-Settings: " + settings + "\r\n\r\n");
					assertThat(client.end().received()).as(settings).startsWith("HTTP/1.1 400 ");
				}
			}
		}
		this.http2.awaitClosed(CloseReason.MALFORMED, malformed + 20L * bad.length);
		assertThat(this.http2.connections().malformed()).containsKey("http2-settings");
		assertThat(output.getAll().substring(before)).doesNotContain("Error during upgrade");
	}

	@Test
	void aHandshakeThatIsNoneIsTheClientsError(CapturedOutput output) {
		int before = output.getAll().length();
		String version = "Sec-WebSocket-Version: 13";
		for (int i = 0; i < 20; i++) {
			refuses(ASK.replace(version, "X-A: b"), "HTTP/1.1 426 ", "sec-websocket-version: 13");
			refuses(ASK.replace(version, "Sec-WebSocket-Version: 99"), "HTTP/1.1 426 ", "sec-websocket-version: 13");
			refuses(ASK.replace(version, version + "\r\nContent-Length: 3") + "abc", "HTTP/1.1 400 ", "");
			refuses(ASK.replace(version, version + "\r\nSec-WebSocket-Key1: 3"), "HTTP/1.1 400 ", "");
		}
		assertThat(output.getAll().substring(before)).doesNotContain("ERROR");
	}

	private void refuses(String request, String status, String header) {
		try (RawClient client = this.server.connect()) {
			assertThat(client.write(request).end().received()).startsWith(status).contains(header);
		}
	}

	@Test
	void framesThatAreNoneEndTheWebSocketAndAreNoLineEach(CapturedOutput output) {
		int before = output.getAll().length();
		long malformed = this.server.connections().closedCount(CloseReason.MALFORMED);
		String tooLong = "\u0082\u00ff\0\0\0\0\0\u0010\0\0\0\0\0\0";
		String[] bad = { "\u0081\u0001a", "\u0083\u0080\0\0\0\0", "\u0009\u0080\0\0\0\0", tooLong };
		for (int i = 0; i < 10; i++) {
			for (String frame : bad) {
				try (RawClient client = this.server.connect()) {
					client.write(ASK + frame);
					client.end();
				}
			}
		}
		this.server.awaitClosed(CloseReason.MALFORMED, malformed + 10L * bad.length);
		assertThat(this.server.connections().malformed()).containsEntry("websocket-frame-size", 10L)
			.containsEntry("websocket-frame", 30L);
		assertThat(output.getAll().substring(before)).doesNotContain("ERROR").doesNotContain("LEAK");
	}

	@Test
	void aWebSocketThatSaysGoodbyeIsComplete() {
		long before = this.server.connections().closedCount(CloseReason.COMPLETE);
		try (RawClient client = this.server.connect()) {
			assertThat(client.write(ASK + frame(8, "")).end().received()).startsWith("HTTP/1.1 101");
		}
		this.server.awaitClosed(CloseReason.COMPLETE, before + 1);
	}

	@Test
	void aWebSocketWhoseHandlerFailsIsNotItsClientsFault() {
		long malformed = this.server.connections().closedCount(CloseReason.MALFORMED);
		long complete = this.server.connections().closedCount(CloseReason.COMPLETE);
		try (RawClient client = this.server.connect()) {
			// Reactor Netty tells the client of a protocol error.
			assertThat(client.write(ASK.replace("/echo", "/failing")).end().received()).contains("Protocol error");
		}
		this.server.awaitClosed(CloseReason.COMPLETE, complete + 1);
		assertThat(this.server.connections().closedCount(CloseReason.MALFORMED)).isEqualTo(malformed);
	}

	@Test
	void aClientThatAsksForPongsAndDoesNotReadThemIsCut() {
		ResourceLeakDetector.setLevel(this.level);
		long before = this.server.connections().closedCount(CloseReason.SLOW_READER);
		long read = this.server.connections().bytesRead();
		try (RawClient client = this.server.connect(4096)) {
			client.write(ASK);
			client.header("upgrade");
			String pings = frame(9, "p".repeat(125)).repeat(1000);
			for (int i = 0; i < 400; i++) {
				client.write(pings);
			}
		}
		catch (UncheckedIOException ex) {
			// Cut in the midst of it.
		}
		this.server.awaitClosed(CloseReason.SLOW_READER, before + 1);
		assertThat(this.server.connections().bytesRead() - read).isLessThan(5_000_000);
	}

	@Test
	void pingsDoNotHaveMessagesReadThatNobodyAsksFor() throws InterruptedException {
		String message = "\u0082\u00fe" + (char) 0x1f + (char) 0x40 + "\0\0\0\0" + "m".repeat(8000);
		isNotReadOn("/quiet", "", "", frame(9, "a") + message);
	}

	@Test
	void neitherDoTheyHaveEmptyOnesRead() throws InterruptedException {
		isNotReadOn("/quiet", "", "", frame(9, "a") + text("").repeat(1000));
	}

	@Test
	void neitherDoAnswersToPingsOfTheServers() throws InterruptedException {
		isNotReadOn("/quiet", "", "", frame(10, "server-hardening") + text("m".repeat(100)).repeat(10));
	}

	// What is echoed is not taken, and a message is to be put together.
	@Test
	void neitherDoesAMessageThatHasNoEnd() throws InterruptedException {
		isNotReadOn("/echo", "", "\u0001\u0081\0\0\0\0a", frame(10, "p".repeat(100)));
	}

	@Test
	void framesInThePacketOfTheUpgradeAreReadAsTheyAreAskedFor() throws InterruptedException {
		isNotReadOn("/echo", text("").repeat(10_000), "", text("m".repeat(100)));
	}

	private void isNotReadOn(String path, String along, String first, String more) throws InterruptedException {
		try (RawClient client = this.patient.connect(4096)) {
			ResourceLeakDetector.setLevel(this.level);
			// So that the server takes much at once.
			client.write("POST /upload HTTP/1.1\r\nHost: test\r\nContent-Length: 1000000\r\n\r\n")
				.write(new byte[1_000_000])
				.response();
			client.write(ASK.replace("/echo", path) + along);
			client.header("upgrade");
			client.write(first);
			long before = this.patient.connections().bytesRead();
			long written = this.patient.connections().bytesWritten();
			String often = more.repeat(800_000 / more.length());
			Thread writer = new Thread(() -> {
				try {
					for (int i = 0; i < 20; i++) {
						client.write(often);
					}
				}
				catch (UncheckedIOException ex) {
					// The client leaves.
				}
			});
			writer.start();
			Pause.millis(1500);
			long kept = this.patient.connections().bytesRead() - before - this.patient.connections().bytesWritten()
					+ written;
			// What is echoed has gone into the kernel, which takes some MB; what is kept
			// is
			// a read, and what TCP's parts leave of others.
			assertThat(kept).as("bytes kept").isLessThan(300_000);
			client.reset();
			writer.join();
		}
	}

	@Test
	void aSilentWebSocketIsAskedAndThenClosed() {
		long before = this.server.connections().closedCount(CloseReason.UPGRADED_IDLE_TIMEOUT);
		for (String said : new String[] { "", text("a").substring(0, 4) }) {
			try (RawClient client = this.server.connect()) {
				long start = System.nanoTime();
				client.write(ASK + said);
				client.header("upgrade");
				assertThat(client.end().received()).contains("server-hardening");
				assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(2500));
			}
		}
		this.server.awaitClosed(CloseReason.UPGRADED_IDLE_TIMEOUT, before + 2);
	}

	@Test
	void aWebSocketThatAnswersStaysAndItsApplicationHearsNothingOfIt() {
		try (RawClient client = this.server.connect()) {
			client.write(ASK);
			client.header("upgrade");
			for (int i = 0; i < 5; i++) {
				assertThat(new String(client.bytes(PING.length()), StandardCharsets.ISO_8859_1)).isEqualTo(PING);
				client.write(frame(10, "server-hardening"));
			}
			client.write(text("a"));
			hears(client, "echo a");
		}
	}

	@Test
	void anEventStreamIsClosedWhenItIsSilentAndNotBefore() {
		long before = this.server.connections().closedCount(CloseReason.UPGRADED_IDLE_TIMEOUT);
		try (RawClient quiet = this.server.connect(); RawClient busy = this.server.connect()) {
			quiet.send("GET", "/events?everyMs=4500");
			busy.send("GET", "/events?everyMs=300");
			assertThat(quiet.end().received()).containsOnlyOnce(":beat");
			this.server.awaitClosed(CloseReason.UPGRADED_IDLE_TIMEOUT, before + 1);
			assertThat(busy.header("content-type")).startsWith("text/event-stream");
			assertThat(busy.take(100)).isEqualTo(100);
		}
	}

}
