package io.serverhardening.deduplication.access;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;

import io.serverhardening.deduplication.DeduplicationEvent;
import io.serverhardening.deduplication.DeduplicationGuard;
import io.serverhardening.deduplication.Orders;
import io.serverhardening.testing.RawClient;
import io.serverhardening.testing.TestRedis;
import io.serverhardening.testing.TestServer;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Clients that leave while what they were granted is given back, because too many run.
 */
class CrowdedLeaverIT {

	private static final String ROUTE = "server.hardening.routes.orders.";

	private static RawClient begin(TestServer server, String target, String body, String key) {
		return server.connect()
			.send("POST", target, "Content-Type: text/plain", "Idempotency-Key: " + key,
					"Content-Length: " + body.length())
			.write(body);
	}

	@Test
	void holdNothing() throws Exception {
		try (TestRedis redis = TestRedis.embedded();
				ServerSocket far = far(redis.port());
				TestServer server = TestServer.start(redis, List.of(Orders.class), "spring.application.name=shop",
						ROUTE + "path=/messages/**", ROUTE + "deduplication.key=header:Idempotency-Key",
						ROUTE + "deduplication.max-runs=1", ROUTE + "deduplication.store-timeout=5s",
						"spring.data.redis.port=" + far.getLocalPort())) {
			DeduplicationGuard guard = server.guard(DeduplicationGuard.class);
			RemoteRecords records = (RemoteRecords) guard.state().records();
			await().atMost(Duration.ofSeconds(20)).until(() -> records.gate().isOpen());
			try (RawClient running = begin(server, "/messages?ms=6000", "runs", "0")) {
				await().until(() -> guard.state().running() == 1);
				for (int i = 1; i <= 10; i++) {
					int crowded = i;
					try (RawClient leaver = begin(server, "/messages", "tea", "k" + i)) {
						await().pollInterval(Duration.ofMillis(2))
							.until(() -> guard.state().activity().total(DeduplicationEvent.CROWDED) == crowded);
						leaver.reset();
					}
				}
				await().untilAsserted(() -> assertThat(records.held.size()).isEqualTo(1));
				assertThat(running.response().status()).isEqualTo(201);
			}
			try (RawClient again = begin(server, "/messages", "tea", "k3")) {
				assertThat(again.response().status()).isEqualTo(201);
			}
			assertThat(records.held.size()).isZero();
		}
	}

	// A Redis that is 50 ms away.
	private static ServerSocket far(int port) throws IOException {
		ServerSocket far = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
		daemon(() -> {
			while (true) {
				Socket client = far.accept();
				Socket there = new Socket(InetAddress.getLoopbackAddress(), port);
				daemon(() -> copy(client, there, 0));
				daemon(() -> copy(there, client, 50));
			}
		});
		return far;
	}

	private static void copy(Socket from, Socket to, int delay) throws Exception {
		try (from; to; InputStream in = from.getInputStream(); OutputStream out = to.getOutputStream()) {
			byte[] buffer = new byte[8192];
			for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
				Thread.sleep(delay);
				out.write(buffer, 0, n);
			}
		}
	}

	private static void daemon(Task task) {
		Thread thread = new Thread(() -> {
			try {
				task.run();
			}
			catch (Exception ex) {
				// The other side has left.
			}
		});
		thread.setDaemon(true);
		thread.start();
	}

	private interface Task {

		void run() throws Exception;

	}

}
