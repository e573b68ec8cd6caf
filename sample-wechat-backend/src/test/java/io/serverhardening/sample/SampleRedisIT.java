package io.serverhardening.sample;

import java.io.IOException;
import java.net.ServerSocket;
import java.time.Duration;

import io.serverhardening.sample.simulator.Simulations;
import org.junit.jupiter.api.Test;
import redis.embedded.RedisServer;

import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * Two instances of the sample over one Redis.
 */
class SampleRedisIT {

	private static int freePort() throws IOException {
		try (ServerSocket socket = new ServerSocket(0)) {
			return socket.getLocalPort();
		}
	}

	private static ConfigurableApplicationContext start(int redisPort) {
		return new SpringApplicationBuilder(SampleApplication.class).profiles("demo", "redis")
			.run("--server.port=0", "--management.server.port=0", "--spring.data.redis.port=" + redisPort,
					"--spring.main.banner-mode=off",
					// A busy machine is not a Redis that is down.
					"--spring.data.redis.connect-timeout=10s", "--spring.data.redis.timeout=10s",
					"--server.hardening.routes.wechat.deduplication.store-timeout=5s",
					"--server.hardening.routes.orders.deduplication.store-timeout=5s");
	}

	private static String url(ConfigurableApplicationContext context) {
		return "http://localhost:" + context.getEnvironment().getRequiredProperty("local.server.port");
	}

	// The first messages of a cold server take longer than their senders wait, and an
	// instance goes on alone until Redis has answered it.
	private static void awaitWarm(String targets) {
		await().atMost(Duration.ofMinutes(2))
			.pollDelay(Duration.ZERO)
			.until(() -> Simulations.run(targets, "--seconds=1", "--rate=10", "--copies=3"),
					(seen) -> seen.contains("| text | 7 | 21 | 7 | 0 | 0 | 0 | 7 | 0 |"));
	}

	@Test
	void answerTheCopiesOfAMessageTheSame() throws Exception {
		int port = freePort();
		RedisServer redis = RedisServer.newRedisServer().port(port).setting("save \"\"").build();
		try {
			redis.start();
		}
		catch (IOException | RuntimeException ex) {
			assumeTrue(false, "The Redis binary does not run here: " + ex.getMessage());
		}
		try (ConfigurableApplicationContext one = start(port); ConfigurableApplicationContext two = start(port)) {
			String targets = "--targets=" + url(one) + "," + url(two);
			awaitWarm(targets);
			String seen = Simulations.run(targets, "--seconds=4", "--rate=20", "--copies=3");
			assertThat(seen).contains("| text | 56 | 168 | 56 | 0 | 0 |")
				.contains("| event | 8 | 24 | 8 | 0 | 0 |")
				.containsPattern("text .* 56 \\| 0 \\| 0 \\|");
		}
		finally {
			redis.stop();
		}
	}

}
