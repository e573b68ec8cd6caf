package io.serverhardening.route;

import java.util.List;

import io.serverhardening.Ending;
import io.serverhardening.testing.RawClient;
import io.serverhardening.testing.TestServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.web.server.WebFilter;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * No spelling of a path gets around the limits of its route, whichever thread it comes
 * on.
 */
class PathIT {

	private static TestServer server;

	@BeforeAll
	static void start() {
		server = TestServer.start(List.of(ThreadHopping.class), "management.endpoints.web.exposure.include=*",
				"server.hardening.routes.strict.path=/fast", "server.hardening.routes.strict.rate-limit.enabled=true",
				"server.hardening.routes.strict.rate-limit.key=global",
				"server.hardening.routes.strict.rate-limit.permits=1",
				"server.hardening.routes.strict.rate-limit.period=600s", "server.hardening.routes.loose.path=/loose/**",
				"server.hardening.routes.loose.response.timeout=none");
		assertThat(server.get("/fast").status()).isEqualTo(200);
	}

	@AfterAll
	static void stop() {
		server.close();
	}

	@ParameterizedTest
	@CsvSource({ "/fast, 429", "/fast?x=/../y, 429", "/%66ast, 429", "/fast;a=b, 429", "/fast;/, 404", "/fast/, 404",
			"/FAST, 404", "/fast%2F, 404", "//fast, 400", "/./fast, 400", "/../fast, 400", "/loose/../fast, 400",
			"/loose/%2e%2e/fast, 400", "/loose/%2E./fast, 400", "/loose/..;a=b/fast, 400", "/loose//../fast, 400",
			"/loose/..%2Ffast, 400", "/loose%2F..%2Ffast, 400", "/loose/..%5Cfast, 400", "/loose/%252e%252e/fast, 400",
			"/actuator/../fast, 400", "/actuator/%2e%2e/fast, 400", "/actuator/%2E./fast, 400",
			"/actuator/health/../../fast, 400", "/actuator/health/%2e%2e/%2e%2e/fast, 400",
			"/actuator/health/..;/..;/fast, 400", "/actuator;a=b/../fast, 400", "/actuator//../fast, 400",
			"/actuator/health%2F..%2F..%2Ffast, 400", "/actuator/..%5Cfast, 400", "/loose/a/../b, 404",
			"http://test/fast, 429", "http://test/loose/../fast, 400" })
	void noSpellingGetsAroundALimit(String target, int status) {
		assertThat(server.get(target).status()).isEqualTo(status);
	}

	@Test
	void aBackslashIsNoWayAroundEither() {
		assertThat(server.get("/loose/..\\fast").status()).isEqualTo(400);
		assertThat(server.get("/actuator\\..\\fast").status()).isEqualTo(400);
	}

	@ParameterizedTest
	@CsvSource({ "/actuator, true", "/actuator/health, true", "/actuator/health/ping, true",
			"/actuator/metrics/jvm.info, true", "/actuator/hardening/client, true", "/actuator/nosuch, false",
			"/actuator/metrics/a/b, false", "/actuator/healthy, false", "/actuator/, false" })
	void onlyEndpointsThatExistAreExempt(String target, boolean exempt) {
		server.awaitQuiet();
		long before = requests("actuator");
		long others = requests("default");
		server.get(target);
		server.awaitQuiet();
		assertThat(requests("actuator") - before).isEqualTo(exempt ? 1 : 0);
		assertThat(requests("default") - others).isEqualTo(exempt ? 0 : 1);
	}

	private static long requests(String route) {
		RouteActivity activity = server.activity(route);
		long sum = 0;
		for (Ending ending : Ending.values()) {
			sum += activity.count(ending);
		}
		return sum;
	}

	@Test
	void theRefusalSaysWhy() {
		double before = refused("refused");
		RawClient.Response response = server.get("/loose/../fast");
		assertThat(response.body()).contains("urn:problem-type:server-hardening:path-ambiguous", "\"guard\":\"path\"",
				"\"route\":\"default\"");
		assertThat(refused("refused") - before).isEqualTo(1);
	}

	private static double refused(String outcome) {
		return server.meter("server.hardening.rejections", "guard", "path", "reason", "path-ambiguous", "outcome",
				outcome);
	}

	@Test
	void aPreflightIsNoWayAroundEither() {
		try (RawClient client = server.connect()) {
			assertThat(client
				.send("OPTIONS", "/loose/../fast", "Origin: http://a.example", "Access-Control-Request-Method: GET")
				.response()
				.status()).isEqualTo(400);
		}
	}

	@Test
	void observesWhereTheModeSaysSo() {
		try (TestServer observing = TestServer.start("server.hardening.mode=observe",
				"server.hardening.routes.loose.path=/loose/**", "server.hardening.routes.strict.path=/fast")) {
			assertThat(observing.get("/loose/../fast").status()).isEqualTo(404);
			assertThat(
					observing.meter("server.hardening.rejections", "reason", "path-ambiguous", "outcome", "observed"))
				.isEqualTo(1);
			assertThat(observing.get("//fast").status()).isEqualTo(404);
		}
	}

	@Test
	void endpointsAreExemptWhereBootHasMappedThem() {
		try (TestServer moved = TestServer.start("spring.webflux.base-path=/shop",
				"management.endpoints.web.base-path=/", "management.endpoints.web.exposure.include=health,metrics",
				"management.endpoints.web.path-mapping.health=alive", "server.hardening.rate-limit.enabled=true",
				"server.hardening.rate-limit.permits=1", "server.hardening.rate-limit.period=600s")) {
			assertThat(moved.get("/shop/fast").status()).isEqualTo(200);
			for (String target : List.of("/shop/alive", "/shop/alive/ping", "/shop/metrics")) {
				assertThat(moved.get(target).status()).as(target).isIn(200, 404);
			}
			for (String target : List.of("/shop/fast", "/shop/health", "/shop/actuator/health", "/shop/metrics/a/b")) {
				assertThat(moved.get(target).status()).as(target).isEqualTo(429);
			}
			assertThat(moved.get("/shop/alive/../fast").status()).isEqualTo(400);
		}
	}

	/**
	 * Goes on elsewhere before any guard is asked.
	 */
	@Configuration(proxyBeanMethods = false)
	static class ThreadHopping {

		@Bean
		@Order(Ordered.HIGHEST_PRECEDENCE)
		WebFilter hopping() {
			return (exchange, chain) -> Mono.just(exchange).publishOn(Schedulers.parallel()).flatMap(chain::filter);
		}

	}

}
