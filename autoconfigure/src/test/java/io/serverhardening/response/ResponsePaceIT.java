package io.serverhardening.response;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import io.netty.buffer.PooledByteBufAllocator;
import io.serverhardening.internal.channel.CloseReason;
import io.serverhardening.testing.Pause;
import io.serverhardening.testing.RawClient;
import io.serverhardening.testing.TestServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * The pace at which responses are taken on HTTP/1.1.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ResponsePaceIT {

	private static final int MEGABYTE = 16 * 64 * 1024;

	private TestServer server;

	@BeforeAll
	void start() {
		this.server = TestServer.start("test.transport=" + transport(), "server.hardening.response.min-rate=48KB",
				"server.hardening.response.rate-grace=2s", "server.hardening.routes.stalled.path=/file",
				"server.hardening.routes.stalled.response.min-rate=none",
				"server.hardening.routes.stalled.response.write-timeout=2s");
		this.server.warmUp();
	}

	String transport() {
		return "native";
	}

	@AfterAll
	void stop() {
		this.server.close();
	}

	private static Duration since(long start) {
		return Duration.ofNanos(System.nanoTime() - start);
	}

	private long cut() {
		return this.server.connections().closedCount(CloseReason.SLOW_READER);
	}

	@Test
	void runsOnTheTransportItIsMeantFor() {
		assertThat(this.server.get("/thread").body()).contains(transport().equals("nio") ? "nio" : "epoll");
	}

	@Test
	void resetsAClientThatReadsNothing() {
		long before = cut();
		double told = this.server.meter("server.hardening.rejections", "reason", "slow-reader");
		try (RawClient client = this.server.connect(8192)) {
			long start = System.nanoTime();
			client.send("GET", "/download?chunks=800");
			this.server.awaitClosed(CloseReason.SLOW_READER, before + 1);
			assertThat(since(start)).isGreaterThan(Duration.ofSeconds(2));
			assertThat(client.end().reset()).isTrue();
		}
		assertThat(this.server.meter("server.hardening.rejections", "reason", "slow-reader")).isEqualTo(told + 1);
	}

	@Test
	void resetsAClientThatReadsTooSlowly() {
		long before = cut();
		try (RawClient client = this.server.connect(8192)) {
			client.send("GET", "/download?chunks=800");
			long start = System.nanoTime();
			while (cut() == before && since(start).toSeconds() < 30) {
				client.take(200);
				Pause.millis(100);
			}
			assertThat(cut()).isEqualTo(before + 1);
			assertThat(since(start)).isGreaterThan(Duration.ofSeconds(2));
		}
	}

	@Test
	void resetsAClientThatTakesNothingOfAFileOrOfOneLargeBuffer() {
		long before = cut();
		try (RawClient file = this.server.connect(8192); RawClient whole = this.server.connect(8192)) {
			file.send("GET", "/file");
			whole.send("GET", "/whole?size=8000000");
			this.server.awaitClosed(CloseReason.SLOW_READER, before + 2);
			assertThat(List.of(file, whole)).allMatch((client) -> client.end().reset());
		}
	}

	@Test
	void keepsLiveReadersHoweverTheResponseIsMade() throws Exception {
		long before = cut();
		List<Callable<Integer>> readers = new ArrayList<>();
		for (String path : new String[] { "/download?chunks=16", "/whole?size=" + MEGABYTE, "/file" }) {
			for (int i = 0; i < 4; i++) {
				readers.add(() -> read(path, 150));
			}
		}
		ExecutorService clients = Executors.newFixedThreadPool(readers.size());
		try {
			for (Future<Integer> reader : clients.invokeAll(readers)) {
				assertThat(reader.get()).isEqualTo(MEGABYTE);
			}
		}
		finally {
			clients.shutdownNow();
		}
		assertThat(cut()).isEqualTo(before);
	}

	// With a stall of 300 ms now and then.
	private int read(String path, int kilobytesPerSecond) {
		try (RawClient client = this.server.connect(32 * 1024)) {
			client.send("GET", path, "Connection: close");
			return client.body(MEGABYTE, (taken) -> {
				Pause.millis(20);
				if (taken % (192 * 1024) == 0) {
					Pause.millis(300);
				}
			}, kilobytesPerSecond * 1024 / 50);
		}
	}

	@Test
	void anEventStreamMayBeSilent() {
		try (RawClient client = this.server.connect(8192)) {
			client.send("GET", "/events?everyMs=3000");
			assertThat(client.header("content-type")).startsWith("text/event-stream");
			assertThat(client.take(10)).isEqualTo(10);
		}
	}

	@Test
	void cutsAClientThatStoppedReadingItsEvents() {
		long before = cut();
		try (RawClient client = this.server.connect(8192)) {
			client.send("GET", "/large-events");
			this.server.awaitClosed(CloseReason.SLOW_READER, before + 1);
		}
	}

	@Test
	void cutsAWebSocketWhoseClientStoppedReading() {
		long before = cut();
		try (RawClient client = webSocket("/flood", 8192)) {
			assertThat(client).isNotNull();
			this.server.awaitClosed(CloseReason.SLOW_READER, before + 1);
		}
	}

	@Test
	void aWebSocketWhoseClientStoppedReadingIsAskedForLittle() {
		int before = this.server.handlers().produced();
		List<RawClient> clients = new ArrayList<>();
		try {
			for (int i = 0; i < 5; i++) {
				clients.add(webSocket("/push", 8192));
			}
			await()
				.untilAsserted(() -> assertThat(this.server.handlers().produced() - before).isGreaterThanOrEqualTo(5));
			Pause.millis(1000);
			// What the kernels hold, 64 KB that wait, and one message each.
			assertThat(this.server.handlers().produced() - before).isLessThanOrEqualTo(5 * 6);
		}
		finally {
			clients.forEach(RawClient::reset);
		}
	}

	@Test
	void anEventStreamWhoseClientStoppedReadingIsAskedForLittle() {
		int before = this.server.handlers().produced();
		List<RawClient> clients = new ArrayList<>();
		try {
			for (int i = 0; i < 5; i++) {
				clients.add(this.server.connect(8192).send("GET", "/huge-events"));
			}
			clients.forEach((client) -> assertThat(client.take(200_000)).isEqualTo(200_000));
			Pause.millis(1000);
			// Three that were taken, what the kernels hold, 64 KB that wait, and one
			// each.
			assertThat(this.server.handlers().produced() - before).isBetween(5 * 3, 5 * 9);
		}
		finally {
			clients.forEach(RawClient::reset);
		}
	}

	@Test
	void aWebSocketIsSentAllThatItsHandlerSendsAtOnce() {
		int messages = 2 * 40 * (64 * 1024 + 10);
		try (RawClient client = webSocket("/push-twice", 64 * 1024)) {
			assertThat(client.header("upgrade")).isEqualTo("websocket");
			assertThat(client.take(messages)).isEqualTo(messages);
		}
	}

	@Test
	void aWebSocketIsSentAllThatItsHandlerSendsOnceMore() {
		int messages = 3 * 5 * (64 * 1024 + 10);
		try (RawClient client = webSocket("/push-again", 64 * 1024)) {
			assertThat(client.header("upgrade")).isEqualTo("websocket");
			assertThat(client.take(messages)).isEqualTo(messages);
		}
	}

	@Test
	void aBodyThatIsTriedOnceMoreIsSent() {
		assertThat(this.server.get("/second-try").body()).isEqualTo("tried again");
	}

	@Test
	void aSourceThatDoesNotWaitHasItsFirstElementTaken() {
		assertThat(this.server.get("/unasked-events").body()).contains("data:unasked");
		try (RawClient client = webSocket("/unasked", 64 * 1024)) {
			assertThat(client.header("upgrade")).isEqualTo("websocket");
			assertThat(client.end().received()).contains("unasked");
		}
	}

	private RawClient webSocket(String path, int receiveBuffer) {
		return this.server.connect(receiveBuffer)
			.send("GET", path, "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
					"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==");
	}

	@Test
	void aConnectionPinsLittleHoweverLargeItsResponse() {
		long before = pinned();
		List<RawClient> clients = new ArrayList<>();
		try {
			for (int i = 0; i < 20; i++) {
				RawClient client = this.server.connect(8192);
				clients.add(client);
				client.send("GET", "/download?chunks=800");
			}
			Pause.millis(1000);
			// 64 KB and one piece of 64 KB each, in chunks of the pool.
			assertThat(pinned() - before).isLessThan(20L * 128 * 1024 + (8 << 20));
			assertThat(this.server.get("/fast").status()).isEqualTo(200);
		}
		finally {
			clients.forEach(RawClient::reset);
		}
	}

	private static long pinned() {
		return PooledByteBufAllocator.DEFAULT.pinnedDirectMemory() + PooledByteBufAllocator.DEFAULT.pinnedHeapMemory();
	}

	@Test
	void producersOnOtherThreadsArePacedToo() {
		try (RawClient client = this.server.connect()) {
			client.send("GET", "/download-elsewhere?chunks=200", "Connection: close");
			assertThat(client.body(200 * 64 * 1024, (taken) -> {
			}, 64 * 1024)).isEqualTo(200 * 64 * 1024);
		}
		try (RawClient client = this.server.connect(8192)) {
			int before = this.server.handlers().produced();
			client.send("GET", "/download-elsewhere?chunks=800");
			Pause.millis(1000);
			assertThat(this.server.handlers().produced() - before).isLessThan(40);
		}
	}

}
