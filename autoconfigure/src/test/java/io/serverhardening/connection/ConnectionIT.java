package io.serverhardening.connection;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

import io.serverhardening.connection.timeline.ConnectionState;
import io.serverhardening.internal.channel.CloseReason;
import io.serverhardening.testing.Pause;
import io.serverhardening.testing.RawClient;
import io.serverhardening.testing.RawClient.End;
import io.serverhardening.testing.RawClient.Response;
import io.serverhardening.testing.TestServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.netty.resources.LoopResources;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * The clocks of a connection on HTTP/1.1, short ones. They are exact to half a second
 * late; the upper bounds leave room for a busy machine.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ExtendWith(OutputCaptureExtension.class)
class ConnectionIT {

	private TestServer server;

	@BeforeAll
	void start() {
		this.server = TestServer.start("server.hardening.request.header-timeout=1s",
				"server.hardening.connection.idle-timeout=3s");
		this.server.warmUp();
	}

	@AfterAll
	void stop() {
		this.server.close();
	}

	private static Duration since(long start) {
		return Duration.ofNanos(System.nanoTime() - start);
	}

	private long closed(CloseReason reason) {
		return this.server.connections().closedCount(reason);
	}

	@Test
	void closesASilentConnectionWithoutAWord() {
		long before = closed(CloseReason.HEADER_TIMEOUT);
		long start = System.nanoTime();
		try (RawClient client = this.server.connect()) {
			assertThat(client.end()).isEqualTo(new End(false, ""));
		}
		assertThat(since(start)).isBetween(Duration.ofSeconds(1), Duration.ofSeconds(11));
		this.server.awaitClosed(CloseReason.HEADER_TIMEOUT, before + 1);
	}

	@Test
	void answers408WhenAHeadDrips() {
		try (RawClient client = this.server.connect()) {
			client.write("GET /fast HTTP/1.1\r\nHost: test\r\n");
			Duration alive = client.drip("X-A: b\r\n", Duration.ofMillis(50), Duration.ofSeconds(10));
			assertThat(alive).isBetween(Duration.ofMillis(950), Duration.ofSeconds(9));
			Response response = client.response();
			assertThat(response.status()).isEqualTo(408);
			assertThat(response.header("connection")).isEqualTo("close");
			assertThat(client.end()).isEqualTo(new End(false, ""));
		}
	}

	@Test
	void answers408ForALaterRequestOnAKeptConnection() {
		try (RawClient client = this.server.connect()) {
			assertThat(client.send("GET", "/fast").response().status()).isEqualTo(200);
			Pause.millis(1200);
			long start = System.nanoTime();
			client.write("GET /fa");
			assertThat(client.response().status()).isEqualTo(408);
			assertThat(since(start)).isBetween(Duration.ofSeconds(1), Duration.ofSeconds(11));
		}
	}

	@Test
	void answers408ForAHeadWhoseFirstBytesCameGluedToThePreviousRequest() {
		for (String glued : new String[] { "GET /fa", "GET /fast HTTP/1.1\r\n", "G" }) {
			try (RawClient client = this.server.connect()) {
				long start = System.nanoTime();
				client.write("GET /fast HTTP/1.1\r\nHost: test\r\n\r\n" + glued);
				assertThat(client.response().status()).isEqualTo(200);
				assertThat(client.response().status()).as(glued).isEqualTo(408);
				assertThat(since(start)).isBetween(Duration.ofSeconds(1), Duration.ofSeconds(11));
			}
		}
	}

	@Test
	void answers408ForAHeadThatBeganWhileAnAnswerWasAwaited() {
		try (RawClient client = this.server.connect()) {
			long start = System.nanoTime();
			client.send("GET", "/slow?ms=400");
			Pause.millis(100);
			client.write("GET /fa");
			assertThat(client.response().status()).isEqualTo(200);
			assertThat(client.response().status()).isEqualTo(408);
			assertThat(since(start)).isGreaterThan(Duration.ofSeconds(1));
		}
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void theClockOfTheNextHeadWaitsUntilTheAnswerIsTaken(boolean glued) {
		int size = 32 * 1024 * 1024;
		try (RawClient client = this.server.connect(32 * 1024)) {
			client.write("GET /whole?size=" + size + " HTTP/1.1\r\nHost: test\r\n\r\n" + (glued ? "GET /fa" : ""));
			client.header("content-length");
			if (!glued) {
				client.write("GET /fa");
			}
			int taken = 0;
			for (int i = 0; i < 6; i++) {
				Pause.millis(500);
				taken += client.take(128 * 1024);
			}
			assertThat(client.take(size - taken)).isEqualTo(size - taken);
			client.write("st HTTP/1.1\r\nHost: test\r\n\r\n");
			assertThat(client.response().status()).isEqualTo(200);
		}
	}

	@Test
	void aLastAnswerIsNotTakenBackFromWhoeverSendsOn() {
		try (RawClient client = this.server.connect()) {
			client.send("GET", "/slow?ms=400", "Connection: close");
			Pause.millis(100);
			client.write("GET /fast HTTP/1.1\r\nHost: test\r\n\r\n");
			assertThat(client.response().status()).isEqualTo(200);
			for (int i = 0; i < 3; i++) {
				client.write("GET /fast HTTP/1.1\r\nHost: test\r\n\r\n");
				Pause.millis(50);
			}
			assertThat(client.end()).isEqualTo(new End(false, ""));
		}
	}

	@Test
	void seesGluedBytesAlsoWhenTheHeadBeforeThemCameInPieces() {
		try (RawClient client = this.server.connect()) {
			client.write("GET /fast HT");
			Pause.millis(50);
			client.write("TP/1.1\r\nHost: te");
			Pause.millis(50);
			client.write("st\r\n\r\nPOST /upload HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\n\r\nabcGET /f");
			assertThat(client.response().status()).isEqualTo(200);
			assertThat(client.response().body()).isEqualTo("received 3");
			assertThat(client.response().status()).isEqualTo(408);
		}
	}

	@Test
	void takesBlankLinesBetweenRequestsForNone() {
		try (RawClient client = this.server.connect()) {
			assertThat(client.send("GET", "/fast").response().status()).isEqualTo(200);
			client.write("\r\n");
			Pause.millis(1600);
			assertThat(client.send("GET", "/fast").response().status()).isEqualTo(200);
		}
	}

	@Test
	void takesABlankLineThatComesWithABodyForNone() {
		String post = "POST /upload HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\n\r\nabc\r\n";
		try (RawClient client = this.server.connect(); RawClient early = this.server.connect()) {
			early.write(post.replace("/upload", "/fast-without-body").replace("abc\r\n", ""));
			assertThat(early.response().body()).isEqualTo("early");
			early.write("abc\r\n");
			assertThat(client.write(post).response().body()).isEqualTo("received 3");
			Pause.millis(1600);
			assertThat(client.send("GET", "/fast").response().status()).isEqualTo(200);
			assertThat(early.send("GET", "/fast").response().status()).isEqualTo(200);
		}
	}

	@Test
	void closesAnIdleConnectionWhichItAnnounced() {
		long before = closed(CloseReason.IDLE_TIMEOUT);
		try (RawClient client = this.server.connect()) {
			long start = System.nanoTime();
			Response response = client.send("GET", "/fast").response();
			assertThat(response.header("keep-alive")).isEqualTo("timeout=3");
			assertThat(client.end()).isEqualTo(new End(false, ""));
			assertThat(since(start)).isBetween(Duration.ofSeconds(3), Duration.ofSeconds(13));
		}
		this.server.awaitClosed(CloseReason.IDLE_TIMEOUT, before + 1);
	}

	@Test
	void aSlowHandlerIsNotIdle() {
		try (RawClient client = this.server.connect()) {
			assertThat(client.send("GET", "/slow?ms=3800").response().body()).isEqualTo("slow");
			assertThat(client.send("GET", "/fast").response().status()).isEqualTo(200);
		}
	}

	@Test
	void letsAnEarlyAnswerNotBeHeldByTheRestOfItsBody() {
		long before = closed(CloseReason.UNREAD_BODY);
		try (RawClient client = this.server.connect()) {
			long start = System.nanoTime();
			client.write("POST /fast-without-body HTTP/1.1\r\nHost: test\r\nContent-Length: 100000\r\n\r\nabc");
			assertThat(client.response().status()).isEqualTo(200);
			client.drip("d", Duration.ofMillis(100), Duration.ofSeconds(15));
			assertThat(since(start)).isBetween(Duration.ofMillis(4500), Duration.ofSeconds(14));
		}
		this.server.awaitClosed(CloseReason.UNREAD_BODY, before + 1);
	}

	@Test
	void keepsTheConnectionWhenTheRestOfTheBodyComesInTime() {
		try (RawClient client = this.server.connect()) {
			client.write("POST /fast-without-body HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\n\r\nabc");
			assertThat(client.response().status()).isEqualTo(200);
			Pause.millis(300);
			client.write("de");
			assertThat(client.send("GET", "/fast").response().body()).isEqualTo("fast");
		}
	}

	@Test
	void tellsStatesApart() {
		TestServer server = TestServer.start();
		try (RawClient silent = server.connect();
				RawClient head = server.connect();
				RawClient body = server.connect();
				RawClient handled = server.connect();
				RawClient idle = server.connect();
				RawClient upgraded = server.connect()) {
			silent.write("");
			head.write("GET /f");
			body.write("POST /upload HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nabc");
			handled.send("GET", "/never");
			idle.send("GET", "/fast").response();
			upgraded.send("GET", "/echo", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
					"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==");
			server.awaitState(ConnectionState.NEW, 1);
			server.awaitState(ConnectionState.HEAD, 1);
			server.awaitState(ConnectionState.BODY, 1);
			server.awaitState(ConnectionState.HANDLING, 1);
			server.awaitState(ConnectionState.IDLE, 1);
			server.awaitState(ConnectionState.UPGRADED, 1);
			assertThat(server.connections().openCount()).isEqualTo(6);
		}
		finally {
			server.close();
		}
	}

	@Test
	void anUpgradedConnectionHasNoIdleClock() {
		try (RawClient client = this.server.connect()) {
			client.send("GET", "/echo", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
					"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==");
			client.response();
			Pause.millis(3800);
			// A masked text frame, "a" with mask 0.
			client.write(new byte[] { (byte) 0x81, (byte) 0x81, 0, 0, 0, 0, 'a' });
			assertThat(client.take(8)).isEqualTo(8);
		}
	}

	@Test
	@EnabledOnOs(OS.LINUX)
	void asksTheKernelOfASilentClientWhetherItIsThere() {
		try (RawClient client = this.server.connect()) {
			assertThat(client.send("GET", "/fast").response().status()).isEqualTo(200);
			// Linux tells which timer an established socket has: 02 is that of keepalive.
			await().untilAsserted(() -> assertThat(established(this.server.port())).isNotEmpty()
				.allMatch((socket) -> socket.matches(".* 01 [0-9A-F]{8}:[0-9A-F]{8} 02:.*")));
		}
	}

	private static List<String> established(int port) throws IOException {
		Pattern socket = Pattern.compile(String.format("^ *[0-9]+: [0-9A-F]+:%04X [0-9A-F]+:[0-9A-F]{4} 01 ", port));
		List<String> sockets = new ArrayList<>();
		for (Path table : List.of(Path.of("/proc/net/tcp"), Path.of("/proc/net/tcp6"))) {
			if (Files.exists(table)) {
				Files.readAllLines(table).stream().filter(socket.asPredicate()).forEach(sockets::add);
			}
		}
		return sockets;
	}

	@Test
	void closesNewcomersBeyondTheCapAtOnce() {
		TestServer server = TestServer.start("server.hardening.connection.max-open=3");
		List<RawClient> clients = new ArrayList<>();
		try {
			for (int i = 0; i < 3; i++) {
				clients.add(server.connect());
				assertThat(clients.get(i).send("GET", "/fast").response().status()).isEqualTo(200);
			}
			long start = System.nanoTime();
			for (int i = 0; i < 5; i++) {
				try (RawClient refused = server.connect()) {
					assertThat(refused.end()).isEqualTo(new End(true, ""));
				}
			}
			assertThat(since(start)).isLessThan(Duration.ofSeconds(10));
			server.awaitClosed(CloseReason.MAX_OPEN, 5);
			assertThat(clients.get(0).send("GET", "/fast").response().status()).isEqualTo(200);
			clients.get(0).close();
			await().atMost(Duration.ofSeconds(5)).until(() -> answers(server));
		}
		finally {
			clients.forEach(RawClient::close);
			server.close();
		}
	}

	private static boolean answers(TestServer server) {
		try {
			return server.get("/fast").status() == 200;
		}
		catch (java.io.UncheckedIOException ex) {
			return false;
		}
	}

	@Test
	void capsTheConnectionsOfOneClientUnlessItIsATrustedProxy() {
		try (TestServer server = TestServer.start("server.hardening.connection.max-open-per-client=2");
				RawClient first = server.connect();
				RawClient second = server.connect();
				RawClient third = server.connect()) {
			assertThat(third.end().reset()).isTrue();
			assertThat(first.send("GET", "/fast").response().status()).isEqualTo(200);
			assertThat(second.send("GET", "/fast").response().status()).isEqualTo(200);
			server.awaitClosed(CloseReason.MAX_OPEN_PER_CLIENT, 1);
		}
		try (TestServer server = TestServer.start("server.hardening.connection.max-open-per-client=1",
				"server.hardening.client.trusted-proxies=127.0.0.0/8"); RawClient first = server.connect()) {
			first.send("GET", "/fast").response();
			assertThat(server.get("/fast").status()).isEqualTo(200);
		}
	}

	@Test
	void observesACap() {
		try (TestServer server = TestServer.start("server.hardening.connection.max-open=1",
				"server.hardening.mode=observe"); RawClient first = server.connect()) {
			first.send("GET", "/fast").response();
			assertThat(server.get("/fast").status()).isEqualTo(200);
			assertThat(server.connections().observedCount(CloseReason.MAX_OPEN)).isEqualTo(1);
			assertThat(server.connections().closedCount(CloseReason.MAX_OPEN)).isZero();
		}
	}

	@Test
	void endsAConnectionAfterSoManyRequests() {
		try (TestServer server = TestServer.start("test.clock-speed=10", "server.hardening.connection.max-requests=2");
				RawClient client = server.connect()) {
			assertThat(client.send("GET", "/fast").response().header("connection")).isNull();
			Response last = client.send("GET", "/fast").response();
			assertThat(last.header("connection")).isEqualTo("close");
			assertThat(last.header("keep-alive")).isNull();
			assertThat(client.end()).isEqualTo(new End(false, ""));
			server.awaitClosed(CloseReason.COMPLETE, 1);
		}
	}

	@Test
	void hintsAtAnIdleClockThatIsTooShortForAProxy(CapturedOutput output) {
		try (TestServer server = TestServer.start("server.hardening.connection.idle-timeout=30s",
				"server.hardening.client.trusted-proxies=10.0.0.0/8")) {
			assertThat(server.get("/fast").status()).isEqualTo(200);
			assertThat(output).contains("server.hardening.connection.idle-timeout (30s) is shorter than the 60 s");
		}
	}

	@Test
	void readsNoFurtherThanThePipelinedRequestsThatItTakes() {
		try (RawClient client = this.server.connect()) {
			String requests = "GET /slow?ms=1500 HTTP/1.1\r\nHost: test\r\n\r\n"
					+ "GET /fast HTTP/1.1\r\nHost: test\r\n\r\n".repeat(100);
			client.write(requests);
			assertThat(client.response().body()).isEqualTo("slow");
			for (int i = 0; i < 100; i++) {
				assertThat(client.response().body()).isEqualTo("fast");
			}
			assertThat(client.send("GET", "/fast").response().status()).isEqualTo(200);
		}
	}

	@Test
	void holdsAFloodOfPipelinedRequestsInTheSocket() throws InterruptedException {
		try (RawClient client = this.server.connect()) {
			client.send("GET", "/slow?ms=15000");
			long before = this.server.connections().bytesRead();
			byte[] flood = "GET /fast HTTP/1.1\r\nHost: test\r\n\r\n".repeat(10_000)
				.getBytes(java.nio.charset.StandardCharsets.US_ASCII);
			Thread writer = new Thread(() -> {
				try {
					for (int i = 0; i < 100; i++) {
						client.write(flood);
					}
				}
				catch (java.io.UncheckedIOException ex) {
					// The client leaves.
				}
			});
			writer.start();
			Pause.millis(1500);
			assertThat(this.server.connections().bytesRead() - before).isLessThan(4_000_000);
			assertThat(this.server.get("/fast").status()).isEqualTo(200);
			client.reset();
			writer.join(5000);
		}
	}

	@Test
	void holdsTheBodiesOfPipelinedRequestsInTheSocketToo() {
		try (RawClient client = this.server.connect()) {
			client.send("GET", "/slow?ms=1500");
			int size = 300_000;
			client.write("POST /upload HTTP/1.1\r\nHost: test\r\nContent-Length: " + size + "\r\n\r\n");
			client.write("x".repeat(size));
			client.send("GET", "/fast");
			assertThat(client.response().body()).isEqualTo("slow");
			assertThat(client.response().body()).isEqualTo("received " + size);
			assertThat(client.response().body()).isEqualTo("fast");
		}
	}

	@Test
	void holdsABodyBehindAnAnswerThatIsNotTaken() throws InterruptedException {
		try (RawClient client = this.server.connect(4096)) {
			int answer = 12_000_000;
			int size = 1_800_000;
			client.send("GET", "/whole?size=" + answer);
			assertThat(client.header("content-length")).isEqualTo(Integer.toString(answer));
			long before = this.server.connections().bytesRead();
			client.write("POST /upload HTTP/1.1\r\nHost: test\r\nContent-Length: " + size + "\r\n\r\n");
			Thread writer = new Thread(() -> client.write(new byte[size]));
			writer.start();
			Pause.millis(500);
			assertThat(this.server.connections().bytesRead() - before).isLessThan(600_000);
			assertThat(client.take(answer)).isEqualTo(answer);
			writer.join();
			assertThat(client.response().body()).isEqualTo("received " + size);
			assertThat(client.send("GET", "/fast").response().body()).isEqualTo("fast");
		}
	}

	@Test
	void holdsABodyOfManySmallPiecesBefore() throws InterruptedException {
		try (RawClient client = this.server.connect()) {
			client.send("GET", "/slow?ms=3500");
			long before = this.server.connections().bytesRead();
			client.write("POST /upload HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n");
			int size = 150_000;
			Thread writer = new Thread(() -> client.write("1\r\na\r\n".repeat(size) + "0\r\n\r\n"));
			writer.start();
			Pause.millis(700);
			assertThat(this.server.connections().bytesRead() - before).isLessThan(250_000);
			assertThat(client.response().body()).isEqualTo("slow");
			assertThat(client.response().body()).isEqualTo("received " + size);
			writer.join();
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "GET /slow?ms=300 HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n",
			"GET /slow?ms=300 HTTP/1.1\r\nHost: test\r\n\r\n" })
	void readsABodyThatWasHeldNoFasterThanItsHandler(String first) throws InterruptedException {
		try (RawClient client = this.server.connect()) {
			int size = 1_800_000;
			long before = this.server.connections().bytesRead();
			client.write(
					first + "POST /reads-late?ms=3500 HTTP/1.1\r\nHost: test\r\nContent-Length: " + size + "\r\n\r\n");
			Thread writer = new Thread(() -> client.write(new byte[size]));
			writer.start();
			assertThat(client.response().body()).isEqualTo("slow");
			Pause.millis(500);
			assertThat(this.server.connections().bytesRead() - before).isLessThan(600_000);
			assertThat(client.response().body()).isEqualTo("received " + size);
			writer.join();
			assertThat(client.send("GET", "/fast").response().body()).isEqualTo("fast");
		}
	}

	// Reactor Netty 1.2.18 by itself stops reading after some dozens of these.
	@Test
	void hearsEachRequestThatFollowsAnAnswerFromAnotherThread() {
		try (RawClient client = this.server.connect()) {
			for (int i = 0; i < 120; i++) {
				assertThat(client.send("GET", "/slow?ms=1").response().body()).isEqualTo("slow");
				assertThat(client.send("GET", "/fast").response().body()).isEqualTo("fast");
			}
		}
	}

	// With the loops blocked the clock looks just between the answer, which another
	// thread
	// has given, and the request that is held behind it.
	@Test
	void hearsWhatFollowsARequestThatWasHeldWhileTheLoopWasBlocked() {
		for (int i = 0; i < 3; i++) {
			List<RawClient> blocking = new ArrayList<>();
			int subscribed = this.server.handlers().subscribed();
			try (RawClient client = this.server.connect()) {
				client.write(String.join("\r\n", "GET /slow?ms=1000&times=100000 HTTP/1.1", "Host: test",
						"Connection: upgrade", "Upgrade: other", "", "POST /fast-without-body HTTP/1.1", "Host: test",
						"Transfer-Encoding: chunked", "", "3", "abc", "0", "", ""));
				await().until(() -> this.server.handlers().subscribed() > subscribed);
				for (int loop = 0; loop < 2 * LoopResources.DEFAULT_IO_WORKER_COUNT; loop++) {
					blocking.add(this.server.connect().send("GET", "/blocks?ms=800"));
				}
				assertThat(client.response().body()).hasSize(400_000);
				assertThat(client.response().status()).isEqualTo(200);
				assertThat(client.send("GET", "/fast").response().body()).isEqualTo("fast");
			}
			finally {
				blocking.forEach(RawClient::close);
			}
		}
	}

}
