package io.serverhardening.connection;

import java.time.Duration;

import io.serverhardening.connection.timeline.ConnectionState;
import io.serverhardening.internal.channel.CloseReason;
import io.serverhardening.testing.Pause;
import io.serverhardening.testing.RawClient;
import io.serverhardening.testing.RawClient.Response;
import io.serverhardening.testing.TestServer;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * How connections end when it is not the client's fault: with the server, or with an
 * answer that is being taken.
 */
class ShutdownIT {

	@Test
	void anAnswerDuringTheShutdownIsTheLastAndSaysSo() throws InterruptedException {
		TestServer server = TestServer.start("server.shutdown=graceful");
		server.warmUp();
		try (RawClient running = server.connect(); RawClient next = server.connect()) {
			running.send("GET", "/slow?ms=1500");
			next.send("GET", "/slow?ms=1500");
			server.awaitState(ConnectionState.HANDLING, 2);
			Thread shutdown = new Thread(server::close);
			shutdown.start();
			Response response = running.response();
			assertThat(response.body()).isEqualTo("slow");
			assertThat(response.header("connection")).isEqualTo("close");
			assertThat(response.header("keep-alive")).isNull();
			assertThat(running.end().received()).isEmpty();
			assertThat(next.response().header("connection")).isEqualTo("close");
			assertThat(next.end().received()).isEmpty();
			shutdown.join();
		}
	}

	@Test
	void bootsIdleTimeoutIsOursAndEndsNoHead() {
		try (TestServer server = TestServer.start("test.clock-speed=5", "server.netty.idle-timeout=1s",
				"server.hardening.request.header-timeout=10s")) {
			server.warmUp();
			long shutdown = server.connections().closedCount(CloseReason.SHUTDOWN);
			try (RawClient client = server.connect()) {
				client.write("GET /fa");
				Pause.millis(500);
				client.write("st HTTP/1.1\r\nHost: test\r\n\r\nGET /fast HT");
				assertThat(client.response().status()).isEqualTo(200);
				Pause.millis(500);
				client.write("TP/1.1\r\nHost: test\r\n\r\n");
				assertThat(client.response().header("keep-alive")).isEqualTo("timeout=1");
				assertThat(client.end().received()).isEmpty();
			}
			server.awaitClosed(CloseReason.IDLE_TIMEOUT, 1);
			assertThat(server.connections().closedCount(CloseReason.SHUTDOWN)).isEqualTo(shutdown);
		}
	}

	@Test
	void anAnswerThatIsBeingTakenIsNotCutBecauseABodyWasNotSent() {
		try (TestServer server = TestServer.start("test.clock-speed=5")) {
			server.warmUp();
			int size = 400_000;
			int piece = 10_000;
			try (RawClient client = server.connect(4096)) {
				client.send("GET", "/whole?size=" + size, "Content-Length: 9");
				long start = System.nanoTime();
				assertThat(client.body(size, (zeros) -> Pause.millis(50), piece)).isEqualTo(size);
				assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(1200));
			}
		}
	}

}
