package io.serverhardening.benchmarks;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.IntFunction;

/**
 * One way to cost a server more than it costs oneself.
 *
 * @param name what it is called in the table
 * @param connections how many at once
 * @param seconds how long it is watched
 * @param checkAfter when held connections are counted for the table, seconds
 * @param opening what each connection sends first
 * @param drip what it sends over and over after that, empty for nothing
 * @param dripMillis how often; 0 for as fast as the server takes it
 * @param readRate bytes per second that it reads; -1 for all, 0 for none
 * @param honest whether it is an ordinary client, which should not be cut
 */
record Attack(String name, int connections, int seconds, int checkAfter, ByteBuffer opening, ByteBuffer drip,
		int dripMillis, int readRate, boolean honest) {

	private static final String PING = "GET /ping HTTP/1.1\r\nHost: a\r\n\r\n";

	private static final int ALL = -1;

	static List<Attack> all() {
		return List.of(of("silent", 1000, 15, 13, "", "", 0, ALL),
				of("slow-heads", 1000, 15, 13, "GET /ping HTTP/1.1\r\nHost: a\r\n", "X-a: b\r\n", 1000, ALL),
				of("slow-second-heads", 1000, 15, 13, PING + "GET /p", "x", 1000, ALL),
				of("slow-bodies", 1000, 15, 10, post("/upload", 100_000), "x", 1000, ALL),
				of("early-answer", 1000, 15, 10, post("/early", 100_000), "x", 1000, ALL),
				of("idle", 1000, 22, 20, PING, "", 0, ALL),
				of("oversized", 20, 10, 8, post("/upload", 1_000_000_000), "x".repeat(16 * 1024), 0, ALL),
				of("readers-0", 500, 36, 32, get("/download?kilobytes=51200"), "", 0, 0),
				of("readers-2k", 500, 12, 9, get("/download?kilobytes=51200"), "", 0, 2 * 1024),
				honest("readers-50k", 100, 30, get("/download?kilobytes=1024"), "", 0, 50 * 1024),
				honest("uploads-50k", 100, 30, post("/upload", 1_048_576), "x".repeat(5 * 1024), 100, ALL),
				of("pipelining", 1, 12, 10, get("/sleep?ms=8000"), PING.repeat(1000), 0, ALL),
				of("connections-10k", 10_000, 20, 12, PING, "", 0, ALL),
				of("h2-ping-keeper", 200, 20, 17, Http2Frames.connection(Http2Frames.get(1, "/ping")),
						Http2Frames.ping(), 1000, ALL),
				flood("h2-rapid-reset",
						(stream) -> Http2Frames.concat(Http2Frames.get(stream, "/ping"), Http2Frames.reset(stream))),
				flood("h2-heads-without-path", Http2Frames::withoutPath),
				flood("h2-short-bodies", Http2Frames::shortPost),
				of("h2-continuations", 20, 8, 6, Http2Frames.connection(Http2Frames.openHead()),
						Http2Frames.emptyContinuation(), 0, ALL),
				of("h2-no-method", 100, 33, 30, Http2Frames.connection(Http2Frames.withoutMethod(1)), new byte[0], 0,
						ALL),
				of("h2-open-streams", 20, 33, 30,
						Http2Frames
							.connection(Http2Frames.streams(100, (stream) -> Http2Frames.openPost(stream, "/upload"))),
						new byte[0], 0, ALL),
				of("h2-no-window", 20, 56, 53,
						Http2Frames.withoutWindow(Http2Frames.streams(100,
								(stream) -> Http2Frames.get(stream, "/download?kilobytes=1024"))),
						new byte[0], 0, ALL),
				unread("h2-pings-unread", Http2Frames.ping()), unread("h2-settings-unread", Http2Frames.settings()));
	}

	private static Attack of(String name, int connections, int seconds, int checkAfter, String opening, String drip,
			int dripMillis, int readRate) {
		return of(name, connections, seconds, checkAfter, ascii(opening), ascii(drip), dripMillis, readRate);
	}

	private static Attack of(String name, int connections, int seconds, int checkAfter, byte[] opening, byte[] drip,
			int dripMillis, int readRate) {
		return new Attack(name, connections, seconds, checkAfter, ByteBuffer.wrap(opening), ByteBuffer.wrap(drip),
				dripMillis, readRate, false);
	}

	// As fast as the server takes it, and faster than it can answer.
	private static Attack flood(String name, IntFunction<byte[]> stream) {
		return of(name, 20, 8, 6, Http2Frames.connection(), Http2Frames.streams(1000, stream), 0, ALL);
	}

	// Fewer than the 10,000 answers that Netty lets wait for one connection.
	private static Attack unread(String name, byte[] frame) {
		byte[] frames = Http2Frames.streams(9000, (stream) -> frame);
		return of(name, 20, 50, 47, Http2Frames.connection(Http2Frames.get(1, "/ping"), frames), new byte[0], 0, 0);
	}

	private static Attack honest(String name, int connections, int seconds, String opening, String drip, int dripMillis,
			int readRate) {
		return new Attack(name, connections, seconds, seconds, ByteBuffer.wrap(ascii(opening)),
				ByteBuffer.wrap(ascii(drip)), dripMillis, readRate, true);
	}

	private static byte[] ascii(String text) {
		return text.getBytes(StandardCharsets.US_ASCII);
	}

	private static String get(String path) {
		return "GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n";
	}

	private static String post(String path, int length) {
		return "POST " + path + " HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: " + length
				+ "\r\n\r\n";
	}

	boolean isHttp2() {
		return this.opening.remaining() > 3 && this.opening.get(0) == 'P' && this.opening.get(1) == 'R';
	}

}
