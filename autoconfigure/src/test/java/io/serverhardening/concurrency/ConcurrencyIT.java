package io.serverhardening.concurrency;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import io.serverhardening.route.Routes;
import io.serverhardening.testing.RawClient;
import io.serverhardening.testing.TestServer;
import io.serverhardening.testing.TestWebSocket;
import org.junit.jupiter.api.Test;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;

import org.springframework.context.annotation.Bean;
import org.springframework.core.Ordered;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.reactive.HandlerMapping;
import org.springframework.web.reactive.handler.SimpleUrlHandlerMapping;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.server.WebHandler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What becomes of requests when too many are in flight.
 */
class ConcurrencyIT {

	private static final String ON = "server.hardening.concurrency.enabled=true";

	private static PriorityBulkhead bulkhead(TestServer server) {
		return server.bean(Routes.class)
			.policies()
			.stream()
			.flatMap((policy) -> policy.guards().stream())
			.filter((binding) -> binding.guard() instanceof ConcurrencyGuard)
			.map((binding) -> ((ConcurrencyGuard) binding.guard()).bulkhead())
			.findFirst()
			.orElseThrow();
	}

	private static void awaitInFlight(TestServer server, int count) {
		await().pollInterval(Duration.ofMillis(10))
			.untilAsserted(() -> assertThat(bulkhead(server).inFlight()).isEqualTo(count));
	}

	private static List<RawClient> hold(TestServer server, int count, String target) {
		List<RawClient> clients = new ArrayList<>();
		for (int i = 0; i < count; i++) {
			clients.add(server.connect().send("GET", target));
		}
		return clients;
	}

	@Test
	void refusesTheNextAtOnceAndAdmitsItWhenAPlaceIsFree() {
		try (TestServer server = TestServer.start(ON, "server.hardening.concurrency.max-requests=2",
				"server.hardening.concurrency.reserve=none")) {
			List<RawClient> clients = hold(server, 2, "/never");
			awaitInFlight(server, 2);
			RawClient.Response refused = server.get("/fast");
			assertThat(refused.status()).isEqualTo(503);
			assertThat(refused.header("retry-after")).isEqualTo("1");
			assertThat(refused.body()).contains("urn:problem-type:server-hardening:overloaded");
			clients.get(0).close();
			awaitInFlight(server, 1);
			assertThat(server.get("/fast").status()).isEqualTo(200);
			clients.get(1).reset();
			awaitInFlight(server, 0);
		}
	}

	@Test
	void everyEndingGivesThePlaceBack() {
		try (TestServer server = TestServer.start(ON, "server.hardening.concurrency.max-requests=1",
				"server.hardening.concurrency.reserve=none", "server.hardening.response.timeout=1s")) {
			for (String target : List.of("/fast", "/throws", "/signals-error", "/teapot", "/broken", "/never",
					"/fails-after-commit", "/stall", "/nowhere")) {
				try (RawClient client = server.connect()) {
					client.send("GET", target).line();
				}
				catch (IOException ex) {
					throw new UncheckedIOException(ex);
				}
				awaitInFlight(server, 0);
			}
			assertThat(TestWebSocket.echoAfter(server, Duration.ofMillis(1500))).containsExactly("echo late");
			awaitInFlight(server, 0);
		}
	}

	@Test
	void aHandlerThatCompletesTwiceGivesItsPlaceBackOnce() {
		try (TestServer server = TestServer.start(List.of(Twice.class), ON,
				"server.hardening.concurrency.max-requests=1", "server.hardening.concurrency.reserve=none")) {
			for (int i = 0; i < 3; i++) {
				assertThat(server.get("/twice").status()).isEqualTo(200);
				awaitInFlight(server, 0);
			}
		}
	}

	@Test
	void aWebSocketSessionIsNoRequest() {
		try (TestServer server = TestServer.start(ON, "server.hardening.concurrency.max-requests=1",
				"server.hardening.concurrency.reserve=none"); RawClient session = server.connect()) {
			session.send("GET", "/echo", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
					"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==");
			assertThat(session.header("upgrade")).isEqualTo("websocket");
			awaitInFlight(server, 0);
			assertThat(server.get("/fast").status()).isEqualTo(200);
		}
	}

	@Test
	void aWebSocketSessionIsNoRequestWithoutAnyClockEither() {
		try (TestServer server = TestServer.start(ON, "server.hardening.concurrency.max-requests=1",
				"server.hardening.concurrency.reserve=none", "server.hardening.response.timeout=none",
				"server.hardening.response.write-timeout=none", "server.hardening.response.min-rate=none");
				RawClient session = server.connect()) {
			session.send("GET", "/echo", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
					"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==");
			assertThat(session.header("upgrade")).isEqualTo("websocket");
			awaitInFlight(server, 0);
		}
	}

	@Test
	void aResponseThatStreamsCountsUntilItIsComplete() {
		try (TestServer server = TestServer.start(ON, "server.hardening.concurrency.max-requests=1",
				"server.hardening.concurrency.reserve=none")) {
			RawClient stream = server.connect().send("GET", "/events?everyMs=20");
			assertThat(stream.header("content-type")).startsWith("text/event-stream");
			assertThat(server.get("/fast").status()).isEqualTo(503);
			stream.close();
			awaitInFlight(server, 0);
		}
	}

	@Test
	void aFloodOfOrdinaryRequestsLeavesRoomForCriticalOnes() {
		try (TestServer server = TestServer.start(ON, "server.hardening.concurrency.max-requests=10",
				"server.hardening.concurrency.reserve=40%", "server.hardening.routes.push.path=/teapot",
				"server.hardening.routes.push.priority=critical", "server.hardening.routes.batch.path=/slow",
				"server.hardening.routes.batch.priority=low", "server.hardening.routes.vip.path=/remaining",
				"server.hardening.routes.vip.priority=high")) {
			List<RawClient> clients = hold(server, 20, "/never");
			awaitInFlight(server, 6);
			assertThat(server.get("/fast").status()).isEqualTo(503);
			assertThat(server.get("/slow?ms=1").status()).isEqualTo(503);
			assertThat(server.get("/remaining").status()).isEqualTo(200);
			assertThat(server.get("/teapot").status()).isEqualTo(418);
			clients.subList(0, 20).forEach(RawClient::close);
			awaitInFlight(server, 0);
			List<RawClient> low = hold(server, 20, "/slow?ms=20000");
			awaitInFlight(server, 4);
			assertThat(server.get("/fast").status()).as("low gives way first").isEqualTo(200);
			low.forEach(RawClient::close);
		}
	}

	@Test
	void observesWithoutRefusingAndShowsHowManyThereWere() {
		try (TestServer server = TestServer.start(ON, "server.hardening.concurrency.max-requests=2",
				"server.hardening.concurrency.mode=observe", "management.endpoints.web.exposure.include=hardening")) {
			List<RawClient> clients = hold(server, 5, "/never");
			awaitInFlight(server, 5);
			assertThat(server.get("/fast").status()).isEqualTo(200);
			awaitInFlight(server, 5);
			assertThat(server.get("/actuator/hardening/concurrency").body()).contains("\"mode\":\"observe\"",
					"\"inFlight\":5", "\"highest\":6", "\"observed\":4");
			clients.forEach(RawClient::close);
			awaitInFlight(server, 0);
		}
	}

	@Test
	void aRouteThatSaysSomethingHasPlacesOfItsOwnAndAllOfThem() {
		try (TestServer server = TestServer.start(ON, "server.hardening.routes.upload.path=/never",
				"server.hardening.routes.upload.concurrency.max-requests=20")) {
			List<RawClient> clients = hold(server, 20, "/never");
			awaitInFlight(server, 20);
			assertThat(server.get("/never").status()).isEqualTo(503);
			assertThat(server.get("/fast").status()).isEqualTo(200);
			assertThat(server.meter("server.hardening.rejections", "guard", "concurrency", "route", "upload"))
				.isEqualTo(1);
			clients.forEach(RawClient::close);
			awaitInFlight(server, 0);
		}
	}

	/**
	 * Clients that wait, leave and are cut at random, against handlers that succeed, fail
	 * and never answer. For longer and with more of them:
	 * {@code JAVA_TOOL_OPTIONS="-Dsoak.seconds=600 -Dsoak.clients=500"}.
	 */
	@Test
	void neverHoldsMoreThanTheLimitNorLosesAPlace() throws Exception {
		int limit = 20;
		int clients = Integer.getInteger("soak.clients", 60);
		try (TestServer server = TestServer.start(List.of(Soak.class), ON,
				"server.hardening.concurrency.max-requests=" + limit, "server.hardening.concurrency.reserve=none",
				"server.hardening.response.timeout=50ms")) {
			ExecutorService executor = Executors.newFixedThreadPool(clients);
			try {
				int seconds = Integer.getInteger("soak.seconds", 5);
				long end = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
				List<Future<Integer>> results = new ArrayList<>();
				for (int i = 0; i < clients; i++) {
					Random random = new Random(i);
					results.add(executor.submit(() -> attack(server, random, end)));
				}
				int requests = 0;
				for (Future<Integer> result : results) {
					requests += result.get(seconds + 30, TimeUnit.SECONDS);
				}
				assertThat(requests).isGreaterThan(500);
			}
			finally {
				executor.shutdownNow();
			}
			Soak soak = server.bean(Soak.class);
			assertThat(soak.highest.get()).isBetween(2, limit);
			assertThat(soak.violations.get()).isZero();
			awaitInFlight(server, 0);
			assertThat(bulkhead(server).highest()).isEqualTo(limit);
		}
	}

	private static int attack(TestServer server, Random random, long end) {
		int requests = 0;
		while (System.nanoTime() < end) {
			try (RawClient client = server.connect()) {
				for (int i = 0; i < 5; i++) {
					client.send("GET", "/soak");
					requests++;
					int fate = random.nextInt(10);
					if (fate < 2) {
						client.reset();
						break;
					}
					if (fate < 3) {
						break;
					}
					client.response();
				}
			}
			catch (RuntimeException ex) {
				// Cut by the server, as half of them are.
				requests++;
			}
		}
		return requests;
	}

	/**
	 * A handler that does not keep to the rules of Reactive Streams.
	 */
	static class Twice {

		@Bean
		HandlerMapping twice() {
			WebHandler handler = (exchange) -> new Mono<>() {

				@Override
				public void subscribe(CoreSubscriber<? super Void> actual) {
					actual.onSubscribe(Operators.emptySubscription());
					actual.onComplete();
					actual.onComplete();
				}

			};
			return new SimpleUrlHandlerMapping(Map.of("/twice", handler), Ordered.HIGHEST_PRECEDENCE);
		}

	}

	/**
	 * A handler of many fates that counts who is inside.
	 */
	@RestController
	static class Soak {

		private final AtomicInteger inside = new AtomicInteger();

		private final AtomicInteger highest = new AtomicInteger();

		private final AtomicInteger violations = new AtomicInteger();

		@GetMapping("/soak")
		Mono<String> soak() {
			ThreadLocalRandom random = ThreadLocalRandom.current();
			Mono<String> answer = switch (random.nextInt(5)) {
				case 0 -> Mono.just("at once");
				case 1 -> Mono.delay(Duration.ofMillis(random.nextInt(40))).thenReturn("later");
				case 2 -> Mono.error(new ResponseStatusException(HttpStatus.BAD_GATEWAY));
				case 3 -> Mono.delay(Duration.ofMillis(random.nextInt(20)))
					.then(Mono.error(new ResponseStatusException(HttpStatus.BAD_GATEWAY)));
				default -> Mono.never();
			};
			return Mono.defer(() -> {
				enter();
				return answer.doOnTerminate(this.inside::decrementAndGet).doOnCancel(this.inside::decrementAndGet);
			});
		}

		private void enter() {
			int now = this.inside.incrementAndGet();
			this.highest.accumulateAndGet(now, Math::max);
			if (now > 20) {
				this.violations.incrementAndGet();
			}
		}

	}

}
