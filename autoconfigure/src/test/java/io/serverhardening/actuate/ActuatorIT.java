package io.serverhardening.actuate;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.serverhardening.Ending;
import io.serverhardening.actuate.meter.HardeningMeter;
import io.serverhardening.internal.channel.CloseReason;
import io.serverhardening.testing.RawClient;
import io.serverhardening.testing.TestServer;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What an operator reads.
 */
class ActuatorIT {

	private static final String[] EXPOSED = { "management.endpoints.web.exposure.include=*",
			"management.endpoint.health.show-details=always", "server.hardening.response.timeout=700ms",
			"server.hardening.routes.report.path=/report/**",
			"server.hardening.routes.report.response.timeout-status=504" };

	private static String[] with(String... more) {
		List<String> properties = new ArrayList<>(List.of(EXPOSED));
		properties.addAll(List.of(more));
		return properties.toArray(String[]::new);
	}

	private static JsonNode json(RawClient.Response response) throws Exception {
		assertThat(response.status()).isEqualTo(200);
		return new ObjectMapper().readTree(response.body());
	}

	@Test
	void showsSettingsSectionsAndLiveState() throws Exception {
		try (TestServer server = TestServer.start(with())) {
			assertThat(server.get("/report/never").status()).isEqualTo(504);
			assertThat(server.get("/throws").status()).isEqualTo(500);
			try (RawClient leaving = server.connect()) {
				leaving.send("GET", "/events?everyMs=20");
				await().until(() -> server.handlers().subscribed() == 2);
				JsonNode routes = json(server.get("/actuator/hardening/routes"));
				assertThat(routes.get(routes.size() - 1).at("/requests/inFlight").asInt()).isEqualTo(1);
			}
			server.awaitCount("default", Ending.CANCELLED, 1);

			JsonNode all = json(server.get("/actuator/hardening"));
			assertThat(all.fieldNames()).toIterable()
				.containsExactly("version", "settings", "client", "connection", "request", "response", "routes",
						"rate-limit", "concurrency", "circuit-breaker", "webhook", "deduplication", "watchdog");
			assertThat(all.get("version").asInt()).isEqualTo(1);
			JsonNode timeout = all.get("settings").get("server.hardening.response.timeout");
			assertThat(timeout.get("value").asText()).isEqualTo("700ms");
			assertThat(timeout.get("origin").asText()).isEqualTo("defaultProperties");
			assertThat(all.at("/response/report/timeoutStatus").asInt()).isEqualTo(504);
			assertThat(all.at("/response/report/timedOut").asInt()).isEqualTo(1);
			assertThat(all.toString()).doesNotContain(":null");

			JsonNode routes = all.get("routes");
			List<String> ids = routes.findValuesAsText("id");
			assertThat(ids).containsExactly("actuator", "report", "default");
			JsonNode report = routes.get(1);
			assertThat(report.get("path").asText()).isEqualTo("/report/**");
			assertThat(report.get("guards").toString()).isEqualTo("[\"response\",\"request\"]");
			assertThat(report.at("/requests/timedOut").asInt()).isEqualTo(1);
			JsonNode rest = routes.get(routes.size() - 1).get("requests");
			assertThat(rest.get("failed").asInt()).isEqualTo(1);
			assertThat(rest.get("cancelled").asInt()).isEqualTo(1);
			assertThat(rest.get("inFlight").asInt()).isZero();
		}
	}

	@Test
	void metersTheLoopsWithoutBeingAskedForThem() throws Exception {
		try (TestServer server = TestServer.start(with("spring.main.lazy-initialization=true"))) {
			await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
				assertThat(server.get("/fast").status()).isEqualTo(200);
				assertThat(server.get("/actuator/prometheus").body())
					.contains("server_hardening_watchdog_lag_seconds_count");
			});
		}
	}

	@Test
	void metersHaveTheTagsThatAreDocumented() {
		try (TestServer server = TestServer.start(with("server.hardening.rate-limit.enabled=true",
				"server.hardening.routes.report.deduplication.key=body"))) {
			assertThat(server.get("/throws").status()).isEqualTo(500);
			assertThat(server.get("/report/never").status()).isEqualTo(504);
			Map<String, HardeningMeter> documented = Stream.of(HardeningMeter.values())
				.collect(Collectors.toMap(HardeningMeter::meterName, Function.identity()));
			Set<HardeningMeter> seen = EnumSet.noneOf(HardeningMeter.class);
			for (Meter meter : server.bean(MeterRegistry.class).getMeters()) {
				if (meter.getId().getName().startsWith("server.hardening.")) {
					HardeningMeter known = documented.get(meter.getId().getName());
					assertThat(known).as(meter.getId().toString()).isNotNull();
					assertThat(meter.getId().getTags()).extracting(Tag::getKey)
						.as(known.meterName())
						.containsExactlyInAnyOrderElementsOf(known.tags());
					seen.add(known);
				}
			}
			assertThat(seen).contains(HardeningMeter.REJECTIONS, HardeningMeter.REQUESTS, HardeningMeter.CONNECTIONS,
					HardeningMeter.CONNECTIONS_CLOSED, HardeningMeter.RATE_LIMIT_KEYS,
					HardeningMeter.DEDUPLICATION_EVENTS, HardeningMeter.LOOP_LAG);
		}
	}

	@Test
	void showsOneSectionAndNoOther() throws Exception {
		try (TestServer server = TestServer.start(with("server.hardening.client.trusted-proxies=10.0.0.0/8"))) {
			assertThat(json(server.get("/actuator/hardening/client")).get("trustedProxies").toString())
				.isEqualTo("[\"10.0.0.0/8\"]");
			assertThat(json(server.get("/actuator/hardening/response")).at("/default/timeout").asText())
				.isEqualTo("700ms");
			assertThat(server.get("/actuator/hardening/nothing").status()).isEqualTo(404);
			try (RawClient client = server.connect()) {
				assertThat(client.send("POST", "/actuator/hardening", "Content-Length: 0").response().status())
					.isEqualTo(405);
			}
		}
	}

	@Test
	void noRouteOfTheApplicationComesBeforeActuator() {
		try (TestServer server = TestServer.start(List.of(SlowEndpoint.class),
				with("server.hardening.routes.all.path=/*/*", "server.hardening.routes.slow.path=/actuator/slow"))) {
			assertThat(server.get("/actuator/slow").body()).contains("slow");
			server.awaitCount("actuator", Ending.COMPLETED, 1);
			assertThat(server.get("/actuator/prometheus").body())
				.containsPattern("server_hardening_requests_total\\{outcome=\"completed\",route=\"actuator\"\\} [1-9]");
		}
	}

	@Test
	void showsConnectionsAndTheirEndings() throws Exception {
		try (TestServer server = TestServer.start(with("server.hardening.connection.max-open=4", "test.clock-speed=5",
				"server.hardening.request.header-timeout=10s", "server.hardening.request.max-body-size=10B"));
				RawClient silent = server.connect();
				RawClient idle = server.connect();
				RawClient large = server.connect()) {
			idle.send("GET", "/fast").response();
			large.write("POST /upload HTTP/1.1\r\nHost: test\r\nContent-Length: 100\r\n\r\n");
			assertThat(large.response().status()).isEqualTo(413);
			silent.end();
			server.awaitClosed(CloseReason.HEADER_TIMEOUT, 1);
			server.awaitClosed(CloseReason.BODY_TOO_LARGE, 1);

			JsonNode connection = json(server.get("/actuator/hardening/connection"));
			assertThat(connection.at("/open").asInt()).isEqualTo(2);
			assertThat(connection.at("/states/idle").asInt()).isEqualTo(1);
			// This very request; the end of its body may not have been looked at yet.
			assertThat(connection.at("/states/handling").asInt() + connection.at("/states/body").asInt()).isEqualTo(1);
			assertThat(connection.at("/closed/header-timeout").asInt()).isEqualTo(1);
			assertThat(connection.at("/closed/body-too-large").asInt()).isEqualTo(1);
			assertThat(connection.at("/limits/maxOpen").asText()).isEqualTo("4");
			assertThat(connection.at("/limits/maxUnsent").asText()).isEqualTo("64KB and one piece");
			assertThat(connection.at("/bytesRead").asLong()).isPositive();
			assertThat(connection.at("/fileDescriptors/max").asLong()).isPositive();

			JsonNode request = json(server.get("/actuator/hardening/request")).get("default");
			assertThat(request.at("/maxBodySize").asText()).isEqualTo("10B");
			assertThat(request.at("/refused/body-too-large").asInt()).isEqualTo(1);

			JsonNode loops = json(server.get("/actuator/hardening/watchdog")).get("loops");
			assertThat(loops.findValues("maxLagMillis")).isNotEmpty();

			String meters = server.get("/actuator/prometheus").body();
			assertThat(meters).contains("server_hardening_connections{state=\"idle\"} 1.0",
					"server_hardening_connections_closed_total{outcome=\"refused\",reason=\"header-timeout\"} 1.0",
					"server_hardening_watchdog_lag_seconds_max{loop=");
		}
	}

	@Test
	void isNotExposedUnlessAsked() {
		try (TestServer server = TestServer.start()) {
			assertThat(server.get("/actuator/hardening").status()).isEqualTo(404);
		}
	}

	@Test
	void metersAndHealthTellWhatHappened() throws Exception {
		try (TestServer server = TestServer.start(with())) {
			assertThat(server.get("/report/never").status()).isEqualTo(504);
			assertThat(server.get("/fast").status()).isEqualTo(200);
			server.awaitCount("default", Ending.COMPLETED, 1);
			String scrape = server.get("/actuator/prometheus").body();
			assertThat(scrape)
				.containsPattern("server_hardening_rejections_total\\{guard=\"response\",outcome=\"refused\","
						+ "reason=\"deadline-exceeded\",route=\"report\"\\} 1\\.0")
				.containsPattern("server_hardening_requests_total\\{outcome=\"timed-out\",route=\"report\"\\} 1\\.0")
				.containsPattern("server_hardening_requests_total\\{outcome=\"completed\",route=\"default\"\\} 1\\.0")
				.containsPattern("server_hardening_requests_active\\{route=\"report\"\\} 0\\.0")
				.containsPattern("server_hardening_client_forwarded_ignored_total\\{reason=\"untrusted\"\\} 0\\.0");
			JsonNode health = json(server.get("/actuator/health")).at("/components/hardening");
			assertThat(health.get("status").asText()).isEqualTo("UP");
			assertThat(health.at("/details/timedOut").asInt()).isEqualTo(1);
		}
	}

	@Test
	void operatorsAreNeverCutNorCounted() {
		try (TestServer server = TestServer.start(List.of(SlowEndpoint.class), with())) {
			assertThat(server.get("/actuator/slow").body()).contains("slow");
			assertThat(server.get("/actuator/health").status()).isEqualTo(200);
			assertThat(server.activity("default").count(Ending.COMPLETED)).isZero();
			server.awaitCount("actuator", Ending.COMPLETED, 2);
		}
	}

	@Test
	void operatorsAreNeverCutUnderAnotherBasePathOrNone() {
		for (String base : new String[] { "/manage", "/" }) {
			try (TestServer server = TestServer.start(List.of(SlowEndpoint.class),
					with("management.endpoints.web.base-path=" + base,
							"management.endpoint.health.probes.add-additional-paths=true",
							"management.endpoint.health.probes.enabled=true"))) {
				assertThat(server.get(base.equals("/") ? "/slow-endpoint" : base + "/slow-endpoint").status())
					.isEqualTo(404);
				assertThat(server.get(base.equals("/") ? "/slow" : base + "/slow").body()).contains("slow");
				assertThat(server.get("/livez").status()).isEqualTo(200);
				server.awaitCount("actuator", Ending.COMPLETED, 2);
			}
		}
	}

	@Test
	void aSeparateManagementPortHasNoGuards() throws Exception {
		try (TestServer server = TestServer.start(List.of(SlowEndpoint.class), with("management.server.port=0"))) {
			int port = Integer.parseInt(server.property("local.management.port"));
			assertThat(TestServer.get(port, "/actuator/slow").body()).contains("slow");
			assertThat(TestServer.get(port, "/actuator/hardening").status()).isEqualTo(200);
			assertThat(server.get("/actuator/health").status()).isEqualTo(404);
			assertThat(server.get("/report/never").status()).isEqualTo(504);
			assertThat(server.activity("default").count(Ending.COMPLETED)
					+ server.activity("default").count(Ending.FAILED))
				.isEqualTo(1);
		}
	}

	/**
	 * An endpoint that takes longer than the deadline.
	 */
	@Endpoint(id = "slow")
	static class SlowEndpoint {

		@ReadOperation
		Mono<Map<String, String>> slow() {
			return Mono.delay(Duration.ofMillis(1500)).thenReturn(Map.of("answer", "slow"));
		}

	}

}
