package io.serverhardening.connection;

import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

import io.netty.buffer.PoolArenaMetric;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import io.serverhardening.internal.time.LoopClocks;
import io.serverhardening.testing.RawClient;
import io.serverhardening.testing.RawHttp2;
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
 * Every state in which a client can leave an HTTP/2 connection or one of its streams: it
 * ends by itself, and nothing is left of it.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ExtendWith(OutputCaptureExtension.class)
class Http2StatesIT {

	private static final int HEADERS = RawHttp2.HEADERS;

	private static final int END = RawHttp2.END_HEADERS | RawHttp2.END_STREAM;

	private static final int CONTINUES = RawHttp2.END_HEADERS;

	/** Longer than all clocks of the server together. */
	private static final Duration ALL_CLOCKS = Duration.ofSeconds(60);

	private static final Map<String, Consumer<RawHttp2>> STREAMS = streams();

	private static final Map<String, Consumer<RawHttp2>> CONNECTIONS = connections();

	private TestServer server;

	private ResourceLeakDetector.Level level;

	private static Map<String, Consumer<RawHttp2>> streams() {
		Map<String, Consumer<RawHttp2>> states = new LinkedHashMap<>();
		states.put("an empty block", (client) -> client.frame(HEADERS, END, 1, new byte[0]));
		states.put("an empty block, and more to come", (client) -> client.frame(HEADERS, CONTINUES, 1, new byte[0]));
		states.put("no method", (client) -> client.headers(1, ":scheme", "http", ":path", "/fast", ":authority", "x"));
		states.put("no path", (client) -> client.headers(1, ":method", "GET", ":scheme", "http", ":authority", "x"));
		states.put("no authority for CONNECT", (client) -> client.headers(1, ":method", "CONNECT"));
		states.put("an authority without a number", (client) -> client.frame(HEADERS, CONTINUES, 1,
				RawHttp2.block(":method", "GET", ":scheme", "http", ":path", "/fast", ":authority", "x:ab")));
		states.put("a value that is none", (client) -> client.frame(HEADERS, CONTINUES, 1, RawHttp2.block(":method",
				"POST", ":scheme", "http", ":path", "/upload", ":authority", "x", "a", "b\nc")));
		states.put("a name that is none", (client) -> client.frame(HEADERS, CONTINUES, 1, RawHttp2.block(":method",
				"POST", ":scheme", "http", ":path", "/upload", ":authority", "x", "a b", "c")));
		states.put("a body that never begins", (client) -> client.request(1, "POST", "/upload", true));
		states.put("a body of no bytes that never ends",
				(client) -> client.frame(HEADERS, CONTINUES, 1, RawHttp2.block(":method", "POST", ":scheme", "http",
						":path", "/upload", ":authority", "x", "content-length", "0")));
		states.put(
				"the same, with an empty frame", (
						client) -> client
							.frame(HEADERS, CONTINUES, 1,
									RawHttp2.block(":method", "POST", ":scheme", "http", ":path", "/upload",
											":authority", "x", "content-length", "0"))
							.data(1, 0, false));
		states.put(
				"a body that stops", (
						client) -> client
							.frame(HEADERS, CONTINUES, 1,
									RawHttp2.block(":method", "POST", ":scheme", "http", ":path", "/upload",
											":authority", "x", "content-length", "10"))
							.data(1, 5, false));
		states.put(
				"a body longer than it says", (
						client) -> client
							.frame(HEADERS, CONTINUES, 1,
									RawHttp2.block(":method", "POST", ":scheme", "http", ":path", "/upload",
											":authority", "x", "content-length", "3"))
							.data(1, 5, false));
		states.put("trailers that do not end", (client) -> client.request(1, "POST", "/upload", true)
			.frame(HEADERS, CONTINUES, 1, RawHttp2.block("a", "b")));
		states.put("trailers with a path", (client) -> client.request(1, "POST", "/upload", true)
			.frame(HEADERS, END, 1, RawHttp2.block(":path", "/fast")));
		states.put("trailers that are none", (client) -> client.request(1, "POST", "/upload", true)
			.frame(HEADERS, END, 1, RawHttp2.block("a b", "c")));
		states.put("answered, and never ended by its client", (client) -> client.request(1, "GET", "/fast", true));
		states.put("answered, and its body trickled to an end that does not come",
				(client) -> client.request(1, "POST", "/fast-without-body", true).data(1, 1, false));
		states.put("with a handler that never answers", (client) -> client.request(1, "GET", "/never", false));
		states.put("with a handler that ignores its body",
				(client) -> client.request(1, "POST", "/ignores-body", true));
		states.put("reset by its client", (client) -> client.request(1, "GET", "/never", false).reset(1));
		states.put("upload reset by its client",
				(client) -> client.request(1, "POST", "/upload", true).data(1, 5, false).reset(1));
		states.put("not read, its window closed",
				(client) -> client.setting(4, 0).window(0, 1 << 20).request(1, "GET", "/whole?size=100000", false));
		states.put("read a byte, its window opened by one",
				(client) -> client.setting(4, 0).request(1, "GET", "/whole?size=100000", false).window(1, 1));
		states.put("broken by a window of nothing", (client) -> client.request(1, "GET", "/never", false).window(1, 0));
		states.put("broken by a window beyond measure",
				(client) -> client.request(1, "GET", "/never", false).window(1, Integer.MAX_VALUE));
		states.put("broken by data after its end",
				(client) -> client.request(1, "GET", "/never", false).data(1, 5, false));
		states.put("broken by a short PRIORITY",
				(client) -> client.request(1, "GET", "/never", false).frame(RawHttp2.PRIORITY, 0, 1, new byte[4]));
		return states;
	}

	private static Map<String, Consumer<RawHttp2>> connections() {
		Map<String, Consumer<RawHttp2>> states = new LinkedHashMap<>();
		byte[] block = RawHttp2.headers("GET", "/fast");
		states.put("no stream", (client) -> {
		});
		states.put("half a head of a frame", (client) -> client.client().write(new byte[] { 0, 0, 5 }));
		states.put("half a frame",
				(client) -> client.client().write(new byte[] { 0, 0, 8, RawHttp2.PING, 0, 0, 0, 0, 0, 1 }));
		states.put("half a block", (client) -> client.frame(HEADERS, 0, 1, block));
		states.put("half a block after a request",
				(client) -> client.request(1, "GET", "/fast", false).frame(HEADERS, 0, 3, block));
		states.put("half a block beside an event stream",
				(client) -> client.request(1, "GET", "/events?everyMs=100000", false).frame(HEADERS, 0, 3, block));
		states.put("half a frame of a body",
				(client) -> client.request(1, "POST", "/upload", true)
					.client()
					.write(new byte[] { 0, 0, 8, RawHttp2.DATA, 0, 0, 0, 0, 1, 1 }));
		states.put("no window for all its streams", (client) -> {
			for (int i = 1; i < 20; i += 2) {
				client.request(i, "GET", "/whole?size=60000", false);
			}
		});
		states.put("goodbye said by the client",
				(client) -> client.request(1, "GET", "/fast", true).frame(RawHttp2.GOAWAY, 0, 0, new byte[8]));
		states.put("broken by its client",
				(client) -> client.request(1, "GET", "/never", false).frame(RawHttp2.PING, 0, 0, new byte[5]));
		states.put("broken by a block that is none", (client) -> client.request(1, "GET", "/never", false)
			.frame(HEADERS, END, 3, new byte[] { (byte) 0xff }));
		states.put("broken by settings", (client) -> client.setting(4, -1));
		states.put("a hundred streams that are none", (client) -> {
			for (int i = 1; i < 200; i += 2) {
				client.frame(HEADERS, CONTINUES, i, new byte[0]);
			}
		});
		return states;
	}

	private static Map<String, Consumer<RawHttp2>> unread() {
		Map<String, Consumer<RawHttp2>> states = new LinkedHashMap<>();
		states.put("PINGs", (client) -> client.frames(4900, RawHttp2.PING, 0, 0, new byte[8]));
		states.put("SETTINGS", (client) -> client.frames(4900, RawHttp2.SETTINGS, 0, 0, new byte[0]));
		states.put("PINGs beside a stream", (client) -> client.request(1, "GET", "/events?everyMs=100000", false)
			.frames(4900, RawHttp2.PING, 0, 0, new byte[8]));
		states.put("PINGs without end", (client) -> client.frames(200_000, RawHttp2.PING, 0, 0, new byte[8]));
		states.put("answers", (client) -> {
			client.window(0, 1 << 24).setting(4, 1 << 24);
			for (int i = 1; i < 20; i += 2) {
				client.request(i, "GET", "/whole?size=1000000", false);
			}
		});
		states.put("resets, and what was reset goes on", (client) -> {
			client.window(0, 1 << 24).setting(4, 1 << 24).request(1, "GET", "/whole?size=10000000", false);
			client.await(HEADERS, 1);
			client.frame(HEADERS, CONTINUES, 3, new byte[0]).frames(2000, RawHttp2.DATA, 0, 3, new byte[0]);
		});
		states.put("answers that are only heads", (client) -> {
			for (int i = 1; i < 4000; i += 2) {
				client.headers(i, ":method", "HEAD", ":scheme", "http", ":path", "/fast", ":authority", "x");
			}
		});
		return states;
	}

	@BeforeAll
	void start() {
		this.level = ResourceLeakDetector.getLevel();
		this.server = TestServer.start("test.clock-speed=5", "server.http2.enabled=true",
				"server.hardening.request.header-timeout=2s", "server.hardening.connection.idle-timeout=6s",
				"server.hardening.request.rate-grace=1s", "server.hardening.response.timeout=2s",
				"server.hardening.response.write-timeout=2s", "server.hardening.response.rate-grace=1s",
				"server.hardening.response.min-rate=100KB", "server.hardening.concurrency.enabled=true",
				"server.hardening.concurrency.max-requests=500", "server.hardening.concurrency.reserve=none");
		this.server.warmUp();
	}

	// Where there are many buffers, to look at each takes longer than all clocks.
	@AfterEach
	void lookAtFewBuffers() {
		ResourceLeakDetector.setLevel(this.level);
	}

	@AfterAll
	void stop() {
		this.server.close();
	}

	private void nothingIsLeft(Map<String, RawHttp2> clients) {
		try {
			await().atMost(ALL_CLOCKS).until(() -> this.server.connections().openCount() == 0);
		}
		finally {
			List<String> open = new ArrayList<>();
			clients.forEach((state, client) -> {
				if (!client.client().isEnded(Duration.ofMillis(100))) {
					open.add(state);
				}
			});
			assertThat(open).as("still open, " + this.server.connections().countByState()).isEmpty();
			clients.values().forEach(RawHttp2::close);
		}
		this.server.awaitQuiet();
		await().untilAsserted(() -> assertThat(this.server.placesTaken()).as("places taken").isZero());
		await().untilAsserted(() -> assertThat(this.server.bean(LoopClocks.class).all()).as("what is still ticked")
			.allSatisfy((clock) -> assertThat(clock.registered()).isZero()));
	}

	private Map<String, RawHttp2> open(Map<String, Consumer<RawHttp2>> states, int receiveBuffer) {
		Map<String, RawHttp2> clients = new LinkedHashMap<>();
		states.forEach((state, open) -> {
			RawHttp2 client = new RawHttp2(
					(receiveBuffer > 0) ? this.server.connect(receiveBuffer) : this.server.connect());
			clients.put(state, client);
			try {
				open.accept(client);
			}
			catch (UncheckedIOException ex) {
				// Ended in the midst of it.
			}
		});
		return clients;
	}

	@Test
	void noStreamStaysThatItsClientLeavesHoweverItIs(CapturedOutput output) {
		ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
		nothingIsLeft(open(STREAMS, 0));
		assertThat(output).doesNotContain("LEAK", "ERROR");
	}

	@Test
	void noConnectionStaysThatItsClientLeavesHoweverItIs(CapturedOutput output) {
		ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
		Map<String, RawHttp2> clients = open(CONNECTIONS, 0);
		RawClient preface = this.server.connect().write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
		RawClient half = this.server.connect().write("PRI * HTTP/2.0\r\n\r\nS");
		RawClient other = this.server.connect().write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\4\1\5\0\0\0\1????");
		nothingIsLeft(clients);
		assertThat(List.of(preface, half, other)).allMatch((client) -> client.isEnded(Duration.ofMillis(100)));
		assertThat(output).doesNotContain("LEAK", "ERROR");
	}

	@Test
	void noConnectionStaysWhoseClientDoesNotRead(CapturedOutput output) {
		nothingIsLeft(open(unread(), 2048));
		assertThat(output).doesNotContain("LEAK", "ERROR")
			.doesNotContain("ignoring DATA", "outstanding control frames");
	}

	@Test
	void aConnectionInUseKeepsNoneOfThem() {
		try (RawHttp2 client = new RawHttp2(this.server.connect())) {
			client.frame(HEADERS, CONTINUES, 1, new byte[0])
				.request(3, "GET", "/fast", true)
				.request(5, "POST", "/fast-without-body", true)
				.data(5, 1, false)
				.request(7, "POST", "/upload", true);
			Map<Integer, Integer> resets = new TreeMap<>();
			while (resets.size() < 4) {
				RawHttp2.Frame frame = client.next();
				assertThat(frame).as("after " + resets).isNotNull();
				if (frame.type() == RawHttp2.RST_STREAM) {
					resets.put(frame.stream(), frame.error());
				}
			}
			assertThat(resets).isEqualTo(Map.of(1, 1, 3, 0, 5, 0, 7, 0));
			int next = 9;
			client.request(next, "GET", "/fast", false);
			assertThat(client.await(HEADERS, next).status()).isEqualTo(200);
			await().untilAsserted(() -> assertThat(this.server.placesTaken()).isZero());
		}
	}

	@Test
	void aHeadThatIsNoRequestLeavesNoMemory() {
		long before = direct();
		for (int connection = 0; connection < 60; connection++) {
			try (RawHttp2 client = new RawHttp2(this.server.connect())) {
				for (int i = 1; i < 300; i += 2) {
					client.headers(i, ":method", (i % 4 == 1) ? "GET" : "G T", ":scheme", "http", ":authority", "x");
				}
				client.await(RawHttp2.RST_STREAM, 299);
			}
			catch (UncheckedIOException ex) {
				// Told to calm down.
			}
		}
		nothingIsLeft(Map.of());
		// 9,000 of them, and 256 bytes each.
		assertThat(direct() - before).isLessThan(1_000_000);
	}

	@Test
	void aShutdownWaitsForNoStreamThatItsClientDoesNotEnd() {
		TestServer stopping = TestServer.start("test.clock-speed=5", "server.http2.enabled=true",
				"server.shutdown=graceful", "spring.lifecycle.timeout-per-shutdown-phase=120s");
		try (RawHttp2 client = new RawHttp2(stopping.connect())) {
			client.frame(HEADERS, CONTINUES, 1, new byte[0]).request(3, "GET", "/fast", true);
			assertThat(client.await(HEADERS, 3).status()).isEqualTo(200);
			long start = System.nanoTime();
			stopping.close();
			assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(ALL_CLOCKS);
		}
	}

	private static long direct() {
		return PooledByteBufAllocator.DEFAULT.metric()
			.directArenas()
			.stream()
			.mapToLong(PoolArenaMetric::numActiveBytes)
			.sum();
	}

}
