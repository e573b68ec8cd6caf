package io.serverhardening.deduplication;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

import io.serverhardening.Ending;
import io.serverhardening.deduplication.run.BodyBudget;
import io.serverhardening.route.Routes;
import io.serverhardening.testing.Heap;
import io.serverhardening.testing.Pause;
import io.serverhardening.testing.RawClient;
import io.serverhardening.testing.TestServer;
import io.serverhardening.testing.TestServers;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.server.WebExceptionHandler;
import org.springframework.web.server.WebFilter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What the copies of a message get.
 */
@ExtendWith(OutputCaptureExtension.class)
class DeduplicationIT {

	private static final String ROUTE = "server.hardening.routes.orders.";

	private static final String IDEMPOTENCY = "header:Idempotency-Key";

	@RegisterExtension
	static final TestServers servers = new TestServers();

	private static int test;

	@BeforeEach
	void begin() {
		test++;
	}

	private static TestServer start(String key, String... properties) {
		return TestServer.start(List.of(Orders.class), settings(key, properties));
	}

	// What its handlers have done for other tests is forgotten.
	private static TestServer shared(String key, String... properties) {
		TestServer server = servers.with(List.of(Orders.class), settings(key, properties));
		server.bean(Orders.class).forget();
		return server;
	}

	// Its clients wait for a second, and its handlers run on.
	private static TestServer sharedHasty() {
		TestServer server = shared(IDEMPOTENCY, ROUTE + "response.timeout=1s", ROUTE + "deduplication.run-timeout=1m");
		server.warmUp();
		return server;
	}

	private static String[] settings(String key, String... properties) {
		return Stream
			.concat(Stream.of(ROUTE + "path=/messages/**", ROUTE + "deduplication.key=" + key), Stream.of(properties))
			.toArray(String[]::new);
	}

	// A key that no other test has.
	private static String key(String name) {
		return "Idempotency-Key: " + test + "-" + name;
	}

	private static RawClient.Response post(TestServer server, String target, String body, String... headers) {
		try (RawClient client = begin(server, target, body, headers)) {
			return client.response();
		}
	}

	// A copy gives up a moment before its deadline. On a busy machine that moment may
	// pass, and the copy is told of its deadline.
	private static RawClient.Response postUntilRefused(TestServer server, String target, String body,
			String... headers) {
		return await().until(() -> post(server, target, body, headers), (copy) -> copy.status() == 409);
	}

	private static RawClient begin(TestServer server, String target, String body, String... headers) {
		List<String> all = new ArrayList<>(List.of(headers));
		if (all.stream().noneMatch((header) -> header.startsWith("Content-Type"))) {
			all.add("Content-Type: text/plain");
		}
		all.add("Content-Length: " + body.length());
		return server.connect().send("POST", target, all.toArray(String[]::new)).write(body);
	}

	private static DeduplicationGuard guard(TestServer server) {
		return server.guard(DeduplicationGuard.class);
	}

	private static void awaitRunning(TestServer server, int count) {
		await().pollInterval(Duration.ofMillis(5))
			.untilAsserted(() -> assertThat(guard(server).state().running()).isEqualTo(count));
	}

	private static void awaitWaiting(TestServer server, int count) {
		await().pollInterval(Duration.ofMillis(5))
			.untilAsserted(() -> assertThat(guard(server).state().waiting()).isEqualTo(count));
	}

	@Test
	void answersACopyWithTheSame() {
		TestServer server = shared(IDEMPOTENCY);
		RawClient.Response first = post(server, "/messages", "tea", key("1"));
		RawClient.Response copy = post(server, "/messages", "tea", key("1"));
		assertThat(first.status()).isEqualTo(201);
		assertThat(first.header("idempotent-replayed")).isNull();
		assertThat(first.header("set-cookie")).contains("secret");
		assertThat(copy.status()).isEqualTo(201);
		assertThat(copy.body()).isEqualTo(first.body()).isEqualTo("run 1 of tea");
		assertThat(copy.header("location")).isEqualTo("/orders/1");
		assertThat(copy.header("content-type")).isEqualTo(first.header("content-type"));
		assertThat(copy.header("idempotent-replayed")).isEqualTo("true");
		assertThat(copy.header("set-cookie")).isNull();
		assertThat(copy.header("x-internal")).isNull();
		assertThat(server.bean(Orders.class).runs("tea")).isEqualTo(1);
	}

	@Test
	void handlesToTheEndWhatIsTooLongToKeepAndCannotBeAnswered() {
		TestServer server = shared(IDEMPOTENCY);
		Orders orders = server.bean(Orders.class);
		assertThat(post(server, "/messages/long", "tea", key("1"), "X-Fail-Commit: yes").status()).isEqualTo(500);
		await().untilAsserted(() -> assertThat(orders.finished()).isEqualTo(1));
		assertThat(orders.cancelled()).isZero();
		awaitRunning(server, 0);
		assertThat(post(server, "/messages/long", "tea", key("1")).body()).contains("answer-not-kept");
		assertThat(orders.runs("tea")).isEqualTo(1);
	}

	@Test
	void givesACopyTheHeadersThatItIsTold() {
		try (TestServer server = start(IDEMPOTENCY, ROUTE + "deduplication.replay-headers=x-internal")) {
			RawClient.Response first = post(server, "/messages", "tea", key("1"));
			RawClient.Response copy = post(server, "/messages", "tea", key("1"));
			assertThat(copy.header("x-internal")).isNotNull().isEqualTo(first.header("x-internal"));
			assertThat(copy.header("set-cookie")).isNull();
		}
	}

	@Test
	void wantsAnIdempotencyKey() {
		TestServer server = shared(IDEMPOTENCY);
		RawClient.Response response = post(server, "/messages", "tea");
		assertThat(response.status()).isEqualTo(400);
		assertThat(response.body()).contains("key-missing");
		assertThat(post(server, "/messages", "tea", "Idempotency-Key: \"\"").body()).contains("key-missing");
		assertThat(server.bean(Orders.class).runs("tea")).isZero();
	}

	@Test
	void refusesAKeyThatCameWithSomethingElse() {
		TestServer server = shared(IDEMPOTENCY);
		post(server, "/messages", "tea", key("1"));
		RawClient.Response other = post(server, "/messages", "coffee", key("1"));
		RawClient.Response elsewhere = post(server, "/messages/status/200", "tea", key("1"));
		assertThat(other.status()).isEqualTo(422);
		assertThat(other.body()).contains("key-reused");
		assertThat(elsewhere.status()).isEqualTo(422);
		assertThat(server.bean(Orders.class).runs("coffee")).isZero();
	}

	@Test
	void takesAnotherBodyForAnotherMessageWithAnyOtherKey() {
		TestServer server = shared("header:X-Message");
		assertThat(post(server, "/messages", "tea", "X-Message: 1").body()).isEqualTo("run 1 of tea");
		assertThat(post(server, "/messages", "coffee", "X-Message: 1").body()).isEqualTo("run 1 of coffee");
		RawClient.Response copy = post(server, "/messages", "coffee", "X-Message: 1");
		assertThat(copy.body()).isEqualTo("run 1 of coffee");
		assertThat(copy.header("idempotent-replayed")).isNull();
		assertThat(server.bean(Orders.class).runs("coffee")).isEqualTo(1);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			body           | text/plain       | tea                                   |
			json:/order/id | application/json | {"order":{"id":7},"at":%d}            |
			json:/order/id | application/json | {"nothing":%d}                        |
			xml:/xml/Id    | text/xml         | <xml><Id>7</Id><At>%d</At></xml>      |
			bean:invoices  | text/plain       | tea                                   | X-Invoice: 1
			header:X-Id    | text/plain       | tea                                   |
			""")
	void findsTheKey(String key, String type, String body, String header) {
		TestServer server = shared(key);
		String[] headers = (header != null) ? new String[] { "Content-Type: " + type, header }
				: new String[] { "Content-Type: " + type };
		String same = body.formatted(1);
		String other = body.equals("tea") ? "coffee" : body.formatted(2);
		RawClient.Response first = post(server, "/messages", same, headers);
		assertThat(first.status()).isEqualTo(201);
		assertThat(post(server, "/messages", same, headers).body()).isEqualTo(first.body());
		assertThat(post(server, "/messages", other, headers).body()).contains("run 1").isNotEqualTo(first.body());
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			json:/id | {"id":
			json:/id | <xml/>
			xml:/id  | <id>7
			xml:/id  | <!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><id>&e;</id>
			xml:/id  | <!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><id>&b;</id>
			xml:/id  | {"id":7}
			""")
	void refusesWhatItCannotRead(String key, String body) {
		TestServer server = shared(key);
		RawClient.Response response = post(server, "/messages", body);
		assertThat(response.status()).isEqualTo(400);
		assertThat(response.body()).contains("message-invalid").doesNotContain("root:");
		assertThat(guard(server).state().records().local().size()).isZero();
	}

	@Test
	void takesAKeyOfAMegabyte() {
		try (TestServer server = start("json:/id", ROUTE + "deduplication.max-body-size=4MB",
				"spring.codec.max-in-memory-size=4MB", "spring.http.codecs.max-in-memory-size=4MB")) {
			String body = "{\"id\":\"" + "k".repeat(1_000_000) + "\"}";
			assertThat(post(server, "/messages/status/200", body).body()).isEqualTo("run 1");
			assertThat(post(server, "/messages/status/200", body).body()).isEqualTo("run 1");
		}
	}

	@Test
	void refusesABodyThatIsTooLarge() {
		try (TestServer server = start("body", ROUTE + "request.max-body-size=1KB")) {
			assertThat(post(server, "/messages", "x".repeat(2000)).status()).isEqualTo(413);
			assertThat(guard(server).state().records().local().size()).isZero();
		}
	}

	@Test
	void keepsNoLongerBodyThanSpringsCodecsDo() {
		TestServer server = shared("body");
		long records = guard(server).state().records().local().size();
		RawClient.Response response = post(server, "/messages", "x".repeat(256 * 1024 + 1));
		assertThat(response.status()).isEqualTo(413);
		assertThat(guard(server).state().records().local().size()).isEqualTo(records);
		assertThat(post(server, "/messages/status/200", "x".repeat(256 * 1024)).status()).isEqualTo(200);
		try (RawClient client = server.connect().send("POST", "/messages", "Transfer-Encoding: chunked")) {
			client.write("50000\r\n" + "x".repeat(0x50000) + "\r\n0\r\n\r\n");
			assertThat(client.response().status()).isEqualTo(413);
		}
	}

	@Test
	void aCopyKeepsNoMoreTheLongerItWaits() {
		int copies = 200;
		try (TestServer server = start(IDEMPOTENCY, ROUTE + "response.timeout=60s")) {
			List<RawClient> clients = new ArrayList<>();
			try {
				clients.add(begin(server, "/messages/blocked", "tea", key("1")));
				awaitRunning(server, 1);
				for (int i = 0; i < copies; i++) {
					clients.add(begin(server, "/messages/blocked", "tea", key("1")));
				}
				awaitWaiting(server, copies);
				// Until each of them asks once a second.
				long before = operatorsAfter(Duration.ofSeconds(3));
				long more = operatorsAfter(Duration.ofSeconds(4)) - before;
				assertThat(more / copies).as("operators more a copy").isLessThan(4);
				awaitWaiting(server, copies);
			}
			finally {
				clients.forEach(RawClient::reset);
			}
		}
	}

	private static long operatorsAfter(Duration time) {
		Pause.millis(time.toMillis());
		return Heap.live()
			.entrySet()
			.stream()
			.filter((entry) -> entry.getKey().startsWith("reactor.core.publisher."))
			.mapToLong(Map.Entry::getValue)
			.sum();
	}

	@Test
	void copiesThatWaitKeepOneBodyForAll() {
		String body = "x".repeat(250_000);
		try (TestServer server = start("body", ROUTE + "deduplication.run-timeout=5m")) {
			BodyBudget budget = guard(server).state().budget();
			List<RawClient> copies = new ArrayList<>();
			try {
				copies.add(begin(server, "/messages/blocked", body));
				awaitRunning(server, 1);
				copies.add(begin(server, "/messages/blocked", body));
				awaitWaiting(server, 1);
				long before = Heap.used();
				for (int i = 0; i < 100; i++) {
					copies.add(begin(server, "/messages/blocked", body));
				}
				awaitWaiting(server, 101);
				assertThat(budget.held()).isEqualTo(2L * body.length());
				await().untilAsserted(() -> assertThat(Heap.used() - before).isLessThan(12_000_000));
			}
			finally {
				copies.forEach(RawClient::reset);
			}
			awaitWaiting(server, 0);
			assertThat(budget.held()).isEqualTo(body.length());
		}
	}

	@Test
	void refusesABodyThatIsTooLargeAlsoWhereRequestsAreOnlyObserved() {
		try (TestServer server = start("body", ROUTE + "request.max-body-size=1KB", ROUTE + "request.mode=observe")) {
			assertThat(post(server, "/messages", "x".repeat(2000)).status()).isEqualTo(413);
		}
	}

	@Test
	void letsOtherMethodsPass() {
		TestServer server = shared("body");
		assertThat(server.get("/messages").body()).isEqualTo("run 1");
		assertThat(server.get("/messages").body()).isEqualTo("run 2");
	}

	@Test
	void handsFormsOnIntact() {
		TestServer server = shared("body");
		String type = "Content-Type: application/x-www-form-urlencoded";
		assertThat(post(server, "/messages/form", "item=tea&n=1", type).body()).isEqualTo("item tea run 1");
		assertThat(post(server, "/messages/form", "item=tea&n=1", type).body()).isEqualTo("item tea run 1");
	}

	@Test
	void handsOnAFormThatAFilterHasRead() {
		String type = "Content-Type: application/x-www-form-urlencoded";
		try (TestServer server = start(IDEMPOTENCY, "spring.webflux.hiddenmethod.filter.enabled=true")) {
			String first = key("1");
			assertThat(post(server, "/messages/form", "item=t%26e+a&n=1", type, first).body())
				.isEqualTo("item t&e a run 1");
			assertThat(post(server, "/messages/form", "item=coffee&n=1", type, key("2")).body())
				.isEqualTo("item coffee run 1");
			assertThat(post(server, "/messages/form", "item=t%26e+a&n=1", type, first).body())
				.isEqualTo("item t&e a run 1");
			assertThat(post(server, "/messages/form", "item=milk&n=1", type, first).status()).isEqualTo(422);
		}
		try (TestServer server = start("body", "spring.webflux.hiddenmethod.filter.enabled=true")) {
			assertThat(post(server, "/messages/form", "item=tea", type).body()).isEqualTo("item tea run 1");
			assertThat(post(server, "/messages/form", "item=coffee", type).body()).isEqualTo("item coffee run 1");
			assertThat(post(server, "/messages/form", "item=tea", type).body()).isEqualTo("item tea run 1");
			assertThat(server.bean(Orders.class).runs("tea")).isEqualTo(1);
		}
	}

	@Test
	void takesABodyThatIsNotThereForNoMessage() {
		TestServer server = shared(IDEMPOTENCY);
		assertThat(post(server, "/messages", "tea", key("1"), "X-Eat: yes").body()).contains("message-invalid",
				"a filter has read it before");
		try (RawClient client = server.connect()) {
			client.send("POST", "/messages", key("2"), "Transfer-Encoding: chunked", "X-Eat: yes")
				.write("3\r\ntea\r\n0\r\n\r\n");
			assertThat(client.response().status()).isEqualTo(400);
		}
		assertThat(server.bean(Orders.class).most()).isZero();
		assertThat(post(server, "/messages", "tea", key("1")).body()).isEqualTo("run 1 of tea");
	}

	@Test
	void keepsAnAnswerWhateverItsHeaders() {
		TestServer server = shared(IDEMPOTENCY);
		for (String headers : new String[] { "null", "long" }) {
			String target = "/messages/headers/" + headers;
			String key = key(headers);
			assertThat(post(server, target, headers, key).status()).isEqualTo(200);
			post(server, target, headers, key);
			assertThat(server.bean(Orders.class).runs(headers)).as(headers).isEqualTo(1);
		}
	}

	@Test
	void answersACopyWithTheHeadersOfTheFirstAndNoOther() {
		TestServer server = shared(IDEMPOTENCY);
		String[] headers = { key("1"), "X-Cache: yes" };
		RawClient.Response first = post(server, "/messages/headers/cached", "tea", headers);
		RawClient.Response copy = post(server, "/messages/headers/cached", "tea", headers);
		assertThat(copy.header("idempotent-replayed")).isEqualTo("true");
		assertThat(copy.header("cache-control")).isEqualTo(first.header("cache-control")).isEqualTo("max-age=60");
	}

	@Test
	void aStrangerCannotUseUpTheAttemptsOfAMessage() {
		TestServer server = shared(IDEMPOTENCY, ROUTE + "deduplication.max-attempts=2");
		for (int i = 0; i < 5; i++) {
			assertThat(post(server, "/messages/status/401", "tea", key("1")).status()).isEqualTo(401);
		}
		assertThat(server.bean(Orders.class).runs("tea")).isEqualTo(5);
	}

	@Test
	void makesACopyWaitForTheFirst() {
		TestServer server = shared(IDEMPOTENCY);
		try (RawClient first = begin(server, "/messages/held", "tea", key("1"))) {
			awaitRunning(server, 1);
			try (RawClient copy = begin(server, "/messages/held", "tea", key("1"))) {
				awaitWaiting(server, 1);
				server.bean(Orders.class).letGo();
				assertThat(copy.response().body()).isEqualTo("run 1 of tea");
				assertThat(first.response().body()).isEqualTo("run 1 of tea");
			}
		}
		awaitWaiting(server, 0);
		assertThat(server.bean(Orders.class).runs("tea")).isEqualTo(1);
	}

	@Test
	void refusesACopyAtOnceWhereItIsTold() {
		try (TestServer server = start(IDEMPOTENCY, ROUTE + "deduplication.on-busy=reject")) {
			try (RawClient first = begin(server, "/messages/held", "tea", key("1"))) {
				awaitRunning(server, 1);
				RawClient.Response copy = post(server, "/messages/held", "tea", key("1"));
				assertThat(copy.status()).isEqualTo(409);
				assertThat(copy.header("retry-after")).isEqualTo("1");
				assertThat(copy.body()).contains("duplicate-running");
				server.bean(Orders.class).letGo();
				assertThat(first.response().status()).isEqualTo(201);
			}
		}
	}

	@Test
	void runsOnWhenTheDeadlineHasPassedAndAnswersALaterAttempt() {
		TestServer server = sharedHasty();
		RawClient.Response first = post(server, "/messages/held", "tea", key("1"));
		assertThat(first.status()).isEqualTo(503);
		RawClient.Response second = postUntilRefused(server, "/messages/held", "tea", key("1"));
		assertThat(second.header("retry-after")).isNotNull();
		server.bean(Orders.class).letGo();
		awaitRunning(server, 0);
		RawClient.Response third = post(server, "/messages/held", "tea", key("1"));
		assertThat(third.status()).isEqualTo(201);
		assertThat(third.body()).isEqualTo("run 1 of tea");
		assertThat(server.bean(Orders.class).runs("tea")).isEqualTo(1);
		assertThat(server.bean(Orders.class).cancelled()).isZero();
	}

	@Test
	void runsOnWhenTheClientHasLeft() {
		TestServer server = shared(IDEMPOTENCY);
		long cancelled = server.activity("orders").count(Ending.CANCELLED);
		RawClient first = begin(server, "/messages/held", "tea", key("1"));
		awaitRunning(server, 1);
		first.reset();
		server.awaitCount("orders", Ending.CANCELLED, cancelled + 1);
		try (RawClient second = begin(server, "/messages/held", "tea", key("1"))) {
			awaitWaiting(server, 1);
			server.bean(Orders.class).letGo();
			assertThat(second.response().body()).isEqualTo("run 1 of tea");
		}
		assertThat(server.bean(Orders.class).runs("tea")).isEqualTo(1);
		assertThat(server.bean(Orders.class).cancelled()).isZero();
	}

	@Test
	void tellsTheHandlerHowLongItMayRun() {
		try (TestServer server = start(IDEMPOTENCY, ROUTE + "response.timeout=2s")) {
			post(server, "/messages", "tea", key("1"));
			assertThat(Duration.ofNanos(server.bean(Orders.class).lastRemaining())).isBetween(Duration.ofSeconds(4),
					Duration.ofSeconds(6));
			assertThat(server.bean(Orders.class).lastKey()).hasSize(32);
		}
	}

	@Test
	void finishesAtShutdownWhatNobodyWaitsForAnyMore() {
		TestServer server = start(IDEMPOTENCY, ROUTE + "response.timeout=1s", ROUTE + "deduplication.run-timeout=10s",
				"server.shutdown=graceful");
		Orders orders = server.bean(Orders.class);
		DeduplicationState state = guard(server).state();
		try (server) {
			server.warmUp();
			assertThat(post(server, "/messages?ms=3000", "tea", key("1")).status()).isEqualTo(503);
			assertThat(state.running()).isEqualTo(1);
		}
		assertThat(state.activity().total(DeduplicationEvent.COMPLETED)).isEqualTo(1);
		assertThat(orders.cancelled()).isZero();
		assertThat(state.running()).isZero();
	}

	@Test
	void waitsAtShutdownNoLongerThanItMay() {
		TestServer server = start(IDEMPOTENCY, ROUTE + "response.timeout=1s", ROUTE + "deduplication.run-timeout=1m",
				"server.shutdown=graceful", "spring.lifecycle.timeout-per-shutdown-phase=1s");
		DeduplicationState state = guard(server).state();
		try (server) {
			server.warmUp();
			assertThat(post(server, "/messages/blocked", "tea", key("1")).status()).isEqualTo(503);
		}
		assertThat(state.running()).isEqualTo(1);
	}

	@Test
	void stopsAHandlerThatRunsForTooLongAndKeepsItsClaim() {
		try (TestServer server = start(IDEMPOTENCY, ROUTE + "response.timeout=1s",
				ROUTE + "deduplication.run-timeout=2s", ROUTE + "deduplication.lease=4s")) {
			server.warmUp();
			assertThat(post(server, "/messages/blocked", "tea", key("1")).status()).isEqualTo(503);
			awaitRunning(server, 0);
			await().until(() -> server.bean(Orders.class).cancelled() == 1);
			postUntilRefused(server, "/messages/blocked", "tea", key("1"));
			assertThat(server.bean(Orders.class).runs("tea")).isEqualTo(1);
			await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
				post(server, "/messages/blocked", "tea", key("1"));
				assertThat(server.bean(Orders.class).runs("tea")).isEqualTo(2);
			});
			assertThat(guard(server).state().activity().total(DeduplicationEvent.TIMED_OUT)).isPositive();
			assertThat(guard(server).state().activity().total(DeduplicationEvent.TAKEN_OVER)).isEqualTo(1);
		}
	}

	@Test
	void aBodyWhoseCleanUpHangsHoldsUpNoOther() {
		try (TestServer server = start(IDEMPOTENCY, ROUTE + "response.timeout=1s",
				ROUTE + "deduplication.run-timeout=1500ms")) {
			Orders orders = server.bean(Orders.class);
			server.warmUp();
			try {
				assertThat(post(server, "/messages/hanging-clean-up", "tea", key("1")).status()).isEqualTo(503);
				await().until(() -> orders.cancelled() == 1);
				assertThat(post(server, "/messages/blocked", "coffee", key("2")).status()).isEqualTo(503);
				awaitRunning(server, 0);
				await().until(() -> orders.cancelled() == 2);
			}
			finally {
				orders.cleanUp();
			}
		}
	}

	@Test
	void handlesAgainWhatFailed() {
		TestServer server = shared(IDEMPOTENCY);
		assertThat(post(server, "/messages/fails-first", "tea", key("1")).status()).isEqualTo(500);
		assertThat(post(server, "/messages/fails-first", "tea", key("1")).body()).isEqualTo("run 2");
		assertThat(post(server, "/messages/fails-first", "tea", key("1")).body()).isEqualTo("run 2");
	}

	@Test
	void handsTheMessageOnToACopyThatWaitsWhenTheFirstFails() {
		TestServer server = shared(IDEMPOTENCY);
		try (RawClient first = begin(server, "/messages/held/fails-first", "tea", key("1"))) {
			awaitRunning(server, 1);
			try (RawClient copy = begin(server, "/messages/held/fails-first", "tea", key("1"))) {
				awaitWaiting(server, 1);
				server.bean(Orders.class).letGo();
				assertThat(first.response().status()).isEqualTo(500);
				assertThat(copy.response().body()).isEqualTo("run 2");
			}
		}
	}

	@Test
	void handsTheMessageOnOnceWhenManyWaitAndTheFirstFails() {
		TestServer server = shared(IDEMPOTENCY);
		List<RawClient> copies = new ArrayList<>();
		try {
			copies.add(begin(server, "/messages/held/fails-first", "tea", key("1")));
			awaitRunning(server, 1);
			for (int i = 0; i < 30; i++) {
				copies.add(begin(server, "/messages/held/fails-first", "tea", key("1")));
			}
			awaitWaiting(server, 30);
			server.bean(Orders.class).letGo();
			assertThat(copies.get(0).response().status()).isEqualTo(500);
			for (RawClient copy : copies.subList(1, copies.size())) {
				assertThat(copy.response().body()).isEqualTo("run 2");
			}
		}
		finally {
			copies.forEach(RawClient::close);
		}
		assertThat(server.bean(Orders.class).runs("tea")).isEqualTo(2);
	}

	@Test
	void aHerdOfCopiesDoesNotRunAMessageThatFailsOnceForEach() throws Exception {
		TestServer server = shared(IDEMPOTENCY);
		ExecutorService clients = Executors.newFixedThreadPool(200);
		List<Callable<Integer>> copies = Collections.nCopies(200,
				() -> post(server, "/messages/fails?ms=50", "tea", key("1")).status());
		Set<Integer> answers = new HashSet<>();
		for (Future<Integer> answer : clients.invokeAll(copies)) {
			answers.add(answer.get());
		}
		clients.shutdown();
		assertThat(answers).containsExactlyInAnyOrder(500, 409);
		assertThat(server.bean(Orders.class).runs("tea")).isBetween(4, 100);
		assertThat(guard(server).state().waiting()).isZero();
	}

	@Test
	void countsNoAttemptWhereThereWasNoRoomToRun() {
		try (TestServer server = start(IDEMPOTENCY, ROUTE + "deduplication.max-runs=1",
				ROUTE + "deduplication.max-attempts=1")) {
			try (RawClient first = begin(server, "/messages/held", "a", key("a"))) {
				awaitRunning(server, 1);
				assertThat(post(server, "/messages", "b", key("b")).status()).isEqualTo(503);
				server.bean(Orders.class).letGo();
				assertThat(first.response().status()).isEqualTo(201);
			}
			assertThat(post(server, "/messages", "b", key("b")).status()).isEqualTo(201);
		}
	}

	@Test
	void keepsTheHeadersOfAHandlerThatFails() {
		TestServer server = shared(IDEMPOTENCY);
		RawClient.Response failed = post(server, "/messages/fails?ms=0", "tea", key("1"),
				"Origin: https://shop.example");
		assertThat(failed.status()).isEqualTo(500);
		assertThat(failed.header("access-control-allow-origin")).isEqualTo("https://shop.example");
		assertThat(failed.header("x-hook")).isEqualTo("ran");
	}

	// Reactor lets such an error fly past whoever waits.
	@Test
	void answersWhereAHandlerFailsWithAnError() {
		try (TestServer server = start(IDEMPOTENCY, ROUTE + "response.timeout=10s")) {
			assertThat(post(server, "/messages/overflows", "tea", key("1")).status()).isEqualTo(500);
			assertThat(post(server, "/messages/overflows", "tea", key("1")).status()).isEqualTo(500);
			assertThat(server.bean(Orders.class).runs("tea")).isEqualTo(2);
		}
	}

	@Test
	void leavesAnUnreadableContentTypeToTheHandler() {
		TestServer server = shared(IDEMPOTENCY);
		String type = "Content-Type: garbage";
		assertThat(post(server, "/messages/parts", "", key("1"), type).body()).isEqualTo("[]");
	}

	@Test
	void handsOnPartsOfEachKind() {
		String body = "--b\r\nContent-Disposition: form-data; name=\"item\"\r\n\r\ntea\r\n--b--\r\n";
		TestServer server = shared(IDEMPOTENCY);
		for (String kind : new String[] { "form-data", "mixed", "related" }) {
			RawClient.Response response = post(server, "/messages/parts", body, key(kind),
					"Content-Type: multipart/" + kind + "; boundary=b");
			assertThat(response.body()).as(kind).isEqualTo("[item]");
		}
	}

	@Test
	void saysThatAConditionDoesNotHold() {
		TestServer server = sharedHasty();
		String target = "/messages/versioned";
		String[] stale = { key("1"), "If-Match: \"1\"" };
		assertThat(post(server, target, "tea", stale).status()).isEqualTo(412);
		assertThat(post(server, target, "tea", stale).status()).as("a copy").isEqualTo(412);
		assertThat(post(server, target + "?ms=2000", "tea", key("2"), "If-Match: \"1\"").status()).as("at its deadline")
			.isEqualTo(503);
		awaitRunning(server, 0);
		assertThat(server.bean(Orders.class).runs("tea")).isZero();
		assertThat(post(server, target, "tea", key("3"), "If-Match: \"2\"").body()).isEqualTo("run 1");
	}

	@Test
	void keepsCorsHeadersOnAReplay() {
		TestServer server = shared(IDEMPOTENCY);
		String[] headers = { key("1"), "Origin: https://shop.example" };
		RawClient.Response first = post(server, "/messages", "tea", headers);
		RawClient.Response copy = post(server, "/messages", "tea", headers);
		assertThat(first.header("access-control-allow-origin")).isEqualTo("https://shop.example");
		assertThat(copy.header("idempotent-replayed")).isEqualTo("true");
		assertThat(copy.header("access-control-allow-origin")).isEqualTo("https://shop.example");
	}

	@Test
	void aSlowReaderDoesNotHaveItsMessageHandledAgain() {
		try (TestServer server = start(IDEMPOTENCY, ROUTE + "response.timeout=1s",
				ROUTE + "deduplication.run-timeout=1s", ROUTE + "deduplication.lease=1s")) {
			String target = "/messages/long?pieces=8000";
			try (RawClient slow = server.connect(4096)
				.send("POST", target, "Content-Type: text/plain", key("1"), "Content-Length: 3")
				.write("tea")) {
				await().until(() -> guard(server).state().activity().total(DeduplicationEvent.ACQUIRED) == 1);
				await().untilAsserted(() -> {
					RawClient.Response copy = post(server, target, "tea", key("1"));
					assertThat(copy.status()).isEqualTo(409);
					assertThat(copy.body()).contains("answer-not-kept");
				});
				// Longer than the run may take: it is the reader that takes its time.
				Pause.millis(2500);
				assertThat(guard(server).state().activity().total(DeduplicationEvent.TIMED_OUT)).isZero();
				slow.reset();
			}
			assertThat(post(server, target, "tea", key("1")).body()).contains("answer-not-kept");
			assertThat(server.bean(Orders.class).runs("tea")).isEqualTo(1);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "fails", "resumes" })
	void breaksOffALongAnswerThatAFilterDoesNotWaitFor(String hurry) {
		try (TestServer server = start(IDEMPOTENCY, ROUTE + "response.timeout=1m",
				ROUTE + "deduplication.run-timeout=2m")) {
			try (RawClient client = begin(server, "/messages/long?pieces=1000000&ms=1", "tea", key("1"),
					"X-Hurry: " + hurry)) {
				await().until(() -> server.bean(Orders.class).cancelled() == 1);
				assertThat(client.isEnded(Duration.ofSeconds(5))).isTrue();
			}
		}
	}

	@Test
	void announcesNothingOfAnAnswerWhoseHandlerFailsBehindIt() {
		try (TestServer server = TestServer.start(List.of(Orders.class, Audit.class), ROUTE + "path=/messages/**",
				ROUTE + "deduplication.key=" + IDEMPOTENCY);
				RawClient client = begin(server, "/messages", "tea", key("1"))) {
			RawClient.Response failed = client.response();
			assertThat(failed.status()).isEqualTo(500);
			assertThat(failed.body()).isEqualTo(Audit.SORRY);
			assertThat(client.send("GET", "/messages").response().body()).as("the next answer").isEqualTo("run 1");
		}
	}

	@Test
	void takesNoAnswerForWholeThatAFilterDoesNotWaitFor() {
		TestServer server = shared(IDEMPOTENCY);
		String target = "/messages/long?pieces=10&ms=150";
		RawClient.Response first = post(server, target, "tea", key("1"), "X-Hurry: resumes");
		assertThat(first.status()).as(first.body()).isEqualTo(500);
		assertThat(server.bean(Orders.class).cancelled()).isEqualTo(1);
		assertThat(post(server, target, "tea", key("1")).body()).isEqualTo("x".repeat(10_000));
		assertThat(server.bean(Orders.class).runs("tea")).isEqualTo(2);
		try (RawClient stream = begin(server, target, "soup", key("2"), "X-Hurry: resumes",
				"Accept: text/event-stream")) {
			assertThat(stream.end().received()).contains("xxx").doesNotEndWith("0\r\n\r\n");
		}
		assertThat(post(server, target, "soup", key("2")).body()).isEqualTo("x".repeat(10_000));
	}

	@Test
	void takesNoAnswerForWholeWhoseHandlerFailsHalfway() {
		TestServer server = shared(IDEMPOTENCY);
		String target = "/messages/fails-halfway";
		RawClient.Response first = post(server, target, "tea", key("1"));
		assertThat(first.status()).as(first.body()).isEqualTo(500);
		assertThat(post(server, target, "tea", key("1")).body()).isEqualTo("half and half");
		assertThat(server.bean(Orders.class).runs("tea")).isEqualTo(2);
	}

	@Test
	void breaksOffALongAnswerWhoseHandlerIsStopped() {
		try (TestServer server = start(IDEMPOTENCY, ROUTE + "response.timeout=300ms",
				ROUTE + "deduplication.run-timeout=1s", ROUTE + "response.mode=observe")) {
			try (RawClient client = begin(server, "/messages/long?pieces=1000&ms=50", "tea", key("1"),
					"Accept: text/event-stream")) {
				assertThat(client.end().received()).contains("HTTP/1.1 200").doesNotEndWith("0\r\n\r\n");
			}
		}
	}

	@ParameterizedTest
	@CsvSource({ "200,1", "204,1", "303,1", "404,1", "422,1", "401,2", "403,2", "407,2", "423,2", "408,2", "425,2",
			"429,2", "500,2", "503,2" })
	void keepsWhatIsFinalAndNothingElse(int status, int runs) {
		TestServer server = shared(IDEMPOTENCY);
		String target = "/messages/status/" + status;
		assertThat(post(server, target, "tea", key("1")).status()).isEqualTo(status);
		assertThat(post(server, target, "tea", key("1")).status()).isEqualTo(status);
		assertThat(server.bean(Orders.class).runs("tea")).isEqualTo(runs);
	}

	@Test
	void givesUpAfterTooManyAttempts() {
		TestServer server = shared(IDEMPOTENCY, ROUTE + "deduplication.max-attempts=2");
		post(server, "/messages/status/500", "tea", key("1"));
		post(server, "/messages/status/500", "tea", key("1"));
		RawClient.Response third = post(server, "/messages/status/500", "tea", key("1"));
		assertThat(third.status()).isEqualTo(409);
		assertThat(third.body()).contains("attempts-exhausted");
		assertThat(server.bean(Orders.class).runs("tea")).isEqualTo(2);
	}

	@Test
	void passesALongAnswerOnAndTellsCopiesThatItWasNotKept() {
		TestServer server = shared(IDEMPOTENCY);
		RawClient.Response first = post(server, "/messages/long", "tea", key("1"));
		assertThat(first.status()).isEqualTo(200);
		assertThat(first.body()).hasSize(40_000);
		awaitRunning(server, 0);
		RawClient.Response copy = post(server, "/messages/long", "tea", key("1"));
		assertThat(copy.status()).isEqualTo(409);
		assertThat(copy.body()).contains("answer-not-kept");
		assertThat(server.bean(Orders.class).runs("tea")).isEqualTo(1);
	}

	@Test
	void finishesALongAnswerWhoseReaderHasLeft() {
		TestServer server = shared(IDEMPOTENCY);
		long completed = guard(server).state().activity().total(DeduplicationEvent.COMPLETED);
		RawClient first = begin(server, "/messages/long?pieces=60&ms=20", "tea", key("1"), "Accept: text/event-stream");
		first.take(3_000);
		assertThat(guard(server).state().running()).isEqualTo(1);
		first.reset();
		awaitRunning(server, 0);
		await().until(() -> server.bean(Orders.class).finished() == 1);
		assertThat(server.bean(Orders.class).cancelled()).isZero();
		assertThat(guard(server).state().activity().total(DeduplicationEvent.COMPLETED)).isEqualTo(completed + 1);
	}

	@Test
	void limitsHowManyRun() {
		try (TestServer server = start(IDEMPOTENCY, ROUTE + "deduplication.max-runs=2",
				ROUTE + "deduplication.run-timeout=5m")) {
			try (RawClient a = begin(server, "/messages/blocked", "a", key("a"));
					RawClient b = begin(server, "/messages/blocked", "b", key("b"))) {
				awaitRunning(server, 2);
				a.reset();
				b.reset();
				server.awaitCount("orders", Ending.CANCELLED, 2);
				RawClient.Response third = post(server, "/messages", "c", key("c"));
				assertThat(third.status()).isEqualTo(503);
				assertThat(third.body()).contains("overloaded");
				assertThat(server.bean(Orders.class).runs("c")).isZero();
				assertThat(guard(server).state().activity().total(DeduplicationEvent.CROWDED)).isEqualTo(1);
			}
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "local", "reject" })
	void refusesWhenThereIsNoRoom(String mode) {
		try (TestServer server = start(IDEMPOTENCY, ROUTE + "deduplication.max-records=1",
				ROUTE + "deduplication.on-store-failure=" + mode)) {
			try (RawClient first = begin(server, "/messages/held", "a", key("a"))) {
				awaitRunning(server, 1);
				RawClient.Response second = post(server, "/messages", "b", key("b"));
				assertThat(second.status()).isEqualTo(503);
				assertThat(second.body()).contains("store-unavailable");
				server.bean(Orders.class).letGo();
				assertThat(first.response().status()).isEqualTo(201);
			}
		}
	}

	@Test
	void handlesWithoutARecordWhereItIsTold() {
		try (TestServer server = start(IDEMPOTENCY, ROUTE + "deduplication.max-records=1",
				ROUTE + "deduplication.on-store-failure=allow")) {
			try (RawClient first = begin(server, "/messages/held", "a", key("a"))) {
				awaitRunning(server, 1);
				assertThat(post(server, "/messages", "b", key("b")).status()).isEqualTo(201);
				server.bean(Orders.class).letGo();
				assertThat(first.response().status()).isEqualTo(201);
				assertThat(guard(server).state().activity().total(DeduplicationEvent.UNPROTECTED)).isEqualTo(1);
			}
		}
	}

	@Test
	void answersManyCopiesAtOnceWithTheSame() {
		TestServer server = shared(IDEMPOTENCY);
		List<RawClient> copies = new ArrayList<>();
		try {
			for (int i = 0; i < 50; i++) {
				copies.add(begin(server, "/messages?ms=300", "tea", key("1")));
			}
			for (RawClient copy : copies) {
				assertThat(copy.response().body()).isEqualTo("run 1 of tea");
			}
		}
		finally {
			copies.forEach(RawClient::close);
		}
		assertThat(server.bean(Orders.class).runs("tea")).isEqualTo(1);
		awaitWaiting(server, 0);
	}

	@Test
	void countsTheRefusal() {
		TestServer server = shared(IDEMPOTENCY);
		double before = keysMissing(server);
		post(server, "/messages", "tea");
		assertThat(keysMissing(server)).isEqualTo(before + 1);
	}

	private static double keysMissing(TestServer server) {
		return server.meter("server.hardening.rejections", "guard", "deduplication", "reason", "key-missing");
	}

	@Test
	void showsWhatHasHappenedAndOneMessage() {
		try (TestServer server = start(IDEMPOTENCY, "management.endpoints.web.exposure.include=hardening")) {
			post(server, "/messages", "tea", key("1"));
			post(server, "/messages", "tea", key("1"));
			post(server, "/messages/fails-first", "coffee", key("2"));
			String section = server.get("/actuator/hardening/deduplication").body();
			assertThat(section)
				.contains("\"acquired\":2", "\"replayed\":1", "\"failed\":1", "\"kind\":\"memory\"", "\"records\":2")
				.contains("\"event\":\"failed\"");
			String key = section.replaceFirst("(?s).*\"message\":\"([0-9a-f]{32})\".*", "$1");
			String record = server.get("/actuator/hardening/deduplication/" + key).body();
			assertThat(record).contains("\"state\":\"failed\"", "\"attempts\":1", "\"copies\":1",
					"\"route\":\"orders\"");
			assertThat(section + record).doesNotContain("tea").doesNotContain("coffee");
			assertThat(server.get("/actuator/hardening/deduplication/" + "0".repeat(32)).status()).isEqualTo(404);
			assertThat(server.get("/actuator/hardening/routes/orders").status()).isEqualTo(404);
			assertThat(server.meter("server.hardening.deduplication.events", "route", "orders", "event", "replayed"))
				.isEqualTo(1);
		}
	}

	@Test
	void showsAMessageThatIsStuckAndFindsItByItsKey(CapturedOutput output) {
		try (TestServer server = start(IDEMPOTENCY, "management.endpoints.web.exposure.include=hardening",
				ROUTE + "response.timeout=6s")) {
			try (RawClient first = begin(server, "/messages/blocked", "tea", "Idempotency-Key: order-17")) {
				awaitRunning(server, 1);
				try (RawClient copy = begin(server, "/messages/blocked", "tea", "Idempotency-Key: order-17")) {
					awaitWaiting(server, 1);
					String section = server.get("/actuator/hardening/deduplication").body();
					String found = server.get("/actuator/hardening/deduplication?key=order-17").body();
					String id = found.replaceFirst("(?s).*\"message\":\"([0-9a-f]{32})\".*", "$1");
					assertThat(found).contains("\"route\":\"orders\"", "\"state\":\"processing\"", "\"attempts\":1")
						.contains("\"owner\":\"" + DeduplicationGuard.instance());
					assertThat(section)
						.contains("\"longest\":[{\"message\":\"" + id + "\"", "\"awaited\":{\"" + id + "\":1}",
								"\"instance\":\"" + DeduplicationGuard.instance())
						.doesNotContain("order-17");
					assertThat(copy.response().body()).contains("duplicate-running", id);
					await().untilAsserted(
							() -> assertThat(output).contains("duplicate-running").contains("such as message " + id));
				}
				assertThat(first.response().status()).isEqualTo(503);
			}
			assertThat(server.get("/actuator/hardening/deduplication?key=order-18").body())
				.isEqualTo("{\"messages\":[]}");
			assertThat(output).doesNotContain("order-17");
		}
	}

	@Test
	void addsNothingToOtherRoutes() {
		TestServer server = shared(IDEMPOTENCY);
		assertThat(server.bean(Routes.class)
			.policies()
			.stream()
			.filter((policy) -> policy.route().id().equals("default"))
			.flatMap((policy) -> policy.guards().stream())
			.map((binding) -> binding.guard().name())
			.toList()).containsExactly("response", "request");
	}

	/**
	 * Fails behind what has been answered, and has an answer of its own for that.
	 */
	@Configuration(proxyBeanMethods = false)
	static class Audit {

		static final String SORRY = "What was to be written down was not.";

		@Bean
		static WebFilter audit() {
			return (exchange, chain) -> chain.filter(exchange)
				.then(Mono.defer(() -> exchange.getRequest().getMethod().equals(HttpMethod.POST)
						? Mono.error(new IllegalStateException(SORRY)) : Mono.empty()));
		}

		// As many applications have it: it leaves to the server how long that is.
		@Bean
		@Order(-2)
		static WebExceptionHandler sorry() {
			return (exchange, ex) -> {
				ServerHttpResponse response = exchange.getResponse();
				response.setStatusCode(HttpStatus.INTERNAL_SERVER_ERROR);
				return response.writeWith(Mono
					.fromSupplier(() -> response.bufferFactory().wrap(SORRY.getBytes(StandardCharsets.US_ASCII))));
			};
		}

	}

}
