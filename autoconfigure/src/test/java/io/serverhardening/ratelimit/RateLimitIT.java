package io.serverhardening.ratelimit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.serverhardening.ClientKeyResolver;
import io.serverhardening.CostResolver;
import io.serverhardening.Ending;
import io.serverhardening.Stage;
import io.serverhardening.TierResolver;
import io.serverhardening.internal.call.ApplicationCalls;
import io.serverhardening.testing.Pause;
import io.serverhardening.testing.RawClient;
import io.serverhardening.testing.TestServer;
import io.serverhardening.testing.TestServers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What a client gets that sends too much, and what the others notice of it.
 */
@ExtendWith(OutputCaptureExtension.class)
class RateLimitIT {

	private static final String ON = "server.hardening.rate-limit.enabled=true";

	private static final String SHOWN = "management.endpoints.web.exposure.include=hardening";

	private static final String PROXY = "server.hardening.client.trusted-proxies[0]=127.0.0.1";

	@RegisterExtension
	static final TestServers servers = new TestServers();

	private static List<RawClient.Response> send(TestServer server, int requests, String target, String... headers) {
		List<RawClient.Response> responses = new ArrayList<>();
		try (RawClient client = server.connect()) {
			for (int i = 0; i < requests; i++) {
				responses.add(client.send("GET", target, headers).response());
			}
		}
		return responses;
	}

	private static long count(List<RawClient.Response> responses, int status) {
		return responses.stream().filter((response) -> response.status() == status).count();
	}

	@Test
	void preflightsAreNoRequestsForGuardsBehindSecurityEither() {
		try (TestServer server = TestServer.start("server.hardening.rate-limit.enabled=true",
				"server.hardening.rate-limit.key=principal", "server.hardening.rate-limit.permits=1",
				"server.hardening.rate-limit.period=600s")) {
			for (int i = 0; i < 3; i++) {
				try (RawClient client = server.connect()) {
					RawClient.Response preflight = client
						.send("OPTIONS", "/fast", "Origin: http://a.example", "Access-Control-Request-Method: GET")
						.response();
					// Spring 7 answers 200, without the headers that would allow
					// anything.
					assertThat(preflight.status()).isIn(200, 403);
					assertThat(preflight.header("Access-Control-Allow-Origin")).isNull();
					assertThat(preflight.header("RateLimit")).isNull();
				}
			}
			assertThat(server.get("/fast").status()).isEqualTo(200);
			assertThat(server.get("/fast").status()).isEqualTo(429);
		}
	}

	// Whatever comes of it is no failure of a guard's, nor of who writes refusals.
	@ParameterizedTest
	@CsvSource({ "20", "1" })
	void aSecondPassMayFindTheResponseCommitted(int permits) {
		try (TestServer server = TestServer.start(List.of(Twice.class), ON,
				"server.hardening.rate-limit.permits=" + permits, "server.hardening.rate-limit.period=1h");
				RawClient client = server.connect()) {
			client.send("GET", "/twice");
			await().until(() -> server.bean(Twice.class).ended.get() == 2);
			assertThat(server.bean(ApplicationCalls.class).failures()).isEmpty();
		}
	}

	@Test
	void admitsTwentyOfSixtyAndTellsTheOthersWhenToComeBack(CapturedOutput output) {
		try (TestServer server = TestServer.start(ON, PROXY, "server.hardening.rate-limit.permits=20",
				"server.hardening.rate-limit.period=10s")) {
			List<RawClient.Response> responses = send(server, 60, "/fast");
			assertThat(count(responses, 200)).isEqualTo(20);
			assertThat(count(responses, 429)).isEqualTo(40);
			assertThat(responses.subList(0, 20)).extracting(RawClient.Response::status).containsOnly(200);
			RawClient.Response first = responses.get(0);
			assertThat(first.header("ratelimit-policy")).isEqualTo("\"default\";q=20;w=10");
			assertThat(first.header("ratelimit")).isEqualTo("\"default\";r=19;t=10");
			assertThat(first.header("retry-after")).isNull();
			RawClient.Response last = responses.get(59);
			assertThat(Integer.parseInt(last.header("retry-after"))).isBetween(5, 10);
			assertThat(last.header("ratelimit")).isEqualTo("\"default\";r=0;t=" + last.header("retry-after"));
			assertThat(last.header("content-type")).isEqualTo("application/problem+json");
			assertThat(last.body()).contains("urn:problem-type:server-hardening:rate-limited",
					"No more than 20 per 10 s are allowed.", "\"guard\":\"rate-limit\"");
			assertThat(send(server, 1, "/fast", "X-Forwarded-For: 192.0.2.7").get(0).status()).as("another client")
				.isEqualTo(200);
			server.awaitCount("default", Ending.REFUSED, 40);
			assertThat(server.meter("server.hardening.rejections", "guard", "rate-limit", "reason", "rate-limited",
					"outcome", "refused"))
				.isEqualTo(40);
			await().untilAsserted(() -> assertThat(output)
				.contains(" by rate-limit on route default (rate-limited, see server.hardening.rate-limit.permits)"));
		}
	}

	@Test
	void aNewPeriodBringsNewPermits() {
		try (TestServer server = TestServer.start(ON, "server.hardening.rate-limit.permits=2",
				"server.hardening.rate-limit.period=2s")) {
			// More than two if a period ends among them.
			assertThat(count(send(server, 5, "/fast"), 200)).isBetween(2L, 4L);
			await().pollInterval(Duration.ofMillis(20)).until(() -> server.get("/fast").status() == 200);
		}
	}

	@Test
	void aRouteThatSaysSomethingCountsByItself() {
		try (TestServer server = TestServer.start(ON, "server.hardening.rate-limit.permits=5",
				"server.hardening.rate-limit.period=60s", "server.hardening.routes.a.path=/fast",
				"server.hardening.routes.a.rate-limit.permits=2", "server.hardening.routes.b.path=/slow",
				"server.hardening.routes.c.path=/teapot", "server.hardening.routes.c.rate-limit.enabled=false")) {
			List<RawClient.Response> own = send(server, 4, "/fast");
			assertThat(count(own, 200)).isEqualTo(2);
			assertThat(own.get(0).header("ratelimit-policy")).isEqualTo("\"a\";q=2;w=60");
			assertThat(count(send(server, 3, "/slow?ms=1"), 200)).isEqualTo(3);
			assertThat(count(send(server, 4, "/remaining"), 200)).as("shared with /slow").isEqualTo(2);
			assertThat(send(server, 10, "/teapot")).extracting(RawClient.Response::status).containsOnly(418);
		}
	}

	@Test
	void aRouteWhoseGroupIsOffIsHintedAt(CapturedOutput output) {
		try (TestServer server = TestServer.start("server.hardening.routes.a.path=/fast",
				"server.hardening.routes.a.rate-limit.permits=1")) {
			assertThat(count(send(server, 3, "/fast"), 200)).isEqualTo(3);
			assertThat(output).contains("server.hardening.routes.a.rate-limit has no effect: rate-limit is off. Set "
					+ "server.hardening.routes.a.rate-limit.enabled to true");
		}
	}

	@Test
	void observesWithoutTellingTheClient() {
		try (TestServer server = TestServer.start(ON, "server.hardening.rate-limit.permits=1",
				"server.hardening.rate-limit.period=60s", "server.hardening.rate-limit.mode=observe")) {
			List<RawClient.Response> responses = send(server, 5, "/fast");
			assertThat(count(responses, 200)).isEqualTo(5);
			assertThat(responses.get(4).headers()).doesNotContainKeys("ratelimit", "ratelimit-policy", "retry-after");
			assertThat(server.meter("server.hardening.rejections", "guard", "rate-limit", "outcome", "observed"))
				.isEqualTo(4);
		}
	}

	@Test
	void countsByAHeaderAndByAddressWithoutIt() {
		try (TestServer server = TestServer.start(ON, SHOWN, "server.hardening.rate-limit.permits=2",
				"server.hardening.rate-limit.period=60s", "server.hardening.rate-limit.key=header:X-Api-Key")) {
			assertThat(count(send(server, 3, "/fast", "X-Api-Key: one"), 200)).isEqualTo(2);
			assertThat(count(send(server, 3, "/fast", "X-Api-Key: two"), 200)).isEqualTo(2);
			assertThat(count(send(server, 3, "/fast"), 200)).isEqualTo(2);
			String longKey = "k".repeat(6000);
			assertThat(count(send(server, 3, "/fast", "X-Api-Key: " + longKey), 200)).isEqualTo(2);
			assertThat(count(send(server, 1, "/fast", "X-Api-Key: " + longKey + "2"), 200)).isEqualTo(1);
			assertThat(server.get("/actuator/hardening/rate-limit").body()).doesNotContain("kkk", "\"one\"",
					"127.0.0.1");
		}
	}

	@Test
	void countsAllTogether() {
		try (TestServer server = TestServer.start(ON, PROXY, "server.hardening.rate-limit.permits=3",
				"server.hardening.rate-limit.period=60s", "server.hardening.rate-limit.key=global")) {
			assertThat(count(send(server, 2, "/fast"), 200)).isEqualTo(2);
			assertThat(count(send(server, 2, "/fast", "X-Forwarded-For: 192.0.2.7"), 200)).isEqualTo(1);
		}
	}

	@Test
	void aFloodOfAddressesSharesOneLimit() throws Exception {
		try (TestServer server = TestServer.start(ON, PROXY, SHOWN, "server.hardening.rate-limit.permits=2",
				"server.hardening.rate-limit.period=60s", "server.hardening.rate-limit.max-keys=10")) {
			int admitted = 0;
			for (int i = 1; i <= 200; i++) {
				admitted += (send(server, 1, "/fast", "X-Forwarded-For: 198.51.100." + i).get(0).status() == 200) ? 1
						: 0;
			}
			assertThat(admitted).as("10 clients with their own limit, and one for all others").isEqualTo(12);
			JsonNode section = new ObjectMapper().readTree(server.get("/actuator/hardening/rate-limit").body());
			assertThat(section.findValue("keys").asInt()).isEqualTo(10);
			assertThat(section.findValue("overflowed").asInt()).isEqualTo(190);
			assertThat(server.meter("server.hardening.ratelimit.overflow", "limit", "default")).isEqualTo(190);
		}
	}

	@Test
	void tiersAndCostsAreTheApplications() {
		try (TestServer server = TestServer.start(List.of(Tiers.class), ON, "server.hardening.rate-limit.permits=3",
				"server.hardening.rate-limit.period=60s", "server.hardening.rate-limit.tiers.partner.permits=6",
				"server.hardening.rate-limit.tiers.staff.permits=none")) {
			assertThat(count(send(server, 10, "/fast"), 200)).isEqualTo(3);
			List<RawClient.Response> partner = send(server, 10, "/fast", "X-Tier: partner");
			assertThat(count(partner, 200)).isEqualTo(6);
			assertThat(partner.get(0).header("ratelimit-policy")).isEqualTo("\"default.partner\";q=6;w=60");
			assertThat(count(send(server, 20, "/fast", "X-Tier: staff"), 200)).isEqualTo(20);
			assertThat(count(send(server, 1, "/fast", "X-Tier: unknown"), 200)).as("as outside the tiers").isZero();
		}
		try (TestServer server = TestServer.start(List.of(Tiers.class), ON, "server.hardening.rate-limit.permits=10",
				"server.hardening.rate-limit.period=60s")) {
			assertThat(send(server, 1, "/fast", "X-Cost: 7").get(0).header("ratelimit"))
				.isEqualTo("\"default\";r=3;t=60");
			assertThat(send(server, 1, "/fast", "X-Cost: 4").get(0).status()).isEqualTo(429);
			assertThat(count(send(server, 5, "/fast", "X-Cost: 0"), 200)).isEqualTo(5);
			RawClient.Response tooDear = send(server, 1, "/fast", "X-Cost: 11").get(0);
			assertThat(tooDear.status()).isEqualTo(429);
			assertThat(tooDear.header("retry-after")).as("it will not pass later either").isNull();
			assertThat(count(send(server, 3, "/fast", "X-Cost: -5"), 200)).as("one permit each").isEqualTo(3);
			assertThat(send(server, 1, "/fast", "X-Cost: much").get(0).status()).isEqualTo(429);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "fails", "signals", "empty", "blank" })
	void aResolverThatSaysNothingLeavesTheAddress(String resolver, CapturedOutput output) {
		try (TestServer server = TestServer.start(List.of(Resolvers.class), ON, "server.hardening.rate-limit.permits=2",
				"server.hardening.rate-limit.period=60s", "server.hardening.rate-limit.key=bean:" + resolver)) {
			assertThat(count(send(server, 5, "/fast"), 200)).isEqualTo(2);
		}
		if (resolver.equals("fails") || resolver.equals("signals")) {
			assertThat(output)
				.containsPattern(
						"ClientKeyResolver, bean:\\w+, failed: java.lang.IllegalStateException \\(\\d times?\\)")
				.doesNotContain("a secret");
		}
	}

	@Test
	void aResolverThatNeverDecidesMeetsTheDeadline() {
		try (TestServer server = TestServer.start(List.of(Resolvers.class), ON,
				"server.hardening.response.timeout=300ms", "server.hardening.rate-limit.key=bean:never")) {
			assertThat(server.get("/fast").status()).isEqualTo(503);
			server.awaitCount("default", Ending.TIMED_OUT, 1);
		}
	}

	@Test
	void aResolverThatBlocksHoldsUpItsLoopAndIsSeen() {
		try (TestServer server = TestServer.start(List.of(Resolvers.class), ON,
				"server.hardening.rate-limit.key=bean:blocks")) {
			// A clock ticks only while there is something to watch.
			try (RawClient watched = server.connect()) {
				watched.write("GET /fast HT");
				// Until one of them has met the loop that is watched.
				await().until(() -> server.get("/fast").status() == 200 && server.maxLagMillis() >= 200);
			}
		}
	}

	@ParameterizedTest
	@CsvSource({ "fail, 192.0.2.1", "signal, 192.0.2.2", "empty, 192.0.2.3" })
	void aTierResolverThatSaysNothingLeavesTheLimitOutsideTheTiers(String fate, String client) {
		TestServer server = servers.with(List.of(FatefulTiers.class), ON, PROXY,
				"server.hardening.rate-limit.permits=2", "server.hardening.rate-limit.period=60s",
				"server.hardening.rate-limit.tiers.partner.permits=9");
		assertThat(count(send(server, 5, "/fast", "X-Fate: " + fate, "X-Forwarded-For: " + client), 200)).isEqualTo(2);
	}

	@Test
	void aRouteWithANumberOfItsOwnMeansItForEveryone() {
		try (TestServer server = TestServer.start(List.of(Tiers.class), ON, "server.hardening.rate-limit.period=60s",
				"server.hardening.rate-limit.tiers.partner.permits=9", "server.hardening.routes.login.path=/fast",
				"server.hardening.routes.login.rate-limit.permits=2", "server.hardening.routes.other.path=/teapot",
				"server.hardening.routes.other.rate-limit.key=header:X-Api-Key")) {
			assertThat(count(send(server, 5, "/fast", "X-Tier: partner"), 200)).isEqualTo(2);
			assertThat(count(send(server, 12, "/teapot", "X-Tier: partner"), 418)).as("tiers inherited").isEqualTo(9);
		}
	}

	@Test
	void longKeysOfAResolverTellClientsApartAllTheSame() {
		try (TestServer server = TestServer.start(List.of(Resolvers.class), ON, SHOWN,
				"server.hardening.rate-limit.permits=2", "server.hardening.rate-limit.period=60s",
				"server.hardening.rate-limit.show-keys=true", "server.hardening.rate-limit.key=bean:megabyte")) {
			assertThat(count(send(server, 5, "/fast", "X-Last: a"), 200)).isEqualTo(2);
			assertThat(count(send(server, 5, "/fast", "X-Last: b"), 200)).isEqualTo(2);
			assertThat(server.get("/actuator/hardening/rate-limit").body()).hasSizeLessThan(2000).contains("sha256:");
		}
	}

	/**
	 * Tier and cost as the client says.
	 */
	static class Tiers {

		@Bean
		TierResolver tiers() {
			return new TierResolver() {

				@Override
				public Mono<String> resolve(ServerWebExchange exchange) {
					return Mono.justOrEmpty(exchange.getRequest().getHeaders().getFirst("X-Tier"));
				}

				@Override
				public Stage stage() {
					return Stage.EDGE;
				}

			};
		}

		@Bean
		CostResolver costs() {
			return (exchange) -> {
				String cost = exchange.getRequest().getHeaders().getFirst("X-Cost");
				return (cost != null) ? Integer.parseInt(cost) : 1;
			};
		}

	}

	/**
	 * A tier resolver that does what the client says.
	 */
	static class FatefulTiers {

		@Bean
		TierResolver tiers() {
			return (exchange) -> switch (String.valueOf(exchange.getRequest().getHeaders().getFirst("X-Fate"))) {
				case "fail" -> throw new IllegalStateException("a secret");
				case "signal" -> Mono.error(new IllegalStateException("a secret"));
				default -> Mono.empty();
			};
		}

	}

	/**
	 * Resolvers that do not do what they should.
	 */
	static class Resolvers {

		@Bean
		ClientKeyResolver fails() {
			return (exchange) -> {
				throw new IllegalStateException("a secret");
			};
		}

		@Bean
		ClientKeyResolver signals() {
			return (exchange) -> Mono.error(new IllegalStateException("a secret"));
		}

		@Bean
		ClientKeyResolver empty() {
			return (exchange) -> Mono.empty();
		}

		@Bean
		ClientKeyResolver blank() {
			return (exchange) -> Mono.just("\t ");
		}

		@Bean
		ClientKeyResolver never() {
			return (exchange) -> Mono.never();
		}

		@Bean
		ClientKeyResolver blocks() {
			return (exchange) -> {
				Pause.millis(300);
				return Mono.just("slow");
			};
		}

		@Bean
		ClientKeyResolver megabyte() {
			return (exchange) -> Mono
				.just("x".repeat(1_000_000) + exchange.getRequest().getHeaders().getFirst("X-Last"));
		}

	}

	/**
	 * Has all that is behind it handle each request a second time.
	 */
	@RestController
	@Order(Ordered.HIGHEST_PRECEDENCE)
	static class Twice implements WebFilter {

		private final AtomicInteger ended = new AtomicInteger();

		@Override
		public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
			return pass(exchange, chain).then(pass(exchange, chain));
		}

		@GetMapping(path = "/twice", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
		Flux<String> events() {
			return Flux.just("a", "b");
		}

		private Mono<Void> pass(ServerWebExchange exchange, WebFilterChain chain) {
			return chain.filter(exchange).doFinally((signal) -> this.ended.incrementAndGet());
		}

	}

}
