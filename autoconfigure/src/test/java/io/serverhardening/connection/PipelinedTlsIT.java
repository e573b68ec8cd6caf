package io.serverhardening.connection;

import io.serverhardening.testing.Pause;
import io.serverhardening.testing.RawClient;
import io.serverhardening.testing.TestServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Requests that follow each other behind TLS, where one read of the socket gives several
 * buffers.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PipelinedTlsIT {

	private static final int REQUESTS = 400;

	private static final int RECORD = 9000;

	private TestServer server;

	@BeforeAll
	void start() {
		this.server = TestServer.startWithTls();
		try (RawClient client = this.server.connectWithTls("http/1.1")) {
			client.send("GET", "/whole?size=1").response();
		}
	}

	@AfterAll
	void stop() {
		this.server.close();
	}

	@Test
	void areAnsweredInTheirOrder() {
		StringBuilder requests = new StringBuilder();
		for (int i = 1; i <= REQUESTS; i++) {
			requests.append("GET /whole?size=").append(i).append(" HTTP/1.1\r\nHost: test\r\n\r\n");
		}
		try (RawClient client = this.server.connectWithTls("http/1.1")) {
			// While the event loop is held, records gather: it reads many of them at
			// once.
			client.write(
					"GET /blocks?ms=1000 HTTP/1.1\r\nHost: test\r\n\r\nGET /slow?ms=1000 HTTP/1.1\r\nHost: test\r\n\r\n");
			Pause.millis(200);
			for (int i = 0; i < requests.length(); i += RECORD) {
				client.write(requests.substring(i, Math.min(requests.length(), i + RECORD)));
			}
			assertThat(client.response().body()).isEqualTo("blocked");
			assertThat(client.response().body()).isEqualTo("slow");
			for (int i = 1; i <= REQUESTS; i++) {
				assertThat(client.response().body()).as("answer " + i).hasSize(i);
			}
		}
	}

}
