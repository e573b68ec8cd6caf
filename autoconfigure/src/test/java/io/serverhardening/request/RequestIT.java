package io.serverhardening.request;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The body of a request on HTTP/1.1.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RequestIT {

	private TestServer server;

	@BeforeAll
	void start() {
		this.server = TestServer.start("server.hardening.request.rate-grace=1s",
				"server.hardening.request.max-body-size=100KB", "server.hardening.response.timeout=15s",
				"server.hardening.routes.long.path=/upload-form",
				"server.hardening.routes.long.request.body-timeout=1s",
				"server.hardening.routes.long.request.min-rate=none", "server.hardening.routes.late.path=/reads-late",
				"server.hardening.routes.late.request.rate-grace=2s", "server.hardening.routes.observed.path=/orders",
				"server.hardening.routes.observed.request.mode=observe",
				"server.hardening.routes.observed.request.max-body-size=10B", "server.hardening.errors.format=envelope",
				"management.server.port=0", "management.endpoints.web.exposure.include=health,loggers");
		this.server.warmUp();
	}

	@AfterAll
	void stop() {
		this.server.close();
	}

	private double rejections(String reason, String outcome) {
		return this.server.meter("server.hardening.rejections", "guard", "request", "reason", reason, "outcome",
				outcome);
	}

	private static Duration since(long start) {
		return Duration.ofNanos(System.nanoTime() - start);
	}

	@Test
	void answers408ByTheRejectionWriterWhenABodyTrickles() {
		double before = rejections("slow-request", "refused");
		try (RawClient client = this.server.connect()) {
			long start = System.nanoTime();
			client.write("POST /upload HTTP/1.1\r\nHost: test\r\nContent-Length: 1000\r\n\r\n");
			client.drip("x", Duration.ofMillis(100), Duration.ofSeconds(10));
			assertThat(since(start)).isBetween(Duration.ofSeconds(1), Duration.ofSeconds(9));
			Response response = client.response();
			assertThat(response.status()).isEqualTo(408);
			assertThat(response.header("connection")).isEqualTo("close");
			assertThat(response.body()).contains("\"code\":408", "The body came at less than 240B a second.",
					"slow-request", "\"guard\":\"request\"");
			assertThat(client.end()).isEqualTo(new End(false, ""));
		}
		assertThat(rejections("slow-request", "refused")).isEqualTo(before + 1);
	}

	@Test
	void answers408WhenTheBodyIsNotReadByTheHandlerEither() {
		// Nobody asks for bytes: nothing is held against the client, and the response's
		// deadline runs. It ends the wait, and the connection does not outlive it.
		try (TestServer server = TestServer.start("test.clock-speed=5", "server.hardening.response.timeout=1500ms",
				"server.hardening.request.rate-grace=500ms"); RawClient client = server.connect()) {
			server.warmUp();
			long start = System.nanoTime();
			client.write("POST /ignores-body HTTP/1.1\r\nHost: test\r\nContent-Length: 1000\r\n\r\n");
			client.drip("x", Duration.ofMillis(50), Duration.ofSeconds(10));
			assertThat(client.response().status()).isEqualTo(503);
			Duration after = client.drip("x", Duration.ofMillis(50), Duration.ofSeconds(12));
			assertThat(after).isLessThan(Duration.ofSeconds(8));
			// The deadline, and a second for what is unread.
			assertThat(since(start)).isGreaterThan(Duration.ofMillis(1500 + 800));
			server.awaitClosed(CloseReason.UNREAD_BODY, 1);
		}
	}

	@Test
	void letsABodyBeSlowerThanTheGraceAsLongAsItKeepsTheRate() {
		try (RawClient client = this.server.connect()) {
			client.write("POST /upload HTTP/1.1\r\nHost: test\r\nContent-Length: 3000\r\n\r\n");
			for (int i = 0; i < 30; i++) {
				Pause.millis(100);
				client.write("x".repeat(100));
			}
			assertThat(client.response().body()).contains("received 3000");
		}
	}

	@Test
	void doesNotBlameTheClientForAHandlerThatDoesNotRead() {
		try (RawClient client = this.server.connect()) {
			client.write("POST /reads-late?ms=3000 HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nhalf ");
			Pause.millis(3300);
			client.write("later");
			assertThat(client.response().body()).isEqualTo("received 10");
		}
	}

	@Test
	void endsABodyThatTakesTooLongInAll() {
		try (RawClient client = this.server.connect()) {
			takesTooLong(client);
		}
	}

	// The clock of its connection ticks, and the next tick is near.
	@Test
	void endsNoBodyEarlyThatBeginsBetweenTwoTicks() {
		try (RawClient client = this.server.connect()) {
			assertThat(client.send("GET", "/fast").response().body()).isEqualTo("fast");
			Pause.millis(200);
			takesTooLong(client);
		}
	}

	// The body before it was still arriving at a tick.
	@ParameterizedTest
	@ValueSource(ints = { 50, 120, 200 })
	void endsNoLaterBodyEarly(int untilTheNext) {
		try (RawClient client = this.server.connect()) {
			client.send("POST", "/upload", "Content-Length: 10").write("12345");
			Pause.millis(300);
			assertThat(client.write("67890").response().status()).isEqualTo(200);
			Pause.millis(untilTheNext);
			takesTooLong(client);
		}
	}

	private static void takesTooLong(RawClient client) {
		long start = System.nanoTime();
		client.send("POST", "/upload-form", "Content-Length: 100000",
				"Content-Type: application/x-www-form-urlencoded");
		for (int i = 0; i < 100 && since(start).toMillis() < 900; i++) {
			Pause.millis(50);
			client.write("x".repeat(500));
		}
		Response response = client.response();
		assertThat(response.status()).isEqualTo(408);
		assertThat(response.body()).contains("did not arrive within 1s", "\"route\":\"long\"");
		assertThat(since(start)).isBetween(Duration.ofSeconds(1), Duration.ofSeconds(11));
	}

	@ParameterizedTest
	@ValueSource(strings = { "/upload", "/ignores-body", "/fast-without-body", "/nowhere" })
	void answers413ToAnAnnouncedSize(String path) {
		try (RawClient client = this.server.connect()) {
			client.write("POST " + path + " HTTP/1.1\r\nHost: test\r\nContent-Length: 102401\r\n\r\nabc");
			Response response = client.response();
			assertThat(response.status()).isEqualTo(413);
			assertThat(response.header("connection")).isEqualTo("close");
			assertThat(response.body()).contains("larger than 100KB");
			assertThat(client.end()).isEqualTo(new End(false, ""));
		}
	}

	@Test
	void answers413Without100WhenTheClientAsksFirst() {
		try (RawClient client = this.server.connect()) {
			client
				.write("POST /upload HTTP/1.1\r\nHost: test\r\nContent-Length: 102401\r\nExpect: 100-continue\r\n\r\n");
			assertThat(client.response().status()).isEqualTo(413);
			assertThat(client.end()).isEqualTo(new End(false, ""));
		}
		try (RawClient client = this.server.connect()) {
			client.write("POST /upload HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
			assertThat(client.response().status()).isEqualTo(100);
			client.write("abc");
			assertThat(client.response().body()).isEqualTo("received 3");
		}
	}

	@Test
	void answers413ToAChunkedBodyThatGrowsTooLarge() {
		double before = rejections("body-too-large", "refused");
		try (RawClient client = this.server.connect()) {
			client.send("POST", "/upload", "Transfer-Encoding: chunked");
			for (int i = 0; i < 30; i++) {
				client.write("1000\r\n" + "x".repeat(4096) + "\r\n");
			}
			Response response = client.response();
			assertThat(response.status()).isEqualTo(413);
			assertThat(response.header("connection")).isEqualTo("close");
		}
		assertThat(rejections("body-too-large", "refused")).isEqualTo(before + 1);
	}

	@Test
	void theAnswerReachesAClientThatGoesOnSending() {
		for (int i = 0; i < 20; i++) {
			try (RawClient client = this.server.connect()) {
				client.write("POST /upload HTTP/1.1\r\nHost: test\r\nContent-Length: 2000000\r\n\r\n");
				client.write("x".repeat(2_000_000));
				assertThat(client.response().status()).isEqualTo(413);
			}
		}
	}

	@Test
	void takesABodyOfExactlyTheSize() {
		try (RawClient client = this.server.connect()) {
			client.write("POST /upload HTTP/1.1\r\nHost: test\r\nContent-Length: 102400\r\n\r\n" + "x".repeat(102_400));
			assertThat(client.response().body()).isEqualTo("received 102400");
			assertThat(client.send("GET", "/fast").response().status()).isEqualTo(200);
		}
	}

	@Test
	void observesWithoutRefusing() {
		double before = rejections("body-too-large", "observed");
		try (RawClient client = this.server.connect()) {
			String order = "{\"item\":\"tea\",\"quantity\":2}";
			client.write("POST /orders HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nContent-Length: "
					+ order.length() + "\r\n\r\n" + order);
			assertThat(client.response().body()).isEqualTo("tea");
		}
		assertThat(rejections("body-too-large", "observed")).isEqualTo(before + 1);
	}

	@Test
	void aManagementPortHasClocksAndCapsOfItsOwn() {
		try (TestServer server = TestServer.start("management.server.port=0",
				"server.hardening.request.header-timeout=1s", "server.hardening.connection.max-open=2")) {
			int port = Integer.parseInt(server.property("local.management.port"));
			List<RawClient> clients = new ArrayList<>();
			try {
				// The application is full, and operators get in.
				for (int i = 0; i < 2; i++) {
					clients.add(server.connect());
					assertThat(clients.get(i).send("GET", "/fast").response().status()).isEqualTo(200);
				}
				clients.add(server.connect());
				assertThat(clients.get(2).end().reset()).isTrue();
				for (int i = 0; i < 2; i++) {
					RawClient operator = TestServer.connectTo(port);
					clients.add(operator);
					Response response = operator.send("GET", "/actuator/health").response();
					assertThat(response.status()).isEqualTo(200);
					assertThat(response.header("keep-alive")).isEqualTo("timeout=75");
				}
				clients.add(TestServer.connectTo(port));
				assertThat(clients.get(5).end().reset()).isTrue();
				clients.get(4).write("GET /actu");
				assertThat(clients.get(4).response().status()).isEqualTo(408);
			}
			finally {
				clients.forEach(RawClient::close);
			}
		}
	}

	@Test
	void actuatorHasNoGuardAndItsBodiesHaveAPaceAllTheSame() {
		long before = this.server.connections().closedCount(CloseReason.BODY_TOO_LARGE);
		int port = Integer.parseInt(this.server.property("local.management.port"));
		try (RawClient client = TestServer.connectTo(port)) {
			client.send("POST", "/actuator/loggers/x", "Content-Type: application/json", "Transfer-Encoding: chunked");
			for (int i = 0; i < 26; i++) {
				client.write("1000\r\n" + " ".repeat(4096) + "\r\n");
			}
			assertThat(client.response().status()).isEqualTo(413);
		}
		this.server.awaitClosed(CloseReason.BODY_TOO_LARGE, before + 1);
	}

}
