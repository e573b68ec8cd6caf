package io.serverhardening.response;

import java.time.Duration;

import io.serverhardening.route.RouteActivity.Ending;
import io.serverhardening.testing.RawClient;
import io.serverhardening.testing.TestServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What a client of HTTP/1.1 gets when a response takes too long.
 */
class ResponseIT {

	private static final Duration TIMEOUT = Duration.ofMillis(500);

	private static TestServer server;

	@BeforeAll
	static void start() {
		server = TestServer.start("server.hardening.response.timeout=500ms",
				"server.hardening.routes.report.path=/report/**",
				"server.hardening.routes.report.response.timeout-status=504");
	}

	@AfterAll
	static void stop() {
		server.close();
	}

	@Test
	void leavesQuickResponsesAlone() {
		RawClient.Response response = server.get("/fast");
		assertThat(response.status()).isEqualTo(200);
		assertThat(response.body()).isEqualTo("fast");
	}

	@Test
	void answersWithProblemAndCancelsHandlerWhenHandlerNeverAnswers() {
		int cancelled = server.handlers().cancelled();
		long start = System.nanoTime();
		RawClient.Response response = server.get("/never");
		assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(TIMEOUT, TIMEOUT.plusMillis(400));
		assertThat(response.status()).isEqualTo(503);
		assertThat(response.header("content-type")).isEqualTo("application/problem+json");
		assertThat(response.header("retry-after")).isEqualTo("1");
		assertThat(response.body()).contains("\"type\":\"urn:problem-type:server-hardening:deadline-exceeded\"",
				"\"status\":503", "\"guard\":\"response\"", "\"route\":\"default\"", "within 500ms",
				"\"instance\":\"/never\"");
		await().untilAsserted(() -> assertThat(server.handlers().cancelled()).isEqualTo(cancelled + 1));
	}

	@Test
	void answersWithTheStatusOfTheRoute() {
		RawClient.Response response = server.get("/report/never");
		assertThat(response.status()).isEqualTo(504);
		assertThat(response.body()).contains("\"route\":\"report\"", "\"status\":504");
	}

	@Test
	void keepsTheConnectionAfterATimeout() {
		try (RawClient client = server.connect()) {
			assertThat(client.send("GET", "/never").response().status()).isEqualTo(503);
			assertThat(client.send("GET", "/fast").response().body()).isEqualTo("fast");
			assertThat(client.send("GET", "/never").response().status()).isEqualTo(503);
		}
	}

	@Test
	void resetsAResponseThatStalls() throws Exception {
		try (RawClient client = server.connect()) {
			client.send("GET", "/stall");
			long start = System.nanoTime();
			RawClient.End end = client.end();
			assertThat(end.reset()).isTrue();
			assertThat(end.received()).contains("200 OK", "begun");
			assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(TIMEOUT, TIMEOUT.plusMillis(400));
		}
		await().untilAsserted(() -> assertThat(server.activity("default").inFlight()).isZero());
	}

	@Test
	void countsADisconnectApart() {
		long before = server.activity("default").count(Ending.CANCELLED);
		int subscribed = server.handlers().subscribed();
		int cancelled = server.handlers().cancelled();
		try (RawClient client = server.connect()) {
			client.send("GET", "/never");
			await().until(() -> server.handlers().subscribed() == subscribed + 1);
		}
		server.awaitCount("default", Ending.CANCELLED, before + 1);
		assertThat(server.handlers().cancelled()).isEqualTo(cancelled + 1);
	}

}
