package io.serverhardening.connection;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;

import io.serverhardening.connection.registry.StreamFault;
import io.serverhardening.internal.channel.CloseReason;
import io.serverhardening.testing.Pause;
import io.serverhardening.testing.RawClient;
import io.serverhardening.testing.RawHttp2;
import io.serverhardening.testing.RawHttp2.Frame;
import io.serverhardening.testing.TestServer;
import io.serverhardening.testing.line.BootLine;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import reactor.netty.http.Http2SettingsSpec;
import reactor.netty.http.server.HttpServer;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Cleartext HTTP/2: what a hand-written client gets.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ExtendWith(OutputCaptureExtension.class)
class ConnectionHttp2IT {

	private TestServer server;

	@BeforeAll
	void start() {
		this.server = TestServer.start("server.http2.enabled=true", "server.hardening.request.header-timeout=1s",
				"server.hardening.connection.idle-timeout=2s", "server.hardening.request.rate-grace=1s",
				"server.hardening.request.max-body-size=50KB", "server.hardening.response.min-rate=32KB",
				"server.hardening.response.rate-grace=1s", "server.hardening.response.timeout=20s");
		this.server.warmUp();
		try (RawHttp2 client = connect()) {
			client.request(1, "GET", "/fast", false).await(RawHttp2.HEADERS, 1);
		}
	}

	@AfterAll
	void stop() {
		this.server.close();
	}

	private RawHttp2 connect() {
		return new RawHttp2(this.server.connect());
	}

	private static Duration since(long start) {
		return Duration.ofNanos(System.nanoTime() - start);
	}

	@Test
	void pingsDoNotKeepAConnection() {
		long before = this.server.connections().closedCount(CloseReason.IDLE_TIMEOUT);
		try (RawHttp2 client = connect()) {
			long start = System.nanoTime();
			client.request(1, "GET", "/fast", false).await(RawHttp2.HEADERS, 1);
			while (this.server.connections().closedCount(CloseReason.IDLE_TIMEOUT) == before
					&& since(start).toSeconds() < 8) {
				client.ping();
				Pause.millis(100);
			}
			assertThat(since(start)).isBetween(Duration.ofMillis(1950), Duration.ofSeconds(7));
			assertThat(client.await(RawHttp2.GOAWAY, 0).error()).isZero();
		}
	}

	@Test
	void aConnectionWithoutARequestIsClosed() {
		long before = this.server.connections().closedCount(CloseReason.HEADER_TIMEOUT);
		try (RawHttp2 client = connect()) {
			assertThat(client.await(RawHttp2.GOAWAY, 0)).isNotNull();
		}
		this.server.awaitClosed(CloseReason.HEADER_TIMEOUT, before + 1);
	}

	@Test
	void dripsOfAHeaderBlockAreNoLife() {
		try (RawHttp2 client = connect()) {
			client.request(1, "GET", "/fast", false).await(RawHttp2.HEADERS, 1);
			long start = System.nanoTime();
			byte[] block = RawHttp2.headers("GET", "/fast");
			client.frame(RawHttp2.HEADERS, 0, 3, block);
			Frame goodbye = null;
			try {
				while (since(start).toSeconds() < 8) {
					client.frame(9, 0, 3, new byte[] { 0x40, 1, 'a', 1, 'b' });
					Pause.millis(300);
				}
			}
			catch (java.io.UncheckedIOException ex) {
				goodbye = null;
			}
			assertThat(goodbye).isNull();
			assertThat(since(start)).isBetween(Duration.ofMillis(1500), Duration.ofSeconds(7));
		}
	}

	@Test
	void rapidResetIsToldToCalmDown() {
		long before = this.server.connections().closedCount(CloseReason.HTTP2_FLOOD);
		try (RawHttp2 client = connect()) {
			try {
				for (int i = 0; i < 1000; i++) {
					client.request(2 * i + 1, "GET", "/never", false).reset(2 * i + 1);
				}
			}
			catch (java.io.UncheckedIOException ex) {
				// Closed in the midst of it.
			}
			Frame goodbye = client.await(RawHttp2.GOAWAY, 0);
			assertThat(goodbye == null || goodbye.error() == 11).isTrue();
		}
		this.server.awaitClosed(CloseReason.HTTP2_FLOOD, before + 1);
		this.server.awaitQuiet();
		assertThat(this.server.get("/fast").status()).isEqualTo(200);
	}

	@Test
	void keepsNoLargerTableOfHeadersThanBrowsersDo() {
		try (RawHttp2 client = connect()) {
			client.setting(1, Integer.MAX_VALUE).request(1, "GET", "/fast", false);
			// Netty 4.2 keeps to less by itself.
			assertThat(tableSize(client.await(RawHttp2.HEADERS, 1).payload())).isBetween(4096, 64 * 1024);
		}
	}

	// What the answer says last of its table before its first header (RFC 7541, 5.1 and
	// 6.3).
	private static int tableSize(ByteBuffer headers) {
		int size = 4096;
		ByteBuffer rest = headers.duplicate();
		for (int next = rest.get(); (next & 0xe0) == 0x20; next = rest.get()) {
			size = next & 0x1f;
			for (int shift = 0, more = (size == 0x1f) ? 0x80 : 0; more != 0; shift += 7) {
				int octet = rest.get();
				size += (octet & 0x7f) << shift;
				more = octet & 0x80;
			}
		}
		return size;
	}

	@Test
	void whoeverChangesTheSizeOfThatTableOnAndOnIsToldToCalmDown() {
		try (RawHttp2 client = connect()) {
			client.request(1, "POST", "/upload", true);
			for (int i = 0; i < 200; i++) {
				client.setting(1, 1000 + i % 2);
			}
			client.request(3, "GET", "/fast", false);
			Frame goodbye = client.await(RawHttp2.GOAWAY, 0);
			assertThat(goodbye).isNotNull();
			assertThat(goodbye.error()).isEqualTo(11);
		}
	}

	@Test
	void aLongRequestLineIsAnswered414() {
		try (RawHttp2 client = connect()) {
			client.request(1, "GET", "/fast?" + "a".repeat(4090), false);
			assertThat(client.await(RawHttp2.HEADERS, 1).status()).isEqualTo(414);
			client.request(3, "GET", "/fast?" + "a".repeat(3000), false);
			assertThat(client.await(RawHttp2.HEADERS, 3).status()).isEqualTo(200);
		}
	}

	@Test
	void aTrickledBodyIsAnswered408AndTheStreamEndsWithoutError() {
		try (RawHttp2 client = connect()) {
			client.request(1, "POST", "/upload", true).data(1, 10, false);
			client.request(3, "GET", "/slow?ms=5000", false);
			assertThat(client.await(RawHttp2.HEADERS, 1).status()).isEqualTo(408);
			assertThat(client.await(RawHttp2.RST_STREAM, 1).error()).isZero();
			assertThat(client.await(RawHttp2.HEADERS, 3).status()).isEqualTo(200);
		}
	}

	@Test
	void aBodyThatIsTooLargeIsAnswered413() {
		try (RawHttp2 client = connect()) {
			client.request(1, "POST", "/upload", true);
			for (int i = 0; i < 4; i++) {
				client.data(1, 16_000, false);
			}
			assertThat(client.await(RawHttp2.HEADERS, 1).status()).isEqualTo(413);
			assertThat(client.await(RawHttp2.RST_STREAM, 1).error()).isZero();
			client.request(3, "GET", "/fast", false);
			assertThat(client.await(RawHttp2.HEADERS, 3).status()).isEqualTo(200);
		}
	}

	@Test
	void anEarlyAnswerDoesNotLeaveAStreamToATricklingBody() {
		try (RawHttp2 client = connect()) {
			long start = System.nanoTime();
			client.request(1, "POST", "/fast-without-body", true).data(1, 1, false);
			assertThat(client.await(RawHttp2.HEADERS, 1).status()).isEqualTo(200);
			assertThat(client.await(RawHttp2.RST_STREAM, 1).error()).isZero();
			assertThat(since(start)).isBetween(Duration.ofSeconds(4), Duration.ofSeconds(15));
		}
	}

	@Test
	void onlyTheStreamIsResetWhoseClientDoesNotOpenItsWindow() {
		for (String path : new String[] { "/download?chunks=50", "/whole?size=3000000" }) {
			try (RawHttp2 client = connect()) {
				// The window of the connection is opened; the one of the stream is not.
				client.frame(8, 0, 0, new byte[] { 0x10, 0, 0, 0 });
				client.request(1, "GET", path, false);
				long start = System.nanoTime();
				assertThat(client.await(RawHttp2.RST_STREAM, 1)).as(path).isNotNull();
				// The window of 64 KB that it took lasts 2 s at the rate.
				assertThat(since(start)).isGreaterThan(Duration.ofSeconds(1));
				client.request(3, "GET", "/fast", false);
				assertThat(client.await(RawHttp2.HEADERS, 3).status()).isEqualTo(200);
			}
		}
	}

	@Test
	void theConnectionIsResetWhoseClientDoesNotOpenItsWindow() {
		long before = this.server.connections().closedCount(CloseReason.SLOW_READER);
		try (RawHttp2 client = connect()) {
			for (int i = 1; i < 20; i += 2) {
				client.request(i, "GET", "/download?chunks=50", false);
				client.frame(8, 0, i, new byte[] { 0, 1, 0, 0 });
			}
			this.server.awaitClosed(CloseReason.SLOW_READER, before + 1);
		}
	}

	@Test
	void aStreamThatWaitsForTheOthersIsNotBlamed() {
		try (RawHttp2 client = connect()) {
			client.frame(8, 0, 0, new byte[] { 0x10, 0, 0, 0 });
			for (int i = 1; i < 20; i += 2) {
				client.request(i, "GET", "/whole?size=60000", false);
			}
			for (int i = 1; i < 20; i += 2) {
				assertThat(client.await(RawHttp2.HEADERS, i).status()).isEqualTo(200);
			}
		}
	}

	@Test
	void uploadsThatAreRefusedInTheMidstOfThemDoNotCostTheConnection() {
		try (RawHttp2 client = connect()) {
			// Each refusal crosses with four frames of what it refuses.
			for (int i = 1; i < 2 * 60; i += 2) {
				client.request(i, "POST", "/upload", "20000000");
				assertThat(client.await(RawHttp2.RST_STREAM, i).error()).isZero();
				client.data(i, 100, false).data(i, 100, false).data(i, 100, false).data(i, 100, false);
			}
			client.request(1001, "GET", "/fast", false);
			Frame answer = client.await(RawHttp2.HEADERS, 1001);
			assertThat(answer).as("an answer to a request beside them").isNotNull();
			assertThat(answer.status()).isEqualTo(200);
		}
	}

	@Test
	void whatComesForAStreamWhoseResetIsNotReadIsAFloodAndNotALogOfIt(CapturedOutput output) {
		// A server of its own has time for a client that does not read.
		try (TestServer server = TestServer.start("server.http2.enabled=true");
				RawHttp2 client = new RawHttp2(server.connect(4096))) {
			int logged = output.getAll().length();
			client.setting(4, Integer.MAX_VALUE).window(0, 1 << 30);
			for (int i = 1; i < 10; i += 2) {
				client.request(i, "GET", "/whole?size=3000000", false);
			}
			await().until(() -> server.connections().bytesWritten() > 50_000);
			client.request(101, "POST", "/upload", "5").data(101, 10, false);
			await().until(() -> server.connections().streamResetCount(StreamFault.PROTOCOL_ERROR) > 0);
			try {
				for (int i = 0; i < 50; i++) {
					client.frames(500, RawHttp2.DATA, 0, 101, new byte[0]);
				}
			}
			catch (java.io.UncheckedIOException ex) {
				// Closed in the midst of it.
			}
			server.awaitClosed(CloseReason.HTTP2_FLOOD, 1);
			assertThat(output.getAll().substring(logged).lines()).hasSizeLessThan(1000);
		}
	}

	@Test
	void nothingWaitsForAClientThatHasBeenCutOff() {
		try (TestServer server = TestServer.start("test.clock-speed=10", "server.http2.enabled=true");
				RawHttp2 client = new RawHttp2(server.connect(16 * 1024))) {
			client.request(1, "GET", "/fast", false).frames(9000, RawHttp2.PING, 0, 0, new byte[8]);
			server.awaitClosed(CloseReason.HTTP2_FLOOD, 1);
			// The kernel would go on offering it what it has.
			assertThat(client.client().end().reset()).as("whether the connection was reset").isTrue();
		}
	}

	@Test
	void whatOthersSetOnTheServerStands() {
		try (TestServer server = TestServer.start(List.of(BootLine.LateSettings.class), "server.http2.enabled=true",
				"server.max-http-request-header-size=12KB", "server.netty.max-initial-line-length=2KB",
				"server.netty.idle-timeout=33s", "server.netty.max-keep-alive-requests=7")) {
			HttpServer built = BootLine.built(server);
			Http2SettingsSpec http2 = built.configuration().http2SettingsSpec();
			assertThat(http2.maxHeaderListSize()).isEqualTo(12 * 1024);
			assertThat(http2.maxConcurrentStreams()).isEqualTo(33);
			assertThat(http2.maxDecodedRstFramesPerWindow()).isEqualTo(200);
			assertThat(http2.maxDecodedRstFramesSecondsPerWindow()).isEqualTo(30);
			assertThat(built.configuration().decoder().maxHeaderSize()).isEqualTo(12 * 1024);
			assertThat(built.configuration().decoder().maxInitialLineLength()).isEqualTo(2048);
			assertThat(built.configuration().maxKeepAliveRequests()).isEqualTo(7);
			try (RawClient client = server.connect()) {
				assertThat(client.send("GET", "/fast").response().header("keep-alive")).isEqualTo("timeout=33");
			}
			assertThat(server.get("/" + "a".repeat(2100)).status()).isEqualTo(414);
		}
	}

}
