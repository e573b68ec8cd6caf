package io.serverhardening.response;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

import io.serverhardening.Ending;
import io.serverhardening.route.RouteActivity;
import io.serverhardening.testing.RawClient;
import io.serverhardening.testing.TestServer;
import io.serverhardening.testing.TestWebSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.core.Ordered;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;

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
				"server.hardening.routes.report.response.timeout-status=504",
				"server.hardening.routes.patient.path=/api/**", "server.hardening.routes.patient.response.timeout=20s",
				"server.hardening.routes.hook.path=/slow-hook", "server.hardening.routes.hook.response.timeout=2s");
		server.warmUp();
	}

	// Clients of an earlier test may have left without their departure being noticed yet.
	@BeforeEach
	void settle() {
		server.awaitQuiet();
	}

	@AfterAll
	static void stop() {
		server.close();
	}

	@Test
	void leavesQuickResponsesAlone() {
		double refused = server.meter("server.hardening.rejections");
		long completed = server.activity("default").count(Ending.COMPLETED);
		try (RawClient client = server.connect()) {
			for (int i = 1; i <= 3; i++) {
				RawClient.Response response = client.send("GET", "/fast").response();
				assertThat(response.status()).isEqualTo(200);
				assertThat(response.body()).isEqualTo("fast");
				server.awaitCount("default", Ending.COMPLETED, completed + i);
			}
		}
		assertThat(server.meter("server.hardening.rejections")).isEqualTo(refused);
	}

	@Test
	void answersWithProblemAndCancelsHandlerWhenHandlerNeverAnswers() {
		int cancelled = server.handlers().cancelled();
		long start = System.nanoTime();
		RawClient.Response response = server.get("/never");
		assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(TIMEOUT, TIMEOUT.plusSeconds(10));
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
			long start = System.nanoTime();
			client.send("GET", "/stall");
			RawClient.End end = client.end();
			assertThat(end.reset()).isTrue();
			assertThat(end.received()).contains("200 OK", "begun");
			assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(TIMEOUT, TIMEOUT.plusSeconds(10));
		}
		await().untilAsserted(() -> assertThat(server.activity("default").inFlight()).isZero());
	}

	@Test
	void countsADisconnectApart() {
		long before = server.activity("patient").count(Ending.CANCELLED);
		int subscribed = server.handlers().subscribed();
		int cancelled = server.handlers().cancelled();
		try (RawClient client = server.connect()) {
			client.send("GET", "/api/never");
			await().until(() -> server.handlers().subscribed() == subscribed + 1);
		}
		server.awaitCount("patient", Ending.CANCELLED, before + 1);
		assertThat(server.handlers().cancelled()).isEqualTo(cancelled + 1);
	}

	@ParameterizedTest
	@ValueSource(strings = { "/events?everyMs=20", "/download?chunks=1000", "/file" })
	void countsAClientThatLeavesHalfWayThroughAsGone(String path) {
		RouteActivity activity = server.activity("default");
		long completed = activity.count(Ending.COMPLETED);
		long failed = activity.count(Ending.FAILED);
		long cancelled = activity.count(Ending.CANCELLED);
		try (RawClient client = server.connect(8 * 1024)) {
			assertThat(client.send("GET", path).header("content-type")).isNotNull();
		}
		await().until(() -> activity.inFlight() == 0);
		assertThat(activity.count(Ending.CANCELLED)).isEqualTo(cancelled + 1);
		assertThat(activity.count(Ending.COMPLETED)).isEqualTo(completed);
		assertThat(activity.count(Ending.FAILED)).isEqualTo(failed);
	}

	// The server is done with its handler when the first of it has been written. Whether
	// the client is gone by then nobody can tell.
	@Test
	void countsAClientThatLeavesHalfWayThroughAWholeBodyAsNoFailure() {
		RouteActivity activity = server.activity("default");
		long ended = activity.count(Ending.COMPLETED) + activity.count(Ending.CANCELLED);
		long failed = activity.count(Ending.FAILED);
		try (RawClient client = server.connect(8 * 1024)) {
			assertThat(client.send("GET", "/whole?size=20000000").header("content-type")).isNotNull();
		}
		await().until(() -> activity.inFlight() == 0);
		assertThat(activity.count(Ending.COMPLETED) + activity.count(Ending.CANCELLED)).isEqualTo(ended + 1);
		assertThat(activity.count(Ending.FAILED)).isEqualTo(failed);
	}

	@Test
	void removesWhatAHandlerSetForItsOwnBody() {
		RawClient.Response response = server.get("/never-with-headers");
		assertThat(response.status()).isEqualTo(503);
		assertThat(response.headers()).doesNotContainKeys("content-encoding", "etag").containsEntry("x-kept", "kept");
	}

	@Test
	void headGetsNoBody() {
		try (RawClient client = server.connect()) {
			client.send("HEAD", "/never", "Connection: close");
			RawClient.End end = client.end();
			assertThat(end.received()).startsWith("HTTP/1.1 503 ").endsWith("\r\n\r\n");
		}
	}

	@Test
	void aResponseThatKeepsComingIsLeftAlone() {
		RawClient.Response response = server.get("/chatty?everyMs=100&times=8");
		assertThat(response.status()).isEqualTo(200);
		assertThat(response.body()).isEqualTo("tick0tick1tick2tick3tick4tick5tick6tick7");
	}

	@Test
	void anEventStreamMayBeSilentBeforeAndBetweenItsEvents() throws Exception {
		long timedOut = server.activity("default").count(Ending.TIMED_OUT);
		try (RawClient client = server.connect()) {
			client.send("GET", "/events?everyMs=1200");
			assertThat(client.line()).isEqualTo("HTTP/1.1 200 OK");
			for (int beats = 0; beats < 3;) {
				beats += client.line().equals(":beat") ? 1 : 0;
			}
		}
		assertThat(server.activity("default").count(Ending.TIMED_OUT)).isEqualTo(timedOut);
	}

	@Test
	void anEventStreamThatItsClientAskedForMayBeginLate() {
		RawClient.Response response = server.get("/late-events", "Accept: text/event-stream");
		assertThat(response.status()).isEqualTo(200);
		assertThat(response.body()).isEqualTo("data: late\n\n");
	}

	@Test
	void whoTakesOtherThingsTooHasNotAskedForAnEventStream() {
		for (String accept : List.of("*/*", "text/*", "text/event-stream, application/json",
				"application/json, text/event-stream")) {
			assertThat(server.get("/late-events", "Accept: " + accept).status()).as(accept).isEqualTo(503);
		}
		assertThat(server.get("/late-events", "Accept: text/event-stream", "Accept: text/html").status())
			.isEqualTo(503);
	}

	@Test
	void askingForAnEventStreamDoesNotHoldAHandlerForEver() {
		long start = System.nanoTime();
		assertThat(server.get("/raw-never", "Accept: text/event-stream").status()).isEqualTo(503);
		assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(TIMEOUT.multipliedBy(9));
	}

	@Test
	void anNdjsonStreamMayNot() {
		try (RawClient client = server.connect()) {
			client.send("GET", "/ndjson-stall");
			RawClient.End end = client.end();
			assertThat(end.reset()).isTrue();
			assertThat(end.received()).contains("{\"line\":1}");
		}
	}

	@Test
	void aWebSocketOutlivesTheClock() {
		assertThat(TestWebSocket.echoAfter(server, TIMEOUT.multipliedBy(3))).containsExactly("echo late");
	}

	@Test
	void aHandlerThatIgnoresCancellationChangesNothing() {
		try (RawClient client = server.connect()) {
			RawClient.Response response = client.send("GET", "/ignores-cancel?ms=800").response();
			assertThat(response.status()).isEqualTo(503);
			// Past the moment at which the handler answers after all.
			assertThat(client.send("GET", "/chatty?everyMs=100&times=5").response().body())
				.isEqualTo("tick0tick1tick2tick3tick4");
			assertThat(client.send("GET", "/fast").response().body()).isEqualTo("fast");
		}
	}

	@Test
	void aHandlerThatCommitsOnAnotherThreadNeverMixesWithTheRefusal() {
		for (int ms = 494; ms <= 506; ms++) {
			try (RawClient client = server.connect()) {
				RawClient.End end = client.send("GET", "/commits-elsewhere?ms=" + ms, "Connection: close").end();
				if (!end.received().isEmpty()) {
					boolean mine = end.received().startsWith("HTTP/1.1 200 ") && end.received().endsWith("mine");
					boolean refused = end.received().startsWith("HTTP/1.1 503 ") && end.received().endsWith("}");
					assertThat(mine || refused || end.reset()).as(end.toString()).isTrue();
				}
			}
		}
	}

	@Test
	void aResponseThatIsCommittedInTimeIsLetGoAlthoughItComesLate() {
		// Committed well before the deadline of 2 s, and written just after it.
		RawClient.Response response = server.get("/slow-hook?ms=1100");
		assertThat(response.status()).isEqualTo(200);
		assertThat(response.body()).isEqualTo("mine");
	}

	@ParameterizedTest
	@ValueSource(strings = { "GET", "HEAD" })
	void aRefusalThatCannotBeWrittenEndsInAReset(String method) {
		try (RawClient client = server.connect()) {
			client.send(method, "/hanging-hook");
			long start = System.nanoTime();
			assertThat(client.end()).isEqualTo(new RawClient.End(true, ""));
			assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(TIMEOUT.plusSeconds(10));
		}
	}

	@Test
	void aFailingHandlerIsTheApplicationsBusiness() {
		long failed = server.activity("default").count(Ending.FAILED);
		assertThat(server.get("/throws").status()).isEqualTo(500);
		assertThat(server.get("/signals-error").status()).isEqualTo(500);
		server.awaitCount("default", Ending.FAILED, failed + 2);
	}

	@Test
	void aResponseThatFailsAfterItsBeginIsNotTakenForComplete() {
		try (RawClient client = server.connect()) {
			String received = client.send("GET", "/fails-after-commit").end().received();
			assertThat(received).contains("begun").doesNotEndWith("0\r\n\r\n").doesNotContain("secret");
		}
	}

	@Test
	void aHandlerReadsWhatIsLeft() {
		String[] remaining = server.get("/remaining").body().split(" ", -1);
		assertThat(Integer.parseInt(remaining[0])).isBetween(1, 500);
		assertThat(Integer.parseInt(remaining[1])).isBetween(1, 500);
	}

	@Test
	void theTimeSpentWaitingForTheBodyIsGivenBack() {
		try (RawClient client = server.connect()) {
			client.write("POST /upload HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\n");
			for (int i = 0; i < 10; i++) {
				pause(Duration.ofMillis(120));
				client.write("x");
			}
			RawClient.Response response = client.response();
			assertThat(response.status()).isEqualTo(200);
			assertThat(response.body()).isEqualTo("received 10");
		}
	}

	@Test
	void theTimeSpentWaitingForAFormIsGivenBack() {
		try (RawClient client = server.connect()) {
			client.write("POST /upload-form HTTP/1.1\r\nHost: test\r\nContent-Length: 7\r\n"
					+ "Content-Type: application/x-www-form-urlencoded\r\n\r\na=1");
			pause(Duration.ofMillis(900));
			RawClient.Response response = client.write("&b=2").response();
			assertThat(response.status()).isEqualTo(200);
			assertThat(response.body()).isEqualTo("received 2");
		}
	}

	@Test
	void timeIsNotGivenBackForABodyThatNobodyReads() {
		try (RawClient client = server.connect()) {
			long start = System.nanoTime();
			client.write("POST /ignores-body HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nx");
			assertThat(client.response().status()).isEqualTo(503);
			assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(TIMEOUT, TIMEOUT.plusSeconds(10));
		}
	}

	@Test
	void timeIsNotGivenBackToAHandlerThatStopsReading() {
		try (RawClient client = server.connect()) {
			long start = System.nanoTime();
			client.write("POST /reads-one-chunk HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nx");
			assertThat(client.response().status()).isEqualTo(503);
			assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(TIMEOUT, TIMEOUT.plusSeconds(10));
		}
	}

	@Test
	void timeIsNotGivenBackForBytesThatNobodyReads() {
		try (RawClient client = server.connect()) {
			client.write("POST /reads-one-chunk HTTP/1.1\r\nHost: test\r\nContent-Length: 100\r\n\r\nx");
			// Were time given back, its deadline would not end it while it drips.
			assertThat(client.drip("x", Duration.ofMillis(100), Duration.ofSeconds(9)))
				.isLessThan(Duration.ofSeconds(8));
			assertThat(client.response().status()).isEqualTo(503);
		}
	}

	@Test
	void whatComesAfterTheHandlerIsUnderTheDeadlineToo() {
		for (String target : List.of("/hanging-session", "/hanging-session?fail=true")) {
			double refused = server.meter("server.hardening.rejections", "outcome", "refused");
			try (RawClient client = server.connect()) {
				long start = System.nanoTime();
				assertThat(client.send("GET", target).end()).isEqualTo(new RawClient.End(true, ""));
				assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(TIMEOUT, TIMEOUT.plusSeconds(10));
			}
			assertThat(server.meter("server.hardening.rejections", "outcome", "refused")).isEqualTo(refused + 1);
		}
	}

	@Test
	void aConnectionThatIsDoneIsNotUnderADeadline() {
		try (RawClient client = server.connect()) {
			for (String target : List.of("/fast", "/throws", "/nothing", "/teapot")) {
				assertThat(client.send("GET", target).response().status()).isPositive();
				pause(TIMEOUT.plusMillis(150));
			}
			assertThat(client.send("GET", "/fast").response().body()).isEqualTo("fast");
		}
	}

	@Test
	void aRequestThatGoesToAnotherThreadBeforeItsGuardsIsTimedAlike() {
		try (TestServer hopping = TestServer.start(List.of(HoppingFilter.class),
				"server.hardening.response.timeout=500ms")) {
			try (RawClient client = hopping.connect()) {
				assertThat(client.send("GET", "/never").response().status()).isEqualTo(503);
				assertThat(client.send("GET", "/stall").end().reset()).isTrue();
			}
			try (RawClient client = hopping.connect()) {
				client.write("POST /upload HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\n\r\n");
				for (int i = 0; i < 3; i++) {
					pause(Duration.ofMillis(300));
					client.write("x");
				}
				assertThat(client.response().body()).isEqualTo("received 3");
			}
		}
	}

	@Test
	void aSlowReaderIsNotASilentHandler() {
		try (RawClient client = server.connect()) {
			client.send("GET", "/download?chunks=100");
			int taken = client.take(64 * 1024);
			pause(TIMEOUT.multipliedBy(3));
			assertThat(taken + client.take(99 * 64 * 1024)).isEqualTo(100 * 64 * 1024);
		}
	}

	@Test
	void aDisconnectDuringAnUnreadUploadIsSeen() {
		int subscribed = server.handlers().subscribed();
		long before = server.activity("default").count(Ending.CANCELLED)
				+ server.activity("default").count(Ending.TIMED_OUT);
		try (RawClient client = server.connect()) {
			client.write("POST /ignores-body HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nx");
			await().until(() -> server.handlers().subscribed() == subscribed + 1);
		}
		await().untilAsserted(() -> assertThat(
				server.activity("default").count(Ending.CANCELLED) + server.activity("default").count(Ending.TIMED_OUT))
			.isEqualTo(before + 1));
		await().untilAsserted(() -> assertThat(server.activity("default").inFlight()).isZero());
	}

	// What a hand-written slow client does between its writes.
	private static void pause(Duration duration) {
		LockSupport.parkNanos(duration.toNanos());
	}

	/**
	 * Goes to another thread before any guard has run.
	 */
	static class HoppingFilter implements WebFilter, Ordered {

		@Override
		public int getOrder() {
			return Ordered.HIGHEST_PRECEDENCE;
		}

		@Override
		public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
			return Mono.defer(() -> chain.filter(exchange)).subscribeOn(Schedulers.boundedElastic());
		}

	}

}
