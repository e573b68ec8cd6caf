package io.serverhardening.actuate;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.serverhardening.connection.timeline.ConnectionState;
import io.serverhardening.internal.time.LoopClocks;
import io.serverhardening.testing.Pause;
import io.serverhardening.testing.RawClient;
import io.serverhardening.testing.TestServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Operators get through when nobody else does: on a port of its own Actuator waits for no
 * thread that the application can hold.
 */
@ExtendWith(OutputCaptureExtension.class)
class HungIT {

	private static final int CORES = Runtime.getRuntime().availableProcessors();

	private static final Duration AT_ONCE = Duration.ofSeconds(5);

	private static TestServer server;

	private static int management;

	private static volatile CountDownLatch release = new CountDownLatch(1);

	@BeforeAll
	static void start() {
		server = TestServer.start(List.of(Holding.class), "test.resources=global", "management.server.port=0",
				"management.endpoints.web.exposure.include=*", "management.endpoint.health.show-details=always",
				"server.hardening.response.timeout=1s");
		management = Integer.parseInt(server.property("local.management.port"));
		server.warmUp();
		for (String path : List.of("/health", "/hardening", "/hardening/watchdog", "/prometheus", "/metrics")) {
			assertThat(ask(path).status()).isEqualTo(200);
		}
	}

	@AfterAll
	static void stop() {
		server.close();
	}

	@BeforeEach
	void hold() {
		release = new CountDownLatch(1);
	}

	@AfterEach
	void letGo() {
		release.countDown();
	}

	private static void hang() {
		Pause.until(release);
	}

	private static RawClient.Response ask(String path) {
		try (RawClient client = TestServer.connectTo(management)) {
			return client.send("GET", "/actuator" + path).response();
		}
	}

	private static void actuatorAnswers() {
		for (String path : List.of("/health", "/hardening", "/hardening/watchdog", "/prometheus", "/metrics")) {
			long start = System.nanoTime();
			assertThat(ask(path).status()).as(path).isEqualTo(200);
			assertThat(Duration.ofNanos(System.nanoTime() - start)).as(path).isLessThan(AT_ONCE);
		}
	}

	@Test
	void actuatorAndTheLogWaitForNoThreadOfTheApplication(CapturedOutput output) {
		for (int i = 0; i < 10 * CORES + 100; i++) {
			Schedulers.boundedElastic().schedule(HungIT::hang);
		}
		for (int i = 0; i < 4 * CORES; i++) {
			Schedulers.parallel().schedule(HungIT::hang);
		}
		actuatorAnswers();
		assertThat(server.get("/never").status()).isEqualTo(503);
		await().atMost(AT_ONCE)
			.untilAsserted(() -> assertThat(output.getAll()).contains("1 by response on route default"));
	}

	@Test
	void actuatorAndTheLogWaitForNoEventLoopOfTheApplication(CapturedOutput output) throws Exception {
		List<RawClient> clients = new ArrayList<>();
		for (int i = 0; i < 8 * CORES; i++) {
			clients.add(server.connect());
		}
		server.awaitState(ConnectionState.NEW, clients.size());
		// Blocked from one of its first requests on, a loop is not blamed for a while.
		for (RawClient client : clients) {
			client.send("GET", "/holds");
		}
		await().atMost(Duration.ofSeconds(20)).until(() -> applicationLoops() >= CORES && allSilent());
		actuatorAnswers();
		await().atMost(Duration.ofSeconds(20))
			.untilAsserted(() -> assertThat(output.getAll()).contains("Event loops are blocked")
				.containsPattern(
						"reactor-http-\\w+-\\d+ for [0-9.]+s now, at io.serverhardening.testing.Pause.until\\(Pause.java:\\d+\\)"));
		JsonNode watchdog = new ObjectMapper().readTree(ask("/hardening/watchdog").body());
		assertThat(watchdog.get("blocked")).isNotEmpty();
		assertThat(watchdog.at("/blocked/0/blockedMillis").asLong()).isGreaterThanOrEqualTo(1000);
		JsonNode health = new ObjectMapper().readTree(ask("/health").body());
		assertThat(health.at("/components/hardening/status").asText()).isEqualTo("UP");
		assertThat(health.at("/components/hardening/details/blockedLoops")).isNotEmpty();
		release.countDown();
		for (RawClient client : clients) {
			assertThat(client.response().status()).isIn(200, 503);
			client.close();
		}
		await().atMost(Duration.ofSeconds(20))
			.untilAsserted(() -> assertThat(output.getAll())
				.containsPattern("Event loops are no longer blocked: .*reactor-http-\\w+-\\d+ after"));
		assertThat(new ObjectMapper().readTree(ask("/hardening/watchdog").body()).get("recent")).isNotEmpty();
	}

	private static long applicationLoops() {
		return server.bean(LoopClocks.class)
			.all()
			.stream()
			.filter((clock) -> clock.name().startsWith("reactor-http"))
			.count();
	}

	private static boolean allSilent() {
		return server.bean(LoopClocks.class)
			.all()
			.stream()
			.filter((clock) -> clock.name().startsWith("reactor-http"))
			.allMatch((clock) -> clock.silence() > Duration.ofSeconds(1).toNanos());
	}

	@Test
	void managementHasLoopsOfItsOwn() {
		assertThat(ask("/health").status()).isEqualTo(200);
		assertThat(server.bean(LoopClocks.class).all())
			.anyMatch((clock) -> clock.name().startsWith("server-hardening-management"));
	}

	/**
	 * Blocks its event loop.
	 */
	@RestController
	static class Holding {

		@GetMapping("/holds")
		Mono<String> holds() {
			hang();
			return Mono.just("held");
		}

	}

}
