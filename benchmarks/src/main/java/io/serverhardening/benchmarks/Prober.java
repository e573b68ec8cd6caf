package io.serverhardening.benchmarks;

import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * An ordinary client: one small request every 50 ms, each on a connection of its own.
 */
final class Prober {

	private static final int TIMEOUT_MILLIS = 3000;

	private Prober() {
	}

	static void probe(int port, int seconds, PrintStream out) throws InterruptedException {
		List<Double> latencies = new ArrayList<>();
		int failures = 0;
		long end = System.nanoTime() + seconds * 1_000_000_000L;
		while (System.nanoTime() < end) {
			long start = System.nanoTime();
			if (!answers(port)) {
				failures++;
			}
			latencies.add((System.nanoTime() - start) / 1e6);
			Thread.sleep(50);
		}
		Collections.sort(latencies);
		out.printf("%.1f %.1f %d%n", latencies.get(latencies.size() / 2), latencies.get(latencies.size() * 95 / 100),
				failures);
	}

	private static boolean answers(int port) {
		try (Socket socket = new Socket()) {
			socket.setSoTimeout(TIMEOUT_MILLIS);
			socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), TIMEOUT_MILLIS);
			socket.getOutputStream()
				.write("GET /ping HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
					.getBytes(StandardCharsets.US_ASCII));
			byte[] line = socket.getInputStream().readNBytes(12);
			return new String(line, StandardCharsets.US_ASCII).equals("HTTP/1.1 200");
		}
		catch (IOException ex) {
			return false;
		}
	}

}
