package io.serverhardening.deduplication.redis;

import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.serverhardening.deduplication.DeduplicationGuard;
import io.serverhardening.deduplication.Orders;
import io.serverhardening.deduplication.access.RemoteRecords;
import io.serverhardening.deduplication.record.StoreGate;
import io.serverhardening.testing.RawClient;
import io.serverhardening.testing.TestRedis;
import io.serverhardening.testing.TestServer;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Records in a cluster, and what becomes of messages when a part of it fails.
 */
class RedisClusterIT {

	private static final String ROUTE = "server.hardening.routes.orders.";

	private static final int SLOTS = 16384;

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	private static final String[] SETTINGS = { "cluster-require-full-coverage no", "cluster-node-timeout 60000" };

	private static TestServer start(TestRedis one, TestRedis other, String timeout) {
		return TestServer.start(one, List.of(Orders.class), "spring.application.name=shop",
				"spring.data.redis.cluster.nodes=127.0.0.1:" + one.port() + ",127.0.0.1:" + other.port(),
				ROUTE + "path=/messages/**", ROUTE + "deduplication.key=header:Idempotency-Key",
				ROUTE + "deduplication.store-timeout=" + timeout);
	}

	private static String post(TestServer server, int message) {
		String body = "m" + message;
		try (RawClient client = server.connect()
			.send("POST", "/messages", "Content-Type: text/plain", "Idempotency-Key: k" + message,
					"Content-Length: " + body.length())
			.write(body)) {
			return client.response().body();
		}
	}

	private static void give(TestRedis node, int from, int until) {
		node.execute("CLUSTER",
				Stream.concat(Stream.of("ADDSLOTS"), IntStream.range(from, until).mapToObj(Integer::toString))
					.toArray(String[]::new));
	}

	private static void join(TestRedis one, TestRedis other) {
		one.execute("CLUSTER", "MEET", "127.0.0.1", Integer.toString(other.port()));
		await().atMost(PATIENCE)
			.until(() -> Stream.of(one, other)
				.allMatch((node) -> node.execute("CLUSTER", "INFO").contains("cluster_known_nodes:2")
						&& node.execute("CLUSTER", "INFO").contains("cluster_slots_assigned:" + SLOTS)));
	}

	private static StoreGate gate(TestServer server) {
		return ((RemoteRecords) server.guard(DeduplicationGuard.class).state().records()).gate();
	}

	@Test
	void asksThePartThatFailedWhetherItWorksAgain() {
		int share = SLOTS / 16;
		try (TestRedis large = TestRedis.node(SETTINGS); TestRedis small = TestRedis.node(SETTINGS)) {
			give(large, share, SLOTS);
			give(small, 0, share);
			join(large, small);
			try (TestServer server = start(large, small, "1s")) {
				StoreGate gate = gate(server);
				await().atMost(PATIENCE).until(gate::isOpen);
				small.stall();
				int sent = 0;
				while (gate.isOpen() && sent < 500) {
					assertThat(post(server, sent)).isEqualTo("run 1 of m" + sent);
					sent++;
				}
				long outages = gate.outages();
				// None of them waits: what is down is not asked.
				for (int i = 0; i < 500; i++) {
					assertThat(post(server, ++sent)).isEqualTo("run 1 of m" + sent);
				}
				assertThat(gate.isOpen()).isFalse();
				assertThat(gate.outages()).isEqualTo(outages);
				small.resume();
				await().atMost(PATIENCE).until(gate::isOpen);
			}
		}
	}

	@Test
	void followsTheRecordsToTheNewPrimary() {
		try (TestRedis primary = TestRedis.node(SETTINGS); TestRedis replica = TestRedis.node(SETTINGS)) {
			give(primary, 0, SLOTS);
			join(primary, replica);
			replica.execute("CLUSTER", "REPLICATE", primary.execute("CLUSTER", "MYID"));
			await().atMost(PATIENCE)
				.until(() -> replica.execute("INFO", "replication").contains("master_link_status:up"));
			try (TestServer server = start(primary, replica, "5s")) {
				StoreGate gate = gate(server);
				await().atMost(PATIENCE).until(gate::isOpen);
				assertThat(post(server, 1)).isEqualTo("run 1 of m1");
				primary.kill();
				replica.execute("CLUSTER", "FAILOVER", "TAKEOVER");
				assertThat(post(server, 2)).isEqualTo("run 1 of m2");
				await().atMost(PATIENCE).until(() -> gate.outages() > 0 && gate.isOpen());
				assertThat(post(server, 3)).isEqualTo("run 1 of m3");
				await().atMost(PATIENCE).until(() -> replica.keys("*message*") >= 2);
				assertThat(post(server, 2)).isEqualTo("run 1 of m2");
			}
		}
	}

}
