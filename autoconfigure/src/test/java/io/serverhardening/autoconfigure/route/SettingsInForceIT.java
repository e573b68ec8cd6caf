package io.serverhardening.autoconfigure.route;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.micrometer.core.instrument.MeterRegistry;
import io.serverhardening.Deadline;
import io.serverhardening.GuardedRequest;
import io.serverhardening.autoconfigure.admission.CircuitBreakerGuards;
import io.serverhardening.autoconfigure.admission.ConcurrencyGuards;
import io.serverhardening.autoconfigure.admission.RateLimitGuards;
import io.serverhardening.autoconfigure.diagnostics.InvalidSettingException;
import io.serverhardening.autoconfigure.resolution.Resolution;
import io.serverhardening.autoconfigure.settings.HardeningProperties;
import io.serverhardening.circuitbreaker.RouteBreaker;
import io.serverhardening.deduplication.DeduplicationGuard;
import io.serverhardening.deduplication.access.RemoteRecords;
import io.serverhardening.deduplication.record.StoreGate;
import io.serverhardening.internal.channel.CloseReason;
import io.serverhardening.route.RoutePolicy;
import io.serverhardening.route.Routes;
import io.serverhardening.testing.Pause;
import io.serverhardening.testing.RawClient;
import io.serverhardening.testing.RawHttp2;
import io.serverhardening.testing.TestRedis;
import io.serverhardening.testing.TestServer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.context.Lifecycle;
import org.springframework.core.Ordered;
import org.springframework.http.ResponseEntity;
import org.springframework.test.util.ReflectionTestUtils;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

/**
 * Settings that others take the place of while requests run.
 */
class SettingsInForceIT {

	private static final int SWAPS = 1000;

	private static final String BODY = "x".repeat(1500);

	private static final List<String> ONE = List.of("rate-limit.enabled=true", "rate-limit.permits=1000000",
			"rate-limit.period=60s", "rate-limit.key=global", "concurrency.enabled=true",
			"concurrency.max-requests=300", "response.timeout=20s", "response.timeout-status=503",
			"request.max-body-size=1KB", "routes.late.path=/late", "routes.late.response.timeout=100ms",
			"routes.broken.path=/dependency", "routes.broken.circuit-breaker.enabled=true",
			"routes.broken.circuit-breaker.window=10", "routes.broken.circuit-breaker.min-calls=5",
			"routes.broken.circuit-breaker.open-period=200ms", "routes.messages.path=/messages",
			"routes.messages.deduplication.key=header:Idempotency-Key", "routes.messages.deduplication.lease=5s",
			"routes.messages.request.max-body-size=1MB");

	private static final List<String> OTHER = List.of("rate-limit.permits=2000000", "rate-limit.period=120s",
			"rate-limit.max-keys=50", "concurrency.max-requests=600", "concurrency.reserve=10%",
			"response.timeout=200s", "response.timeout-status=504", "request.max-body-size=1MB",
			"routes.late.response.timeout=200ms", "routes.broken.circuit-breaker.failure-rate=30",
			"routes.broken.circuit-breaker.open-period=100ms", "routes.messages.deduplication.max-runs=500",
			"routes.messages.deduplication.run-timeout=900s", "routes.messages.deduplication.ttl=2000s",
			"routes.extra.path=/extra", "routes.extra.rate-limit.permits=3000000",
			"routes.extra.rate-limit.key=principal", "connection.idle-timeout=50s", "connection.max-open=5000");

	private static TestServer server;

	private final Queue<String> problems = new ConcurrentLinkedQueue<>();

	private final Map<String, LongAdder> seen = new ConcurrentHashMap<>();

	private volatile boolean running = true;

	@BeforeAll
	static void start() {
		server = TestServer.start(List.of(Handlers.class, LateFilter.class),
				ONE.stream().map((setting) -> "server.hardening." + setting).toArray(String[]::new));
		server.warmUp();
	}

	@AfterAll
	static void stop() {
		server.close();
	}

	private static SettingsInForce settings() {
		return server.bean(SettingsInForce.class);
	}

	private static Resolution first() {
		return server.bean(Resolution.class);
	}

	private static Resolution settings(List<String> more) {
		return Resolution.of(bound(named(Stream.of(ONE, more).flatMap(List::stream))));
	}

	private static Map<String, String> named(Stream<String> settings) {
		Map<String, String> named = new LinkedHashMap<>();
		settings.forEach((setting) -> {
			String[] parts = setting.split("=", 2);
			named.put("server.hardening." + parts[0], parts[1]);
		});
		return named;
	}

	private static HardeningProperties bound(Map<String, String> settings) {
		return new Binder(new MapConfigurationPropertySource(settings)).bindOrCreate("server.hardening",
				HardeningProperties.class);
	}

	@Test
	void everyRequestKeepsTheSettingsThatItBeganWith() throws Exception {
		Resolution one = settings(List.of());
		Resolution other = settings(OTHER);
		ExecutorService clients = Executors.newCachedThreadPool();
		try {
			List<Future<?>> loops = new ArrayList<>();
			for (int i = 0; i < 2; i++) {
				loops.add(clients.submit(() -> loop("plain", this::plain)));
			}
			loops.add(clients.submit(() -> loop("head", this::slowHead)));
			loops.add(clients.submit(() -> loop("body", this::slowBody)));
			loops.add(clients.submit(() -> loop("late", this::late)));
			loops.add(clients.submit(() -> loop("stream", this::stream)));
			loops.add(clients.submit(() -> loop("copies", this::copies)));
			loops.add(clients.submit(() -> loop("broken", this::broken)));
			loops.add(clients.submit(() -> loop("extra", this::extra)));
			for (int i = 0; i < SWAPS; i++) {
				settings().apply((i % 2 == 0) ? other : one);
				Pause.millis(4);
			}
			settings().apply(one);
			this.running = false;
			for (Future<?> loop : loops) {
				loop.get(20, TimeUnit.SECONDS);
			}
		}
		finally {
			this.running = false;
			clients.shutdownNow();
		}
		assertThat(this.problems).isEmpty();
		assertThat(this.seen.keySet()).contains("plain one", "plain other", "head one", "head other", "body one",
				"body other", "late one", "late other", "stream", "copies", "broken 500", "broken 503", "extra one",
				"extra other");
		server.awaitQuiet();
		assertThat(server.placesTaken()).isZero();
		assertThat(server.bean(Handlers.class).handled.values()).as("messages handled twice").containsOnly(1);
		server.bean(Handlers.class).well = true;
		await().atMost(Duration.ofSeconds(5)).until(() -> server.get("/dependency").status() == 200);
	}

	private void loop(String name, Exchange exchange) {
		while (this.running) {
			try (RawClient client = server.connect()) {
				for (int i = 0; i < 50 && this.running; i++) {
					String version = exchange.with(client);
					if (version == null) {
						break;
					}
					saw(version.isEmpty() ? name : name + " " + version);
				}
			}
			catch (Exception | AssertionError ex) {
				this.problems.add(name + ": " + ex);
			}
		}
	}

	private void saw(String what) {
		this.seen.computeIfAbsent(what, (key) -> new LongAdder()).increment();
	}

	// Whether the limit by which a request was counted and its deadline are of one
	// version, and which.
	private static String version(RawClient.Response response) {
		String policy = response.header("ratelimit-policy");
		String limit = response.header("ratelimit");
		if (policy.equals("\"default\";q=1000000;w=60")) {
			assertThat(response.body()).isIn("20 default", "1500 20 default");
			assertThat(limit).startsWith("\"default\";r=9");
			return "one";
		}
		assertThat(policy).isEqualTo("\"default\";q=2000000;w=120");
		assertThat(limit).startsWith("\"default\";r=19");
		assertThat(response.body()).isIn("200 default", "1500 200 default");
		return "other";
	}

	private String plain(RawClient client) {
		RawClient.Response response = client.send("GET", "/plain").response();
		assertThat(response.status()).isEqualTo(200);
		return version(response);
	}

	private String slowHead(RawClient client) {
		client.write("GET /plain HTTP/1.1\r\nHost: te");
		Pause.millis(12);
		RawClient.Response response = client.write("st\r\n\r\n").response();
		assertThat(response.status()).isEqualTo(200);
		return version(response);
	}

	private @Nullable String slowBody(RawClient client) {
		client.write("POST /body HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n");
		String half = Integer.toHexString(BODY.length() / 2) + "\r\n" + BODY.substring(BODY.length() / 2) + "\r\n";
		client.write(half);
		Pause.millis(12);
		RawClient.Response response = client.write(half + "0\r\n\r\n").response();
		if (response.status() == 413) {
			assertThat(response.header("ratelimit-policy")).isEqualTo("\"default\";q=1000000;w=60");
			saw("body one");
			return null;
		}
		assertThat(response.status()).isEqualTo(200);
		assertThat(version(response)).isEqualTo("other");
		return "other";
	}

	private String late(RawClient client) {
		long begin = System.nanoTime();
		RawClient.Response response = client.send("GET", "/late").response();
		Duration took = Duration.ofNanos(System.nanoTime() - begin);
		boolean one = response.status() == 503;
		assertThat(response.status()).isIn(503, 504);
		assertThat(took).isGreaterThanOrEqualTo(Duration.ofMillis(one ? 100 : 200));
		assertThat(response.header("ratelimit-policy")).startsWith(one ? "\"default\";q=1" : "\"default\";q=2");
		return one ? "one" : "other";
	}

	private String stream(RawClient client) {
		RawClient.Response response = client.send("GET", "/pieces").response();
		assertThat(response.status()).isEqualTo(200);
		assertThat(response.body()).isEqualTo(Handlers.STREAM);
		return "";
	}

	private String copies(RawClient client) throws Exception {
		String message = "POST /messages HTTP/1.1\r\nHost: test\r\nIdempotency-Key: \"" + UUID.randomUUID()
				+ "\"\r\nContent-Length: 2\r\n\r\nhi";
		client.write(message);
		try (RawClient copy = server.connect()) {
			Pause.millis(5);
			copy.write(message);
			RawClient.Response first = client.response();
			RawClient.Response second = copy.response();
			assertThat(first.status()).isEqualTo(201);
			assertThat(second.status()).isIn(201, 409);
			assertThat(second.status() == 409 || second.body().equals(first.body())).as("the same answer").isTrue();
			return (second.status() == 409) ? "busy" : "";
		}
	}

	private String broken(RawClient client) {
		RawClient.Response response = client.send("GET", "/dependency").response();
		assertThat(response.status()).as(response.toString()).isIn(500, 503);
		return String.valueOf(response.status());
	}

	private String extra(RawClient client) {
		RawClient.Response response = client.send("GET", "/extra").response();
		assertThat(response.status()).isEqualTo(200);
		String policy = response.header("ratelimit-policy");
		if (response.body().equals("20 default")) {
			assertThat(policy).isEqualTo("\"default\";q=1000000;w=60");
			return "one";
		}
		assertThat(response.body()).isEqualTo("200 extra");
		assertThat(policy).isEqualTo("\"extra\";q=3000000;w=120");
		return "other";
	}

	@Test
	void whatTheStartWouldRefuseChangesNothing() {
		settings().apply(settings(OTHER));
		long version = settings().version().number();
		Collection<RoutePolicy> policies = server.bean(Routes.class).policies();
		Set<Object> limiters = limiters();
		for (String wrong : List.of("concurrency.reserve=60%", "routes.extra.path=nowhere", "rate-limit.max-keys=0",
				"routes.twice.path=/late", "routes.new.path=/new,routes.new.deduplication.key=nothing",
				"routes.new.path=/new,routes.new.rate-limit.permits=3,routes.last.path=oops", "response.rate-grace=1ms",
				"client.ipv6-prefix=48", "connection.max-requests=7", "routes.messages.deduplication.max-records=0")) {
			List<String> settings = new ArrayList<>(OTHER);
			settings.addAll(List.of(wrong.split(",")));
			assertThatExceptionOfType(InvalidSettingException.class).as(wrong)
				.isThrownBy(() -> settings().apply(settings(settings)));
		}
		assertThat(settings().version().number()).isEqualTo(version);
		assertThat(server.bean(Routes.class).policies()).isEqualTo(policies);
		assertThat(limiters()).isEqualTo(limiters);
		RawClient.Response response = server.get("/plain");
		assertThat(version(response)).isEqualTo("other");
		settings().apply(first());
	}

	private static Set<Object> limiters() {
		return Set.copyOf(server.bean(RateLimitGuards.class).registry().getAllRateLimiters());
	}

	@Test
	void metersComeAndGoWithTheirRoutes() {
		assertThat(meters("extra")).isZero();
		settings().apply(settings(OTHER));
		server.get("/extra");
		refusedForItsSize("/extra");
		assertThat(server.meter("server.hardening.rejections", "route", "extra", "outcome", "refused")).isEqualTo(1);
		server.awaitQuiet();
		assertThat(server.meter("server.hardening.requests", "route", "extra", "outcome", "completed")).isEqualTo(1);
		settings().apply(first());
		assertThat(meters("extra")).isZero();
		settings().apply(settings(OTHER));
		long extra = meters("extra");
		settings().apply(first());
		for (int i = 0; i < 20; i++) {
			settings().apply(settings(OTHER));
			settings().apply(first());
		}
		settings().apply(settings(OTHER));
		assertThat(meters("extra")).isEqualTo(extra);
		settings().apply(first());
	}

	private static void refusedForItsSize(String path) {
		try (RawClient client = server.connect()) {
			assertThat(client.send("POST", path, "Content-Length: 2000000").response().status()).isEqualTo(413);
		}
	}

	// A filter of the application has let the body come before a guard has seen it.
	@Test
	void anOldConnectionTakesBodiesByWhatIsInForceBeforeItsGuardsAreAsked() {
		try (RawClient client = server.connect()) {
			assertThat(client.send("GET", "/plain").response().status()).isEqualTo(200);
			settings().apply(settings(OTHER));
			assertThat(client.send("POST", "/body", "X-Late: 1", "Content-Length: " + BODY.length())
				.write(BODY)
				.response()
				.status()).isEqualTo(200);
		}
		finally {
			settings().apply(first());
		}
	}

	private static long meters(String route) {
		return server.bean(MeterRegistry.class)
			.getMeters()
			.stream()
			.filter((meter) -> route.equals(meter.getId().getTag("route"))
					|| route.equals(meter.getId().getTag("limit")) || route.equals(meter.getId().getTag("name")))
			.count();
	}

	@Test
	void connectionsAreAcceptedByWhatIsInForce() {
		try (RawClient before = server.connect()) {
			before.send("GET", "/plain").response();
			settings().apply(settings(List.of("connection.max-open=1", "connection.idle-timeout=300ms")));
			assertThat(server.connect().isEnded(Duration.ofSeconds(5))).as("beyond the cap").isTrue();
			settings().apply(settings(List.of("connection.idle-timeout=300ms")));
			try (RawClient after = server.connect()) {
				after.send("GET", "/plain").response();
				assertThat(after.isEnded(Duration.ofSeconds(5))).as("idle").isTrue();
			}
			assertThat(before.send("GET", "/plain").response().status()).isEqualTo(200);
		}
		finally {
			settings().apply(first());
		}
	}

	@Test
	void aNewRequestOnAnOldConnectionIsLimitedByWhatIsInForce() {
		String request = "POST /body HTTP/1.1\r\nHost: test\r\nContent-Length: 1500\r\n\r\n" + BODY;
		try (RawClient client = server.connect()) {
			client.send("GET", "/plain").response();
			settings().apply(settings(List.of("request.max-body-size=none", "request.min-rate=none",
					"request.body-timeout=none", "response.timeout=none", "response.write-timeout=none",
					"response.min-rate=none", "routes.messages.deduplication.run-timeout=60s")));
			assertThat(client.write(request).response().status()).isEqualTo(200);
			settings().apply(first());
			assertThat(client.write(request).response().status()).isEqualTo(413);
		}
		finally {
			settings().apply(first());
		}
	}

	@Test
	void aNewStreamOnAnOldConnectionIsPacedByWhatIsInForce() {
		Resolution none = Resolution
			.of(bound(named(Stream.of("response.min-rate=none", "response.write-timeout=none"))));
		Resolution strict = Resolution.of(bound(
				named(Stream.of("response.min-rate=1MB", "response.rate-grace=1s", "response.write-timeout=2s"))));
		try (TestServer paced = TestServer.start("server.http2.enabled=true", "test.clock-speed=5");
				RawHttp2 before = new RawHttp2(paced.connect(4096))) {
			SettingsInForce settings = paced.bean(SettingsInForce.class);
			settings.apply(none);
			try (RawHttp2 client = fastOn(new RawHttp2(paced.connect(4096)))) {
				settings.apply(strict);
				client.request(3, "GET", "/download?chunks=200", false);
				paced.awaitClosed(CloseReason.SLOW_READER, 1);
			}
			fastOn(before);
			settings.apply(none);
			before.request(3, "GET", "/download?chunks=20", false);
			// Five seconds of the connection's clocks.
			Pause.millis(1000);
			RawHttp2.Frame frame = before.await(RawHttp2.DATA, 3);
			while (frame != null && (frame.flags() & RawHttp2.END_STREAM) == 0) {
				frame = before.await(RawHttp2.DATA, 3);
			}
			assertThat(frame).as("the end of what was not read for a while").isNotNull();
		}
	}

	@Test
	void aClientThatWasOnlyObservedIsCutOnceThatIsEnforced() {
		List<String> strict = List.of("response.min-rate=1MB", "response.rate-grace=1s", "response.write-timeout=2s");
		Resolution enforced = Resolution.of(bound(named(strict.stream())));
		Resolution observed = Resolution
			.of(bound(named(Stream.concat(strict.stream(), Stream.of("response.mode=observe")))));
		try (TestServer paced = TestServer.start("server.http2.enabled=true", "test.clock-speed=5")) {
			SettingsInForce settings = paced.bean(SettingsInForce.class);
			settings.apply(observed);
			try (RawHttp2 client = fastOn(new RawHttp2(paced.connect(4096)))) {
				client.request(3, "GET", "/download?chunks=200", false);
				// Five seconds of the connection's clocks.
				Pause.millis(1000);
				assertThat(paced.connections().closedCount(CloseReason.SLOW_READER)).isZero();
				settings.apply(enforced);
				client.request(5, "GET", "/fast", false);
				paced.awaitClosed(CloseReason.SLOW_READER, 1);
			}
		}
	}

	private static RawHttp2 fastOn(RawHttp2 client) {
		client.setting(4, 1 << 30).window(0, 1 << 30);
		client.request(1, "GET", "/fast", false).await(RawHttp2.DATA, 1);
		return client;
	}

	@Test
	void aRouteThatComesBackRemembersItsMessages() {
		String message = "POST /messages HTTP/1.1\r\nHost: test\r\nIdempotency-Key: \"" + UUID.randomUUID()
				+ "\"\r\nContent-Length: 2\r\n\r\nhi";
		Resolution without = Resolution.of(bound(Map.of("server.hardening.response.timeout", "20s")));
		try (RawClient client = server.connect()) {
			assertThat(client.write(message).response().status()).isEqualTo(201);
			settings().apply(without);
			settings().apply(first());
			assertThat(client.write(message).response().header("idempotent-replayed")).isEqualTo("true");
		}
		finally {
			settings().apply(first());
		}
	}

	@Test
	void aMessageThatArrivesWhileItsRouteIsGoneIsHandledOnce() {
		String message = "POST /messages HTTP/1.1\r\nHost: test\r\nIdempotency-Key: \"" + UUID.randomUUID()
				+ "\"\r\nContent-Length: 2\r\n\r\n";
		Resolution with = Resolution.of(bound(named(Stream.of("routes.arriving.path=/messages",
				"routes.arriving.deduplication.key=header:Idempotency-Key"))));
		try (RawClient client = server.connect(); RawClient copy = server.connect()) {
			settings().apply(with);
			client.write(message + "h");
			await().atMost(Duration.ofSeconds(5))
				.until(() -> server.bean(Routes.class).activities().get("arriving").inFlight() == 1);
			settings().apply(first());
			settings().apply(with);
			assertThat(client.write("i").response().status()).isEqualTo(201);
			assertThat(copy.write(message + "hi").response().header("idempotent-replayed")).isEqualTo("true");
		}
		finally {
			settings().apply(first());
		}
	}

	// Nobody has its route's records any more when it comes back, but what was kept.
	@Test
	void aMessageThatIsHandledWhileItsRouteIsGoneIsKnownWhenItComesBack() {
		String message = "POST /messages HTTP/1.1\r\nHost: test\r\nIdempotency-Key: \"" + UUID.randomUUID()
				+ "\"\r\nContent-Length: 2\r\n\r\n";
		Resolution with = Resolution.of(bound(named(Stream.of("routes.handled.path=/messages",
				"routes.handled.deduplication.key=header:Idempotency-Key"))));
		try (RawClient copy = server.connect()) {
			try (RawClient client = server.connect()) {
				settings().apply(with);
				client.write(message + "h");
				await().atMost(Duration.ofSeconds(5))
					.until(() -> server.bean(Routes.class).activities().get("handled").inFlight() == 1);
				settings().apply(first());
				assertThat(client.write("i").response().status()).isEqualTo(201);
			}
			server.awaitQuiet();
			System.gc();
			settings().apply(with);
			assertThat(copy.write(message + "hi").response().header("idempotent-replayed")).isEqualTo("true");
		}
		finally {
			settings().apply(first());
		}
	}

	@Test
	void aBreakerThatTriesStillDoesWhenItsRouteComesBack() {
		List<String> breaker = List.of("routes.trying.path=/dependency", "routes.trying.circuit-breaker.enabled=true",
				"routes.trying.circuit-breaker.window=1", "routes.trying.circuit-breaker.min-calls=1",
				"routes.trying.circuit-breaker.open-period=1ms");
		Resolution with = Resolution.of(bound(named(breaker.stream())));
		CircuitBreakerGuards breakers = server.bean(CircuitBreakerGuards.class);
		try {
			settings().apply(with);
			RouteBreaker trying = Objects.requireNonNull(breakers.breakers().get("trying"));
			trying.breaker().transitionToOpenState();
			trying.breaker().transitionToHalfOpenState();
			settings().apply(first());
			settings().apply(with);
			assertThat(breakers.breakers().get("trying")).isSameAs(trying);
			assertThat(trying.breaker().getState()).isEqualTo(CircuitBreaker.State.HALF_OPEN);
		}
		finally {
			settings().apply(first());
		}
	}

	@Test
	void whoHearsOfOtherSettingsKnowsThemAndAppliesNone() {
		SettingsInForce settings = settings();
		long version = settings.version().number();
		AtomicReference<Throwable> refused = new AtomicReference<>();
		AtomicLong known = new AtomicLong();
		boolean[] once = { true };
		Resolution first = first();
		settings.listening(() -> {
			if (once[0]) {
				once[0] = false;
				known.set(settings.version().number());
				refused.set(catchThrowable(() -> settings.apply(first)));
			}
		});
		settings.apply(settings(OTHER));
		assertThat(known).hasValue(version + 1);
		assertThat(refused.get()).isInstanceOf(IllegalStateException.class);
		assertThat(settings.version().resolution().written().routes()).containsKey("extra");
		assertThat(server.bean(Routes.class).activities()).containsKey("extra");
		settings.apply(first);
	}

	@Test
	void anErrorOfWhoHearsOfARegistryLeavesNothingByHalves() {
		try (TestServer server = TestServer.start("server.hardening.concurrency.enabled=true")) {
			SettingsInForce settings = server.bean(SettingsInForce.class);
			server.bean(ConcurrencyGuards.class).registry().getEventPublisher().onEntryReplaced((event) -> {
				throw new NoClassDefFoundError("Planted");
			});
			settings.apply(Resolution.of(bound(named(Stream.of("rate-limit.enabled=true", "concurrency.enabled=true",
					"routes.own.path=/fast", "routes.own.concurrency.max-requests=5")))));
			assertThat(settings.version().number()).isEqualTo(2);
			assertThat(server.bean(Routes.class).activities()).containsKey("own");
		}
	}

	@Test
	void aRouteThatWasGoneWhileAllStoodStillTakesMessages() {
		Resolution with = Resolution.of(bound(named(
				Stream.of("routes.stood.path=/messages", "routes.stood.deduplication.key=header:Idempotency-Key"))));
		try (TestServer stopped = TestServer.start(List.of(Handlers.class))) {
			SettingsInForce settings = stopped.bean(SettingsInForce.class);
			settings.apply(with);
			// Who is at work on it.
			Object guard = stopped.guard(DeduplicationGuard.class);
			Lifecycle context = (Lifecycle) Objects.requireNonNull(ReflectionTestUtils.getField(stopped, "context"));
			context.stop();
			settings.apply(Resolution.of(bound(Map.of())));
			context.start();
			settings.apply(with);
			try (RawClient client = stopped.connect()) {
				client.write("POST /messages HTTP/1.1\r\nHost: test\r\nIdempotency-Key: \"" + UUID.randomUUID()
						+ "\"\r\nContent-Length: 2\r\n\r\nhi");
				assertThat(client.response().status()).isEqualTo(201);
			}
			assertThat(guard).isNotNull();
		}
	}

	@Test
	void aRedisThatOtherSettingsAskForFirstIsReached() throws Exception {
		List<String> messages = List.of("routes.later.path=/messages", "routes.later.methods=POST",
				"routes.later.deduplication.key=header:Idempotency-Key",
				"routes.later.deduplication.on-store-failure=reject");
		Resolution with = Resolution.of(bound(named(messages.stream())));
		Resolution without = Resolution.of(bound(Map.of()));
		Resolution wrong = Resolution
			.of(bound(named(Stream.concat(messages.stream(), Stream.of("routes.oops.path=nowhere")))));
		try (TestRedis redis = TestRedis.embedded();
				TestServer later = TestServer.start(redis, List.of(Handlers.class));
				RawClient client = later.connect()) {
			SettingsInForce settings = later.bean(SettingsInForce.class);
			settings.apply(with);
			await().atMost(Duration.ofSeconds(10))
				.until(() -> client
					.write("POST /messages HTTP/1.1\r\nHost: test\r\nIdempotency-Key: \"" + UUID.randomUUID()
							+ "\"\r\nContent-Length: 2\r\n\r\nhi")
					.response()
					.status() == 201);
			StoreGate gate = ((RemoteRecords) later.guard(DeduplicationGuard.class).state().records()).gate();
			int listeners = listeners(gate);
			for (int i = 0; i < 50; i++) {
				assertThatExceptionOfType(InvalidSettingException.class).isThrownBy(() -> settings.apply(wrong));
				settings.apply(without);
				settings.apply(with);
			}
			assertThat(listeners(gate)).isEqualTo(listeners);
		}
	}

	// Its messages are known where they were remembered, and nowhere else.
	@Test
	void aRouteThatComesBackRemembersItsMessagesWhereItDidBefore() {
		List<String> messages = List.of("routes.moved.path=/messages", "routes.moved.methods=POST",
				"routes.moved.deduplication.key=header:Idempotency-Key");
		Resolution redisFirst = Resolution.of(bound(named(messages.stream())));
		Resolution memory = Resolution
			.of(bound(named(Stream.concat(messages.stream(), Stream.of("routes.moved.deduplication.store=memory")))));
		try (TestRedis redis = TestRedis.embedded();
				TestServer moved = TestServer.start(redis, List.of(Handlers.class))) {
			SettingsInForce settings = moved.bean(SettingsInForce.class);
			settings.apply(redisFirst);
			assertThatExceptionOfType(InvalidSettingException.class).isThrownBy(() -> settings.apply(memory))
				.withMessageContaining("needs a restart");
			settings.apply(Resolution.of(bound(Map.of())));
			assertThatExceptionOfType(InvalidSettingException.class).isThrownBy(() -> settings.apply(memory))
				.withMessageContaining("even if the route was gone meanwhile");
			settings.apply(redisFirst);
			assertThat(moved.guard(DeduplicationGuard.class).state().records().isRemote()).isTrue();
		}
	}

	@Test
	void aMessageThatArrivesWhileItsRouteIsGoneAndRedisAwayReachesRedis() {
		Resolution with = Resolution.of(bound(named(
				Stream.of("routes.arriving.path=/messages", "routes.arriving.deduplication.key=header:Idempotency-Key",
						"routes.arriving.deduplication.on-store-failure=local"))));
		try (TestRedis redis = TestRedis.embedded();
				TestServer away = TestServer.start(redis, List.of(Handlers.class));
				RawClient client = away.connect()) {
			SettingsInForce settings = away.bean(SettingsInForce.class);
			settings.apply(with);
			RemoteRecords records = (RemoteRecords) away.guard(DeduplicationGuard.class).state().records();
			await().atMost(Duration.ofSeconds(10)).until(records.gate()::isOpen);
			client.write("POST /messages HTTP/1.1\r\nHost: test\r\nIdempotency-Key: \"" + UUID.randomUUID()
					+ "\"\r\nContent-Length: 2\r\n\r\nh");
			await().atMost(Duration.ofSeconds(5))
				.until(() -> away.bean(Routes.class).activities().get("arriving").inFlight() == 1);
			settings.apply(Resolution.of(bound(Map.of())));
			int listeners = listeners(records.gate());
			redis.stop();
			assertThat(client.write("i").response().status()).isEqualTo(201);
			redis.start();
			await().atMost(Duration.ofSeconds(20)).until(() -> records.handedOver() == 1);
			await().atMost(Duration.ofSeconds(5)).until(() -> listeners(records.gate()) == listeners);
		}
	}

	private static int listeners(StoreGate gate) {
		return ((Collection<?>) Objects.requireNonNull(ReflectionTestUtils.getField(gate, "listeners"))).size();
	}

	@Test
	void actuatorShowsWhatIsInForce() {
		ShownSettings shown = server.bean(ShownSettings.class);
		long version = shown.settings().version();
		assertThat(shown.settings().settings().get("server.hardening.response.timeout").value()).isEqualTo("20s");
		settings().apply(settings(OTHER));
		assertThat(shown.settings().version()).isEqualTo(version + 1);
		assertThat(shown.settings().settings().get("server.hardening.response.timeout").value()).isEqualTo("200s");
		assertThat(shown.settings().settings()).containsKey("server.hardening.routes.extra.path");
		settings().apply(first());
		assertThat(shown.settings().settings()).doesNotContainKey("server.hardening.routes.extra.path");
	}

	/**
	 * One exchange of a client: what it saw, or nothing where the connection has ended.
	 */
	private interface Exchange {

		@Nullable String with(RawClient client) throws Exception;

	}

	/**
	 * Handlers that say what they were called with.
	 */
	static final class LateFilter implements WebFilter, Ordered {

		@Override
		public int getOrder() {
			return Ordered.HIGHEST_PRECEDENCE;
		}

		@Override
		public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
			return (exchange.getRequest().getHeaders().getFirst("X-Late") != null)
					? Mono.delay(Duration.ofMillis(50)).then(chain.filter(exchange)) : chain.filter(exchange);
		}

	}

	@RestController
	static final class Handlers {

		static final String STREAM = "piece ".repeat(20);

		private final Map<String, Integer> handled = new ConcurrentHashMap<>();

		private volatile boolean well;

		private static String version(ServerWebExchange exchange) {
			GuardedRequest request = GuardedRequest.required(exchange);
			boolean long200 = Objects.requireNonNull(Deadline.from(exchange)).remaining().toSeconds() > 20;
			return (long200 ? "200 " : "20 ") + request.route().id();
		}

		@GetMapping({ "/plain", "/extra" })
		String plain(ServerWebExchange exchange) {
			return version(exchange);
		}

		@PostMapping("/body")
		Mono<String> body(@RequestBody Mono<byte[]> body, ServerWebExchange exchange) {
			return body.map((bytes) -> bytes.length + " " + version(exchange));
		}

		@GetMapping("/late")
		Mono<String> late() {
			return Mono.never();
		}

		@GetMapping(path = "/pieces", produces = "text/plain")
		Flux<String> stream() {
			return Flux.range(0, 20).delayElements(Duration.ofMillis(10)).map((i) -> "piece ");
		}

		@GetMapping("/dependency")
		ResponseEntity<String> broken() {
			return ResponseEntity.status(this.well ? 200 : 500).body("");
		}

		@PostMapping("/messages")
		Mono<ResponseEntity<String>> message(@RequestHeader("Idempotency-Key") String key) {
			this.handled.merge(key, 1, Integer::sum);
			return Mono.delay(Duration.ofMillis(20)).map((i) -> ResponseEntity.status(201).body("for " + key));
		}

	}

}
