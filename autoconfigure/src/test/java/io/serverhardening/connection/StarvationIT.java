package io.serverhardening.connection;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import io.serverhardening.internal.channel.CloseReason;
import io.serverhardening.testing.Pause;
import io.serverhardening.testing.RawClient;
import io.serverhardening.testing.TestServer;
import org.junit.jupiter.api.Test;
import reactor.netty.resources.LoopResources;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A server that has no time for its clients does not blame them.
 */
class StarvationIT {

	private static final int SIZE = 400 * 1024;

	@Test
	void cutsNobodyWhileTheEventLoopsAreBlocked() throws Exception {
		try (TestServer server = TestServer.start("server.hardening.request.min-rate=8KB",
				"server.hardening.request.rate-grace=1s", "server.hardening.response.min-rate=8KB",
				"server.hardening.response.rate-grace=1s", "server.hardening.request.header-timeout=2s")) {
			server.warmUp();
			List<Callable<Integer>> clients = new ArrayList<>();
			for (int i = 0; i < 20; i++) {
				clients.add(() -> upload(server));
				clients.add(() -> download(server));
			}
			ExecutorService threads = Executors.newFixedThreadPool(clients.size() + 1);
			try {
				Future<?> starving = threads.submit(() -> starve(server));
				for (Future<Integer> client : threads.invokeAll(clients)) {
					assertThat(client.get()).isEqualTo(SIZE);
				}
				starving.get();
			}
			finally {
				threads.shutdownNow();
			}
			for (CloseReason reason : new CloseReason[] { CloseReason.SLOW_READER, CloseReason.SLOW_REQUEST,
					CloseReason.HEADER_TIMEOUT }) {
				assertThat(server.connections().closedCount(reason)).as(reason.code()).isZero();
			}
			assertThat(server.meter("server.hardening.rejections")).isZero();
			assertThat(server.maxLagMillis()).isGreaterThan(2000);
		}
	}

	// On every loop at once, twice.
	private static void starve(TestServer server) {
		for (int round = 0; round < 2; round++) {
			Pause.millis(1500);
			List<RawClient> blocking = new ArrayList<>();
			for (int i = 0; i < LoopResources.DEFAULT_IO_WORKER_COUNT; i++) {
				blocking.add(server.connect().send("GET", "/blocks?ms=3000"));
			}
			blocking.forEach((client) -> client.response());
			blocking.forEach(RawClient::close);
		}
	}

	private static int upload(TestServer server) {
		try (RawClient client = server.connect()) {
			client.send("POST", "/upload", "Content-Length: " + SIZE);
			byte[] piece = new byte[2048];
			for (int sent = 0; sent < SIZE; sent += piece.length) {
				client.write(piece);
				pause(sent);
			}
			String body = client.response().body();
			return Integer.parseInt(body.substring("received ".length()));
		}
	}

	private static int download(TestServer server) {
		try (RawClient client = server.connect(16 * 1024)) {
			client.send("GET", "/whole?size=" + SIZE, "Connection: close");
			return client.body(SIZE, StarvationIT::pause, 2048);
		}
	}

	// About 50 KB a second, with a stall of 300 ms now and then.
	private static void pause(int bytes) {
		Pause.millis((bytes % (100 * 1024) == 0) ? 300 : 40);
	}

}
