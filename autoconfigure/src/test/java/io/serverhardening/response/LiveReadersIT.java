package io.serverhardening.response;

import io.serverhardening.internal.channel.CloseReason;
import io.serverhardening.testing.PacedReaders;
import io.serverhardening.testing.TestServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Clients that read at the default {@code min-rate} or above, whatever their buffers: all
 * at once, with the defaults. {@code -Dreaders.seconds=600 -Dreaders.copies=2} for longer
 * and more.
 */
class LiveReadersIT {

	private static final int SECONDS = Integer.getInteger("readers.seconds", 20);

	private static final int COPIES = Integer.getInteger("readers.copies", 1);

	private static final int[] RATES = { 240, 300, 500, 1000, 2000, 5000, 10_000, 20_000 };

	private static final int[] RECEIVE_BUFFERS = { 2048, 4096, 16 * 1024, 64 * 1024, 0 };

	private static final int[] WINDOW_UPDATES = { 200, 1000, 8 * 1024, 32 * 1024 };

	private static final String PATH = "/download?chunks=800";

	private static TestServer epoll;

	private static TestServer nio;

	@BeforeAll
	static void start() {
		epoll = TestServer.start("server.http2.enabled=true");
		nio = TestServer.start("test.transport=nio");
		epoll.warmUp();
		nio.warmUp();
	}

	@AfterAll
	static void stop() {
		epoll.close();
		nio.close();
	}

	@Test
	void areNeverCut() {
		assertThat(epoll.get("/thread").body()).contains("epoll");
		assertThat(nio.get("/thread").body()).contains("nio");
		try (PacedReaders readers = new PacedReaders()) {
			for (int copy = 0; copy < COPIES; copy++) {
				for (int rate : RATES) {
					add(readers, rate);
				}
			}
			readers.read(SECONDS);
			assertThat(readers.cut()).as(readers.count() + " readers for " + SECONDS + " s").isEmpty();
		}
		assertThat(epoll.connections().closedCount(CloseReason.SLOW_READER)).isZero();
		assertThat(nio.connections().closedCount(CloseReason.SLOW_READER)).isZero();
	}

	private static void add(PacedReaders readers, int rate) {
		for (int receiveBuffer : RECEIVE_BUFFERS) {
			readers.http1(epoll.port(), PATH, rate, receiveBuffer);
			readers.http1(nio.port(), PATH, rate, receiveBuffer);
		}
		for (int update : WINDOW_UPDATES) {
			readers.http2(epoll.port(), PATH, rate, update);
		}
	}

}
