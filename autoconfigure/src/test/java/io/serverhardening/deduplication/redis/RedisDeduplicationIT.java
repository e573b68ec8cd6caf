package io.serverhardening.deduplication.redis;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.serverhardening.deduplication.DeduplicationEvent;
import io.serverhardening.deduplication.DeduplicationGuard;
import io.serverhardening.deduplication.Orders;
import io.serverhardening.deduplication.access.RemoteRecords;
import io.serverhardening.deduplication.record.StoreGate;
import io.serverhardening.testing.Detour;
import io.serverhardening.testing.Pause;
import io.serverhardening.testing.RawClient;
import io.serverhardening.testing.TestRedis;
import io.serverhardening.testing.TestServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.LoggerFactory;

import org.springframework.context.LifecycleProcessor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Several instances over one Redis, and what becomes of their messages when it fails.
 */
class RedisDeduplicationIT {

	private static final String ROUTE = "server.hardening.routes.orders.";

	/** A machine that is busy elsewhere is not a store that is down. */
	private static final String PATIENT = ROUTE + "deduplication.store-timeout=5s";

	// An application of a busy machine may have started before Redis has answered it.
	private static TestServer start(TestRedis redis, String... properties) {
		TestServer server = startAtOnce(redis, properties);
		awaitStore(server, true);
		return server;
	}

	private static TestServer startAtOnce(TestRedis redis, String... properties) {
		List<String> all = new ArrayList<>(List.of("spring.application.name=shop", ROUTE + "path=/messages/**",
				ROUTE + "deduplication.key=header:Idempotency-Key"));
		all.addAll(List.of(properties));
		return TestServer.start(redis, List.of(Orders.class), all.toArray(String[]::new));
	}

	private static RawClient begin(TestServer server, String target, String body, String key) {
		return server.connect()
			.send("POST", target, "Content-Type: text/plain", "Idempotency-Key: " + key,
					"Content-Length: " + body.length())
			.write(body);
	}

	private static RawClient.Response post(TestServer server, String target, String body, String key) {
		try (RawClient client = begin(server, target, body, key)) {
			return client.response();
		}
	}

	private static DeduplicationGuard guard(TestServer server) {
		return server.guard(DeduplicationGuard.class);
	}

	private static RemoteRecords records(TestServer server) {
		return (RemoteRecords) guard(server).state().records();
	}

	private static long count(TestServer server, DeduplicationEvent event) {
		return guard(server).state().activity().total(event);
	}

	private static void awaitStore(TestServer server, boolean up) {
		await().atMost(Duration.ofSeconds(20))
			.pollInterval(Duration.ofMillis(10))
			.until(() -> records(server).gate().isOpen() == up);
	}

	@Test
	void answersTheCopiesOfManyMessagesOverTwoInstancesWithTheSame() throws Exception {
		int messages = 500;
		try (TestRedis redis = TestRedis.embedded();
				TestServer one = start(redis, PATIENT);
				TestServer two = start(redis, PATIENT)) {
			Map<Integer, Set<String>> answers = new ConcurrentHashMap<>();
			ExecutorService clients = Executors.newFixedThreadPool(24);
			List<Callable<Void>> copies = new ArrayList<>();
			for (int i = 0; i < messages; i++) {
				int message = i;
				for (int copy = 0; copy < 3; copy++) {
					TestServer server = ((message + copy) % 2 != 0) ? one : two;
					copies.add(() -> {
						RawClient.Response response = post(server, "/messages?ms=20", "m" + message, "k" + message);
						answers.computeIfAbsent(message, (key) -> ConcurrentHashMap.newKeySet())
							.add(response.status() + " " + response.body());
						return null;
					});
				}
			}
			for (Future<Void> copy : clients.invokeAll(copies)) {
				copy.get();
			}
			clients.shutdown();
			for (int i = 0; i < messages; i++) {
				assertThat(answers.get(i)).as("answers to message " + i).containsExactly("201 run 1 of m" + i);
				assertThat(one.bean(Orders.class).runs("m" + i) + two.bean(Orders.class).runs("m" + i)).isEqualTo(1);
			}
			assertThat(redis.keys("*")).isEqualTo(messages);
		}
	}

	@Test
	void wakesACopyThatWaitsOnAnotherInstance() {
		try (TestRedis redis = TestRedis.embedded();
				TestServer one = start(redis, PATIENT);
				TestServer two = start(redis, PATIENT)) {
			post(one, "/messages", "warm", "w1");
			post(two, "/messages", "warm", "w1");
			try (RawClient first = begin(one, "/messages/held", "tea", "1")) {
				await().until(() -> guard(one).state().running() == 1);
				try (RawClient copy = begin(two, "/messages/held", "tea", "1")) {
					await().until(() -> guard(two).state().waiting() == 1);
					one.bean(Orders.class).letGo();
					assertThat(first.response().body()).isEqualTo("run 1 of tea");
					assertThat(copy.response().body()).isEqualTo("run 1 of tea");
				}
			}
			assertThat(count(two, DeduplicationEvent.WAITED)).isEqualTo(1);
			assertThat(two.bean(Orders.class).runs("tea")).isZero();
		}
	}

	@Test
	void keepsApplicationsApart() {
		try (TestRedis redis = TestRedis.embedded();
				TestServer one = start(redis, PATIENT);
				TestServer other = start(redis, PATIENT, "spring.application.name=other")) {
			assertThat(post(one, "/messages", "tea", "1").body()).isEqualTo("run 1 of tea");
			assertThat(post(other, "/messages", "tea", "1").header("idempotent-replayed")).isNull();
		}
	}

	@Test
	void takesOverFromAnInstanceThatHasDied() {
		try (TestRedis redis = TestRedis.embedded();
				TestServer two = start(redis, ROUTE + "deduplication.lease=1500ms")) {
			TestServer one = start(redis, ROUTE + "deduplication.lease=1500ms");
			RawClient first = begin(one, "/messages?ms=60000", "tea", "1");
			await().until(() -> guard(one).state().running() == 1);
			one.close();
			// Of another target: it is no copy, and does not take over.
			RawClient.Response other = post(two, "/messages", "tea", "1");
			first.close();
			assertThat(other.status()).isEqualTo(422);
			try (RawClient again = begin(two, "/messages?ms=60000", "tea", "1")) {
				await().atMost(Duration.ofSeconds(10)).until(() -> two.bean(Orders.class).runs("tea") == 1);
				assertThat(count(two, DeduplicationEvent.TAKEN_OVER)).isEqualTo(1);
				again.reset();
			}
		}
	}

	@ParameterizedTest
	@CsvSource({ "local,201,1", "allow,201,2", "reject,503,0" })
	void goesOnAsItIsToldWhileRedisIsStopped(String mode, int status, int runs) {
		try (TestRedis redis = TestRedis.embedded();
				TestServer server = start(redis, ROUTE + "deduplication.on-store-failure=" + mode,
						ROUTE + "deduplication.store-timeout=2s")) {
			assertThat(post(server, "/messages", "before", "0").status()).isEqualTo(201);
			redis.stop();
			assertThat(post(server, "/messages", "tea", "1").status()).isEqualTo(status);
			awaitStore(server, false);
			assertThat(post(server, "/messages", "tea", "1").status()).isEqualTo(status);
			assertThat(server.bean(Orders.class).runs("tea")).isEqualTo(runs);
			redis.start();
			awaitStore(server, true);
			assertThat(post(server, "/messages", "after", "2").status()).isEqualTo(201);
			assertThat(post(server, "/messages", "after", "2").header("idempotent-replayed")).isEqualTo("true");
		}
	}

	// Reactor lets such an error fly past whoever waits.
	@Test
	void answersAnErrorOfAHandlerThatRunsWithoutARecord() {
		try (TestRedis redis = TestRedis.embedded();
				TestServer server = start(redis, ROUTE + "deduplication.on-store-failure=allow")) {
			redis.stop();
			assertThat(post(server, "/messages", "tea", "1").status()).isEqualTo(201);
			awaitStore(server, false);
			assertThat(post(server, "/messages/overflows", "soup", "2").status()).isEqualTo(500);
		}
	}

	@Test
	void writesDownWhatWasHandledMeanwhile() {
		try (TestRedis redis = TestRedis.embedded();
				TestServer one = start(redis);
				TestServer two = start(redis, PATIENT)) {
			redis.stop();
			assertThat(post(one, "/messages", "tea", "1").status()).isEqualTo(201);
			assertThat(post(one, "/messages", "tea", "1").header("idempotent-replayed")).isEqualTo("true");
			redis.start();
			await().atMost(Duration.ofSeconds(20)).until(() -> records(one).handedOver() == 1);
			awaitStore(two, true);
			RawClient.Response copy = post(two, "/messages", "tea", "1");
			assertThat(copy.header("idempotent-replayed")).isEqualTo("true");
			assertThat(copy.body()).isEqualTo("run 1 of tea");
			assertThat(guard(one).state().records().local().size()).isZero();
		}
	}

	@Test
	void keepsAnAnswerThatRedisDidNotTake() {
		try (TestRedis redis = TestRedis.embedded();
				TestServer one = start(redis);
				TestServer two = start(redis, PATIENT)) {
			try (RawClient first = begin(one, "/messages/held", "tea", "1")) {
				await().until(() -> guard(one).state().running() == 1);
				redis.stop();
				one.bean(Orders.class).letGo();
				assertThat(first.response().status()).isEqualTo(201);
			}
			redis.start();
			await().atMost(Duration.ofSeconds(20)).until(() -> records(one).handedOver() == 1);
			awaitStore(two, true);
			assertThat(post(two, "/messages/held", "tea", "1").body()).isEqualTo("run 1 of tea");
		}
	}

	@Test
	void waitsForAStalledRedisOnce() {
		try (TestRedis redis = TestRedis.embedded();
				TestServer server = start(redis, ROUTE + "deduplication.store-timeout=2s")) {
			post(server, "/messages", "warm", "0");
			awaitStore(server, true);
			redis.stall();
			long start = System.nanoTime();
			assertThat(post(server, "/messages", "tea", "1").status()).isEqualTo(201);
			Duration first = Duration.ofNanos(System.nanoTime() - start);
			start = System.nanoTime();
			for (int i = 0; i < 20; i++) {
				assertThat(post(server, "/messages", "tea" + i, "t" + i).status()).isEqualTo(201);
			}
			Duration others = Duration.ofNanos(System.nanoTime() - start);
			assertThat(first).isBetween(Duration.ofSeconds(2), Duration.ofMillis(7500));
			assertThat(others).isLessThan(Duration.ofSeconds(20));
			redis.resume();
			awaitStore(server, true);
			// What Redis took in its sleep is still ours.
			assertThat(post(server, "/messages", "tea", "1").body()).isEqualTo("run 1 of tea");
			assertThat(server.bean(Orders.class).most()).isEqualTo(1);
		}
	}

	@Test
	void goesOnWhenTheMemoryOfRedisIsFull() {
		try (TestRedis redis = TestRedis.embedded("maxmemory 1500kb", "maxmemory-policy noeviction");
				TestServer server = start(redis, PATIENT, "management.endpoints.web.exposure.include=*")) {
			for (int i = 0; i < 2000 && records(server).times().failures() == 0; i++) {
				assertThat(post(server, "/messages", "filler " + "x".repeat(4000) + i, "f" + i).status())
					.isEqualTo(201);
			}
			assertThat(records(server).times().failures()).isPositive();
			assertThat(post(server, "/messages", "tea", "1").status()).isEqualTo(201);
			assertThat(post(server, "/messages", "tea", "1").body()).isEqualTo("run 1 of tea");
			assertThat(server.bean(Orders.class).runs("tea")).isEqualTo(1);
			assertThat(records(server).gate().failure()).isEqualTo("OOM");
			assertThat(server.get("/actuator/hardening/deduplication").body()).contains("\"OOM\"");
			redis.set("maxmemory", "100mb");
			awaitStore(server, true);
			await().atMost(Duration.ofSeconds(20)).until(() -> guard(server).state().records().local().size() == 0);
			assertThat(post(server, "/messages", "tea", "1").body()).isEqualTo("run 1 of tea");
		}
	}

	@Test
	void asksAPrimaryThatBecameAReplicaEverLater() {
		try (TestRedis redis = TestRedis.embedded();
				TestRedis other = TestRedis.embedded();
				TestServer server = start(redis, PATIENT)) {
			redis.replicaOf(other);
			assertThat(post(server, "/messages", "tea", "1").body()).isEqualTo("run 1 of tea");
			StoreGate gate = records(server).gate();
			await().atMost(Duration.ofSeconds(20)).until(() -> "READONLY".equals(gate.failure()));
			Pause.millis(3000);
			assertThat(gate.outages()).isLessThanOrEqualTo(3);
			assertThat(gate.failure()).isEqualTo("READONLY");
			redis.replicaOfNone();
			await().atMost(Duration.ofSeconds(20)).until(() -> records(server).handedOver() == 1);
			assertThat(post(server, "/messages", "tea", "1").body()).isEqualTo("run 1 of tea");
			assertThat(server.bean(Orders.class).runs("tea")).isEqualTo(1);
		}
	}

	@Test
	void followsItsNameToTheNewPrimary() {
		try (TestRedis old = TestRedis.embedded();
				TestRedis primary = TestRedis.embedded();
				Detour name = new Detour(old.port());
				TestServer server = start(old, PATIENT, "spring.data.redis.port=" + name.port(),
						"spring.data.redis.lettuce.pool.enabled=false")) {
			assertThat(post(server, "/messages", "tea", "1").body()).isEqualTo("run 1 of tea");
			old.replicaOf(primary);
			name.pointTo(primary.port());
			assertThat(post(server, "/messages", "milk", "2").body()).isEqualTo("run 1 of milk");
			await().atMost(Duration.ofSeconds(20)).until(() -> records(server).handedOver() == 1);
			assertThat(primary.keys("*message*")).isEqualTo(1);
		}
	}

	@Test
	void aRecordThatIsNoneIsNobodyElsesTrouble() {
		try (TestRedis redis = TestRedis.embedded(); TestServer server = start(redis, PATIENT)) {
			assertThat(post(server, "/messages", "tea", "1").body()).isEqualTo("run 1 of tea");
			redis.write(redis.key("*message*"), "no record");
			assertThat(post(server, "/messages", "tea", "1").status()).isEqualTo(201);
			assertThat(post(server, "/messages", "tea", "1").body()).isEqualTo("run 2 of tea");
			assertThat(post(server, "/messages", "milk", "2").body()).isEqualTo("run 1 of milk");
			assertThat(records(server).gate().outages()).isZero();
		}
	}

	@Test
	void anAnswerThatCannotBeReadIsNotHandledAgain() {
		try (TestRedis redis = TestRedis.embedded(); TestServer server = start(redis, PATIENT)) {
			assertThat(post(server, "/messages", "tea", "1").body()).isEqualTo("run 1 of tea");
			redis.write(redis.key("*message*"), "a", "\u0002 as the next version writes it");
			RawClient.Response copy = post(server, "/messages", "tea", "1");
			assertThat(copy.status()).isEqualTo(409);
			assertThat(copy.body()).contains("answer-not-kept",
					"The message was answered, but the answer cannot be read here.");
			assertThat(server.bean(Orders.class).runs("tea")).isEqualTo(1);
			assertThat(records(server).gate().outages()).isZero();
		}
	}

	@Test
	void doesNotRunTwiceWhatItRunsWhenRedisStops() {
		try (TestRedis redis = TestRedis.embedded(); TestServer server = start(redis)) {
			try (RawClient first = begin(server, "/messages?ms=1500", "tea", "1")) {
				await().until(() -> guard(server).state().running() == 1);
				redis.stop();
				try (RawClient copy = begin(server, "/messages?ms=1500", "tea", "1")) {
					assertThat(first.response().body()).isEqualTo("run 1 of tea");
					assertThat(copy.response().body()).isEqualTo("run 1 of tea");
				}
			}
			redis.start();
			await().atMost(Duration.ofSeconds(20)).until(() -> records(server).handedOver() == 1);
			assertThat(post(server, "/messages?ms=1500", "tea", "1").body()).isEqualTo("run 1 of tea");
			assertThat(server.bean(Orders.class).runs("tea")).isEqualTo(1);
		}
	}

	@Test
	void doesNotBeginAgainWhatAnotherInstanceHasMeanwhile() {
		try (TestRedis redis = TestRedis.embedded();
				TestServer one = start(redis, ROUTE + "deduplication.lease=3s");
				TestServer two = start(redis, PATIENT)) {
			awaitStore(one, true);
			awaitStore(two, true);
			redis.stall();
			try (RawClient first = begin(one, "/messages?ms=5000", "tea", "1")) {
				await().until(() -> guard(one).state().running() == 1);
				redis.resume();
				// Granted there as well, a moment later; and lost, as in a failover.
				await().until(() -> redis.keys("*:message:*") == 1);
				redis.flush();
				try (RawClient copy = begin(two, "/messages?ms=5000", "tea", "1")) {
					assertThat(copy.response().body()).isEqualTo("run 1 of tea");
					assertThat(first.response().body()).isEqualTo("run 1 of tea");
				}
			}
			assertThat(one.bean(Orders.class).runs("tea")).isEqualTo(1);
			assertThat(two.bean(Orders.class).runs("tea")).isEqualTo(1);
		}
	}

	@Test
	void renewsItsLeasesWhileNobodyTakesItsLog() {
		CountDownLatch taken = new CountDownLatch(1);
		AppenderBase<ILoggingEvent> stuck = new AppenderBase<>() {

			@Override
			protected void append(ILoggingEvent event) {
				try {
					taken.await(30, TimeUnit.SECONDS);
				}
				catch (InterruptedException ex) {
					Thread.currentThread().interrupt();
				}
			}

		};
		try (TestRedis redis = TestRedis.embedded();
				TestServer one = start(redis, ROUTE + "deduplication.lease=2s");
				TestServer two = start(redis, PATIENT, ROUTE + "deduplication.lease=2s")) {
			awaitStore(one, true);
			awaitStore(two, true);
			Logger log = (Logger) LoggerFactory.getLogger(StoreGate.class);
			stuck.start();
			log.addAppender(stuck);
			try (RawClient first = begin(one, "/messages?ms=6000", "tea", "1")) {
				await().until(() -> guard(one).state().running() == 1);
				redis.stall();
				try (RawClient other = begin(one, "/messages", "coffee", "2")) {
					await().until(() -> !records(one).gate().isOpen());
					redis.resume();
					try (RawClient copy = begin(two, "/messages?ms=6000", "tea", "1")) {
						assertThat(copy.response().body()).isEqualTo("run 1 of tea");
					}
					assertThat(other.response().body()).isEqualTo("run 1 of coffee");
				}
				assertThat(first.response().body()).isEqualTo("run 1 of tea");
				assertThat(one.bean(Orders.class).runs("tea") + two.bean(Orders.class).runs("tea")).isEqualTo(1);
			}
			finally {
				taken.countDown();
				log.detachAppender(stuck);
			}
		}
	}

	@Test
	void doesNotBeginWhatItHasHeardIsRunningElsewhereWhileRedisStalls() {
		try (TestRedis redis = TestRedis.embedded();
				TestServer one = start(redis, PATIENT);
				TestServer two = start(redis)) {
			awaitStore(one, true);
			awaitStore(two, true);
			try (RawClient first = begin(one, "/messages?ms=5000", "tea", "1")) {
				await().until(() -> guard(one).state().running() == 1);
				try (RawClient copy = begin(two, "/messages?ms=5000", "tea", "1")) {
					await().until(() -> guard(two).state().waiting() == 1);
					redis.stall();
					// It asks once a second.
					await().until(() -> !records(two).gate().isOpen());
					redis.resume();
					assertThat(copy.response().body()).isEqualTo("run 1 of tea");
				}
				assertThat(first.response().body()).isEqualTo("run 1 of tea");
			}
			assertThat(two.bean(Orders.class).runs("tea")).isZero();
		}
	}

	@Test
	void handsOnWhatFailedHereWhileRedisIsStopped() {
		try (TestRedis redis = TestRedis.embedded();
				TestServer server = start(redis, "server.hardening.response.timeout=8s")) {
			awaitStore(server, true);
			redis.stop();
			post(server, "/messages", "coffee", "2");
			await().until(() -> !records(server).gate().isOpen());
			try (RawClient first = begin(server, "/messages/fails-first?ms=1500", "tea", "1")) {
				await().until(() -> guard(server).state().running() == 1);
				try (RawClient copy = begin(server, "/messages/fails-first?ms=1500", "tea", "1")) {
					await().until(() -> guard(server).state().waiting() == 1);
					assertThat(first.response().status()).isEqualTo(500);
					RawClient.Response handedOn = copy.response();
					assertThat(handedOn.status() + " " + handedOn.body()).isEqualTo("200 run 2");
				}
			}
		}
	}

	@Test
	void handsOnWhatRedisGrantedAndFailedWhenItWasStopped() {
		try (TestRedis redis = TestRedis.embedded();
				TestServer server = start(redis, "server.hardening.response.timeout=8s")) {
			awaitStore(server, true);
			try (RawClient first = begin(server, "/messages/fails-first?ms=2500", "tea", "1")) {
				await().until(() -> guard(server).state().running() == 1);
				try (RawClient copy = begin(server, "/messages/fails-first?ms=2500", "tea", "1")) {
					await().until(() -> guard(server).state().waiting() == 1);
					redis.stop();
					assertThat(first.response().status()).isEqualTo(500);
					RawClient.Response handedOn = copy.response();
					assertThat(handedOn.status() + " " + handedOn.body()).isEqualTo("200 run 2");
				}
			}
		}
	}

	@Test
	void goesOnWithAHandlerWhoseRecordRedisLost() {
		try (TestRedis redis = TestRedis.embedded();
				TestServer server = start(redis, ROUTE + "deduplication.lease=1s")) {
			try (RawClient first = begin(server, "/messages?ms=3000", "tea", "1")) {
				await().until(() -> guard(server).state().running() == 1);
				redis.flush();
				assertThat(first.response().body()).isEqualTo("run 1 of tea");
			}
			assertThat(server.bean(Orders.class).cancelled()).isZero();
			assertThat(post(server, "/messages?ms=3000", "tea", "1").body()).isEqualTo("run 1 of tea");
		}
	}

	@Test
	void givesBackWhatItWasGrantedTooLate() {
		try (TestRedis redis = TestRedis.embedded();
				TestServer server = start(redis, ROUTE + "deduplication.on-store-failure=reject")) {
			post(server, "/messages", "warm", "0");
			awaitStore(server, true);
			redis.stall();
			assertThat(post(server, "/messages", "tea", "1").status()).isEqualTo(503);
			redis.resume();
			awaitStore(server, true);
			// Without the lease of 32 s in between.
			await().atMost(Duration.ofSeconds(5))
				.untilAsserted(() -> assertThat(post(server, "/messages", "tea", "1").status()).isEqualTo(201));
		}
	}

	@Test
	void goesOnWhereTheApplicationIsStoppedAndStartedAgain() {
		try (TestRedis redis = TestRedis.embedded(); TestServer server = start(redis, PATIENT)) {
			awaitStore(server, true);
			assertThat(post(server, "/messages", "tea", "1").body()).isEqualTo("run 1 of tea");
			LifecycleProcessor application = server.bean(LifecycleProcessor.class);
			application.stop();
			assertThat(records(server).gate().isOpen()).isFalse();
			application.start();
			awaitStore(server, true);
			assertThat(post(server, "/messages", "tea", "1").body()).isEqualTo("run 1 of tea");
			assertThat(count(server, DeduplicationEvent.REPLAYED)).isEqualTo(1);
			redis.stop();
			post(server, "/messages", "coffee", "2");
			awaitStore(server, false);
		}
	}

	@Test
	void startsWithoutRedis() {
		TestRedis redis = TestRedis.embedded();
		redis.stop();
		try (redis; TestServer server = startAtOnce(redis)) {
			assertThat(post(server, "/messages", "tea", "1").status()).isEqualTo(201);
			assertThat(post(server, "/messages", "tea", "1").header("idempotent-replayed")).isEqualTo("true");
			redis.start();
			awaitStore(server, true);
			assertThat(post(server, "/messages", "tea", "1").header("idempotent-replayed")).isEqualTo("true");
		}
	}

	@Test
	void survivesScriptsThatRedisForgot() {
		try (TestRedis redis = TestRedis.embedded(); TestServer server = start(redis, PATIENT)) {
			post(server, "/messages", "warm", "0");
			redis.flushScripts();
			assertThat(post(server, "/messages", "tea", "1").body()).isEqualTo("run 1 of tea");
			assertThat(post(server, "/messages", "tea", "1").header("idempotent-replayed")).isEqualTo("true");
			assertThat(records(server).times().failures()).isZero();
		}
	}

	@Test
	void writesNothingForWhatIsRefused() {
		try (TestRedis redis = TestRedis.embedded(); TestServer server = start(redis, PATIENT)) {
			try (RawClient client = server.connect().send("POST", "/messages", "Content-Length: 3").write("tea")) {
				assertThat(client.response().status()).isEqualTo(400);
			}
			assertThat(redis.keys("*")).isZero();
		}
	}

	@Test
	void saysThatRedisIsDown() {
		try (TestRedis redis = TestRedis.embedded();
				TestServer server = start(redis, "management.endpoints.web.exposure.include=hardening,health",
						"management.endpoint.health.show-details=always", "management.health.redis.enabled=false")) {
			post(server, "/messages", "warm", "0");
			assertThat(server.get("/actuator/hardening/deduplication").body()).contains("\"kind\":\"redis\"",
					"\"up\":true");
			assertThat(server.get("/actuator/health").body()).doesNotContain("storesDown");
			redis.stop();
			post(server, "/messages", "tea", "1");
			awaitStore(server, false);
			assertThat(server.get("/actuator/health").body()).contains("\"storesDown\":[\"orders\"]");
			assertThat(server.get("/actuator/hardening/deduplication").body()).contains("\"up\":false", "\"failure\":");
			assertThat(server.meter("server.hardening.deduplication.store.failures", "route", "orders")).isPositive();
		}
	}

}
