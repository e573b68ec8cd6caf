package io.serverhardening.route;

import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.serverhardening.ClientAddress;
import io.serverhardening.ClientAddressResolver;
import io.serverhardening.ClientKeyResolver;
import io.serverhardening.CostResolver;
import io.serverhardening.EndAction;
import io.serverhardening.Ending;
import io.serverhardening.Fallback;
import io.serverhardening.Guard;
import io.serverhardening.GuardChain;
import io.serverhardening.GuardedRequest;
import io.serverhardening.MessageKeyResolver;
import io.serverhardening.Rejection;
import io.serverhardening.RejectionListener;
import io.serverhardening.RejectionReason;
import io.serverhardening.RejectionWriter;
import io.serverhardening.TierResolver;
import io.serverhardening.internal.time.LoopClock;
import io.serverhardening.internal.time.LoopClocks;
import io.serverhardening.testing.Heap;
import io.serverhardening.testing.Planted;
import io.serverhardening.testing.RawClient;
import io.serverhardening.testing.RawHttp2;
import io.serverhardening.testing.TestServer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Mono;

import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.context.annotation.Bean;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ServerWebExchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Whatever code of the application does when it is called: every request is answered or
 * ended, every place comes back and every clock goes on.
 */
class ApplicationFailureIT {

	private static final int CLIENTS = 3;

	private static TestServer server;

	/** What is of other tests. */
	private static long before;

	@BeforeAll
	static void start() {
		before = requestsOnTheHeap();
		server = TestServer.start(List.of(Everything.class), "test.clock-speed=5", "server.http2.enabled=true",
				"management.endpoints.web.exposure.include=*", "server.hardening.response.timeout=200ms",
				"server.hardening.request.header-timeout=3s", "server.hardening.concurrency.enabled=true",
				"server.hardening.concurrency.max-requests=100", "server.hardening.concurrency.reserve=none",
				"server.hardening.rate-limit.enabled=true", "server.hardening.rate-limit.permits=1000000",
				"server.hardening.rate-limit.key=bean:tenants",
				"server.hardening.rate-limit.tiers.gold.permits=1000000",
				"server.hardening.routes.addressed.path=/thread",
				"server.hardening.routes.addressed.rate-limit.key=client-address",
				"server.hardening.routes.once.path=/once", "server.hardening.routes.once.methods=POST",
				"server.hardening.routes.once.deduplication.key=bean:messages");
		Everything.plant(null, Planted.EXCEPTION);
		server.warmUp();
		answered();
	}

	@AfterAll
	static void stop() {
		server.close();
	}

	@ParameterizedTest
	@EnumSource(Callback.class)
	void nothingOfTheStartersStops(Callback callback) {
		for (Planted planted : Planted.values()) {
			if (!callback.may(planted)) {
				continue;
			}
			Everything.plant(callback, planted);
			Outcome outcome = answered();
			String what = callback + " " + planted;
			assertThat(Everything.called.get()).as(what + " was called").isPositive();
			assertThat(outcome.silent()).as(what + ": requests that got neither an answer nor an end").isZero();
			if (planted != Planted.NEVER) {
				assertThat(outcome.cut()).as(what + ": requests that were cut").isZero();
			}
			Everything.plant(null, Planted.EXCEPTION);
			everythingIsFree(what);
		}
		aSlowHeadIsStillTimed();
		nothingIsLeftOnTheHeap(callback);
	}

	private static long requestsOnTheHeap() {
		Map<String, Long> live = Heap.live();
		return Stream
			.of(GuardedExchange.class.getName(), "io.serverhardening.connection.ConnectionHandler",
					"io.serverhardening.request.RequestBody")
			.mapToLong((type) -> live.getOrDefault(type, 0L))
			.sum();
	}

	private static void nothingIsLeftOnTheHeap(Callback callback) {
		await(callback + ": requests on the heap").atMost(Duration.ofSeconds(20))
			.untilAsserted(() -> assertThat(requestsOnTheHeap()).isLessThanOrEqualTo(before));
	}

	private static void everythingIsFree(String what) {
		server.awaitQuiet();
		await(what).atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
			JsonNode concurrency = section("concurrency");
			assertThat(concurrency.findValues("inFlight")).as(what + ": places").hasSize(1);
			assertThat(concurrency.findValue("inFlight").asInt()).as(what + ": places that are taken").isZero();
			assertThat(section("deduplication").at("/once/running").asInt()).isZero();
		});
		await(what + ": clocks").atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
			assertThat(server.bean(LoopClocks.class).all())
				.allMatch((clock) -> clock.silence() < Duration.ofSeconds(2).toNanos());
			assertThat(server.bean(LoopClocks.class).all().stream().mapToInt(LoopClock::registered).sum())
				.as("nothing is timed that is over")
				.isZero();
		});
	}

	private static JsonNode section(String name) throws Exception {
		return new ObjectMapper().readTree(server.get("/actuator/hardening/" + name).body());
	}

	private static void aSlowHeadIsStillTimed() {
		List<RawClient> slow = new ArrayList<>();
		for (int i = 0; i < 4 * Runtime.getRuntime().availableProcessors(); i++) {
			slow.add(server.connect().write("GET /fast HTTP/1.1\r\nHo"));
		}
		for (RawClient client : slow) {
			assertThat(client.response().status()).isEqualTo(408);
			client.close();
		}
	}

	private static Outcome answered() {
		Outcome outcome = new Outcome(new AtomicInteger(), new AtomicInteger());
		List<RawClient> clients = new ArrayList<>();
		for (int i = 0; i < CLIENTS; i++) {
			clients.add(server.connect().send("GET", "/cleans-up"));
			clients.add(server.connect().send("GET", "/fast"));
			clients.add(server.connect().send("GET", "/fast", "X-Refuse: plain"));
			clients.add(server.connect().send("GET", "/fast", "X-Refuse: fallback"));
			clients.add(server.connect().send("GET", "/thread"));
			clients.add(server.connect().write("POST /once HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\n\r\n{}"));
			// One that leaves.
			server.connect().send("GET", "/cleans-up").close();
		}
		List<RawHttp2> streams = new ArrayList<>();
		for (String path : List.of("/cleans-up", "/fast", "/thread")) {
			streams.add(new RawHttp2(server.connect()).request(1, "GET", path, false));
		}
		streams.add(new RawHttp2(server.connect()).request(1, "POST", "/once", true).data(1, 2, true));
		for (RawClient client : clients) {
			outcome.count(client);
		}
		for (RawHttp2 stream : streams) {
			outcome.count(stream);
		}
		return outcome;
	}

	/**
	 * What became of requests.
	 *
	 * @param cuts how many ended without a whole answer
	 * @param silences how many did not end
	 */
	private record Outcome(AtomicInteger cuts, AtomicInteger silences) {

		int cut() {
			return this.cuts.get();
		}

		int silent() {
			return this.silences.get();
		}

		void count(RawClient client) {
			try (client) {
				assertThat(client.response().status()).isBetween(200, 599);
			}
			catch (UncheckedIOException ex) {
				failed(ex);
			}
		}

		void count(RawHttp2 client) {
			try (client) {
				RawHttp2.Frame frame = client.answer(1);
				if (frame == null || frame.type() == RawHttp2.RST_STREAM) {
					this.cuts.incrementAndGet();
				}
			}
			catch (UncheckedIOException ex) {
				failed(ex);
			}
		}

		private void failed(UncheckedIOException ex) {
			if (ex.getCause() instanceof SocketTimeoutException) {
				this.silences.incrementAndGet();
			}
			else {
				this.cuts.incrementAndGet();
			}
		}

	}

	/**
	 * Where code of the application is called.
	 */
	enum Callback {

		CANCEL(false), LISTENER(false), WRITER(true), FALLBACK(true), GUARD(true), END_ACTION(false), BEGUN(false),
		CLIENT_KEY(true), TIER(true), COST(false), CLIENT_ADDRESS(false), MESSAGE_KEY(true), TICK(false);

		private final boolean later;

		Callback(boolean later) {
			this.later = later;
		}

		boolean may(Planted planted) {
			return this.later || !Set.of(Planted.SIGNALLED, Planted.NULL, Planted.NEVER).contains(planted);
		}

	}

	/**
	 * An application that calls back everywhere.
	 */
	@RestController
	static class Everything {

		private static final AtomicInteger called = new AtomicInteger();

		private static volatile @Nullable Callback callback;

		private static volatile Planted planted = Planted.EXCEPTION;

		static void plant(@Nullable Callback where, Planted what) {
			callback = null;
			planted = what;
			called.set(0);
			callback = where;
		}

		private static void at(Callback here) {
			if (callback == here) {
				called.incrementAndGet();
				planted.act();
			}
		}

		private static <T> Mono<T> at(Callback here, Mono<T> otherwise) {
			if (callback == here) {
				called.incrementAndGet();
				return planted.later(otherwise);
			}
			return otherwise;
		}

		@GetMapping("/cleans-up")
		Mono<String> cleansUp() {
			return Mono.create((sink) -> sink.onCancel(() -> at(Callback.CANCEL)));
		}

		@PostMapping("/once")
		Mono<String> once() {
			return Mono.just("once");
		}

		@Bean
		RejectionListener listener() {
			return (exchange, rejection, outcome) -> at(Callback.LISTENER);
		}

		@Bean
		RejectionWriter writer() {
			return (exchange, rejection) -> at(Callback.WRITER, Mono.defer(() -> {
				exchange.getResponse().setStatusCode(rejection.status());
				return exchange.getResponse().setComplete();
			}));
		}

		@Bean
		ClientKeyResolver tenants() {
			return (exchange) -> at(Callback.CLIENT_KEY, Mono.just("tenant"));
		}

		@Bean
		TierResolver tiers() {
			return (exchange) -> at(Callback.TIER, Mono.just("gold"));
		}

		@Bean
		CostResolver costs() {
			return (exchange) -> {
				at(Callback.COST);
				return 1;
			};
		}

		@Bean
		ClientAddressResolver addresses() {
			return (request) -> {
				at(Callback.CLIENT_ADDRESS);
				InetAddress address = request.getRemoteAddress().getAddress();
				return new ClientAddress(address, address);
			};
		}

		@Bean
		MessageKeyResolver messages() {
			AtomicInteger next = new AtomicInteger();
			return (exchange, body) -> at(Callback.MESSAGE_KEY, Mono.just("message" + next.incrementAndGet()));
		}

		@Bean
		SmartInitializingSingleton ticks(LoopClocks clocks) {
			return () -> clocks.listen((clock, late) -> at(Callback.TICK));
		}

		@Bean
		Guard guard() {
			Fallback fallback = (exchange, rejection) -> at(Callback.FALLBACK, Mono.defer(() -> {
				exchange.getResponse().setStatusCode(HttpStatus.ACCEPTED);
				return exchange.getResponse().setComplete();
			}));
			return new Guard() {

				@Override
				public String name() {
					return "planted";
				}

				@Override
				public Mono<Void> apply(ServerWebExchange exchange, GuardChain chain) {
					GuardedRequest.required(exchange).onEnd(new EndAction() {

						@Override
						public void onBegun() {
							at(Callback.BEGUN);
						}

						@Override
						public void onEnd(Ending ending, @Nullable Throwable error) {
							at(Callback.END_ACTION);
						}

					});
					return at(Callback.GUARD, Mono.defer(() -> decide(exchange, chain)));
				}

				private Mono<Void> decide(ServerWebExchange exchange, GuardChain chain) {
					String refuse = exchange.getRequest().getHeaders().getFirst("X-Refuse");
					if (refuse == null) {
						return chain.proceed(exchange);
					}
					return chain.refuse(exchange, Rejection.of(RejectionReason.OVERLOADED),
							refuse.equals("fallback") ? fallback : null);
				}

			};
		}

	}

}
