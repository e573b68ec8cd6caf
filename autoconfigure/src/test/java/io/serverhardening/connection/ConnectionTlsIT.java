package io.serverhardening.connection;

import java.time.Duration;
import java.util.stream.IntStream;

import io.serverhardening.connection.registry.Handshake;
import io.serverhardening.internal.channel.CloseReason;
import io.serverhardening.testing.Pause;
import io.serverhardening.testing.RawClient;
import io.serverhardening.testing.RawHttp2;
import io.serverhardening.testing.RawHttp2.Frame;
import io.serverhardening.testing.TestServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * The clocks of a connection behind TLS, with HTTP/2 to choose (ALPN).
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ExtendWith(OutputCaptureExtension.class)
class ConnectionTlsIT {

	private TestServer server;

	@BeforeAll
	void start() {
		this.server = TestServer.startWithTls("server.http2.enabled=true",
				"server.hardening.connection.handshake-timeout=1s", "server.hardening.request.header-timeout=2s",
				"server.hardening.connection.idle-timeout=2s");
		// The first handshake of a cold server may take longer than it has.
		await().ignoreExceptions().atMost(Duration.ofSeconds(60)).until(() -> {
			try (RawClient client = this.server.connectWithTls("http/1.1")) {
				return client.send("GET", "/fast").response().status() == 200;
			}
		});
	}

	@AfterAll
	void stop() {
		this.server.close();
	}

	private static Duration since(long start) {
		return Duration.ofNanos(System.nanoTime() - start);
	}

	@Test
	void closesWhoeverDoesNotShakeHands() {
		long before = this.server.connections().closedCount(CloseReason.HANDSHAKE_TIMEOUT);
		// Nothing, and the beginning of a ClientHello.
		for (byte[] beginning : new byte[][] { {}, { 0x16, 3, 1, 0, 80, 1, 0 } }) {
			long start = System.nanoTime();
			try (RawClient client = this.server.connect()) {
				client.write(beginning);
				assertThat(client.end().received()).isEmpty();
			}
			assertThat(since(start)).isBetween(Duration.ofSeconds(1), Duration.ofSeconds(11));
		}
		this.server.awaitClosed(CloseReason.HANDSHAKE_TIMEOUT, before + 2);
		assertThat(this.server.connections().handshakeCount(Handshake.TIMED_OUT)).isGreaterThanOrEqualTo(2);
	}

	@Test
	void garbageBeforeTlsIsClosedAndLeavesALineASecond(CapturedOutput output) {
		int before = output.getAll().length();
		long failed = this.server.connections().handshakeCount(Handshake.FAILED);
		long start = System.nanoTime();
		for (int i = 0; i < 50; i++) {
			try (RawClient client = this.server.connect()) {
				client.write("GET / HTTP/1.1\r\nHost: test\r\n\r\n");
				assertThat(client.end().received()).doesNotContain("HTTP/1.1 200");
			}
		}
		await().atMost(Duration.ofSeconds(5))
			.untilAsserted(() -> assertThat(this.server.connections().handshakeCount(Handshake.FAILED) - failed)
				.isEqualTo(50));
		int seconds = (int) since(start).toSeconds();
		await().untilAsserted(
				() -> assertThat(output.getAll().substring(before)).contains("connections (handshake-failed)"));
		Pause.millis(1200);
		assertThat(output.getAll()
			.substring(before)
			.lines()
			.filter((line) -> line.contains("WARN") || line.contains("ERROR"))).hasSizeLessThan(4 + seconds);
	}

	// TLS records of one ClientHello without extensions.
	private static byte[] hello(int version, int cipher) {
		byte[] hello = new byte[50];
		byte[] begin = { 0x16, 3, 1, 0, 45, 1, 0, 0, 41, 3, (byte) version };
		System.arraycopy(begin, 0, hello, 0, begin.length);
		byte[] end = { 0, 0, 2, (byte) (cipher >> 8), (byte) cipher, 1, 0 };
		System.arraycopy(end, 0, hello, 43, end.length);
		return hello;
	}

	@Test
	void clientsThatCannotShakeHandsAreToldWhy() {
		long before = this.server.connections().closedCount(CloseReason.HANDSHAKE_FAILED);
		int tls10 = 1;
		int tls12 = 3;
		// protocol_version, handshake_failure
		assertThat(alertAfter(hello(tls10, 0x002f))).isEqualTo(70);
		assertThat(alertAfter(hello(tls12, 0x0001))).isEqualTo(40);
		this.server.awaitClosed(CloseReason.HANDSHAKE_FAILED, before + 2);
	}

	private int alertAfter(byte[] hello) {
		try (RawClient client = this.server.connect()) {
			byte[] alert = client.write(hello).bytes(7);
			assertThat(alert).startsWith(0x15, 3).hasSize(7);
			assertThat(client.end().received()).isEmpty();
			return alert[6];
		}
	}

	@Test
	void aHelloThatIsTooLongIsOneLineASecond(CapturedOutput output) {
		int before = output.getAll().length();
		byte[] hello = { 0x16, 3, 1, 0x40, 0, 1, 2, 0, 0 };
		long start = System.nanoTime();
		for (int i = 0; i < 20; i++) {
			try (RawClient client = this.server.connect()) {
				client.write(hello).write(new byte[16 * 1024]).end();
			}
		}
		int seconds = (int) since(start).toSeconds();
		Pause.millis(1200);
		assertThat(output.getAll()
			.substring(before)
			.lines()
			.filter((line) -> line.contains("WARN") || line.contains("ERROR") || line.contains("INFO")
					|| line.contains("\tat ")))
			.hasSizeLessThan(5 + seconds);
	}

	@Test
	void shakesHandsOnceOnAConnection() {
		long before = this.server.connections().closedCount(CloseReason.HANDSHAKE_FAILED);
		try (RawClient client = this.server.connectWithTlsOf("TLSv1.2")) {
			assertThat(client.send("GET", "/fast").response().status()).isEqualTo(200);
			client.shakeHandsAgain();
			this.server.awaitClosed(CloseReason.HANDSHAKE_FAILED, before + 1);
		}
		try (RawClient client = this.server.connectWithTlsOf("TLSv1.2")) {
			for (int i = 0; i < 100; i++) {
				assertThat(client.send("GET", "/whole?size=40000").response().status()).isEqualTo(200);
			}
		}
	}

	@Test
	void changesItsKeysOnlySoOften() {
		long before = this.server.connections().closedCount(CloseReason.HANDSHAKE_FAILED);
		try (RawClient client = this.server.connectWithTlsOf("TLSv1.3")) {
			for (int i = 0; i < 20; i++) {
				assertThat(client.send("GET", "/whole?size=40000").response().status()).isEqualTo(200);
				client.shakeHandsAgain();
			}
			assertThat(client.send("GET", "/fast").response().status()).isEqualTo(200);
			int times = 0;
			while (times < 5000 && client.shakeHandsAgain()) {
				times++;
			}
			this.server.awaitClosed(CloseReason.HANDSHAKE_FAILED, before + 1);
		}
	}

	@Test
	void whatIsNoTlsOnAConnectionWithTlsClosesItAtOnce() {
		long before = this.server.connections().closedCount(CloseReason.FAILED);
		for (String version : new String[] { "TLSv1.2", "TLSv1.3" }) {
			try (RawClient client = this.server.connectWithTlsOf(version)) {
				assertThat(client.send("GET", "/fast").response().status()).isEqualTo(200);
				client.writePastTls("GET /fast HTTP/1.1\r\nHost: test\r\n\r\n");
				assertThat(client.isEnded(Duration.ofSeconds(4))).as("%s is over", version).isTrue();
			}
		}
		this.server.awaitClosed(CloseReason.FAILED, before + 2);
	}

	@Test
	void theHeaderClockStartsWhenTlsIsEstablished() {
		try (RawClient client = this.server.connectWithTls("http/1.1")) {
			long start = System.nanoTime();
			client.write("GET /fa");
			assertThat(client.response().status()).isEqualTo(408);
			assertThat(client.end().received()).isEmpty();
			assertThat(since(start)).isBetween(Duration.ofSeconds(2), Duration.ofSeconds(12));
		}
	}

	@Test
	void theSecondRequestAndTheIdleClockToo() {
		try (RawClient client = this.server.connectWithTls("http/1.1")) {
			assertThat(client.send("GET", "/fast").response().header("keep-alive")).isEqualTo("timeout=2");
			client.write("GET /fa");
			assertThat(client.response().status()).isEqualTo(408);
		}
		long before = this.server.connections().closedCount(CloseReason.IDLE_TIMEOUT);
		try (RawClient client = this.server.connectWithTls("http/1.1")) {
			client.send("GET", "/fast").response();
			assertThat(client.end().received()).isEmpty();
		}
		this.server.awaitClosed(CloseReason.IDLE_TIMEOUT, before + 1);
	}

	@Test
	void whoeverSaysGoodbyeHasLeftByItself() {
		long before = this.server.connections().closedCount(CloseReason.CLIENT);
		long shutdown = this.server.connections().closedCount(CloseReason.SHUTDOWN);
		try (RawClient client = this.server.connectWithTls("http/1.1")) {
			assertThat(client.send("GET", "/fast").response().status()).isEqualTo(200);
		}
		this.server.awaitClosed(CloseReason.CLIENT, before + 1);
		assertThat(this.server.connections().closedCount(CloseReason.SHUTDOWN)).isEqualTo(shutdown);
	}

	@Test
	void countsHandshakesByProtocol() {
		long before = this.server.connections().handshakeCount(Handshake.success("TLSv1.3"));
		IntStream.range(0, 3).forEach((i) -> this.server.connectWithTls("http/1.1").close());
		await().atMost(Duration.ofSeconds(5))
			.untilAsserted(() -> assertThat(this.server.connections().handshakeCount(Handshake.success("TLSv1.3")))
				.isEqualTo(before + 3));
	}

	@Test
	void http2IsClosedWhenNoRequestComesAndWhenIdle() {
		long start = System.nanoTime();
		try (RawHttp2 client = new RawHttp2(this.server.connectWithTls("h2"))) {
			Frame goodbye = client.await(RawHttp2.GOAWAY, 0);
			assertThat(goodbye.error()).isZero();
			assertThat(since(start)).isBetween(Duration.ofSeconds(2), Duration.ofSeconds(12));
		}
		try (RawHttp2 client = new RawHttp2(this.server.connectWithTls("h2"))) {
			long idle = System.nanoTime();
			client.request(1, "GET", "/fast", false);
			assertThat(client.await(RawHttp2.HEADERS, 1).status()).isEqualTo(200);
			assertThat(client.await(RawHttp2.GOAWAY, 0).error()).isZero();
			assertThat(since(idle)).isBetween(Duration.ofSeconds(2), Duration.ofSeconds(12));
		}
	}

}
