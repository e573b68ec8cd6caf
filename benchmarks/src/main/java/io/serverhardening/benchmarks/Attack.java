package io.serverhardening.benchmarks;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

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
				of("idle", 1000, 20, 17, PING, "", 0, ALL),
				of("oversized", 20, 10, 8, post("/upload", 1_000_000_000), "x".repeat(16 * 1024), 0, ALL),
				of("readers-0", 500, 36, 32, get("/download?kilobytes=51200"), "", 0, 0),
				of("readers-2k", 500, 12, 9, get("/download?kilobytes=51200"), "", 0, 2 * 1024),
				honest("readers-50k", 100, 30, get("/download?kilobytes=1024"), "", 0, 50 * 1024),
				honest("uploads-50k", 100, 30, post("/upload", 1_048_576), "x".repeat(5 * 1024), 100, ALL),
				of("pipelining", 1, 12, 10, get("/sleep?ms=8000"), PING.repeat(1000), 0, ALL),
				of("ping-keeper", 200, 20, 17, http2(frame(1, 5, 1, request())), frame(6, 0, 0, new byte[8]), 1000,
						ALL),
				of("rapid-reset", 20, 8, 6, http2(new byte[0]), resets(), 0, ALL),
				of("connections-10k", 10_000, 20, 12, PING, "", 0, ALL));
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

	private static byte[] http2(byte[] frames) {
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		bytes.writeBytes(ascii("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
		bytes.writeBytes(frame(4, 0, 0, new byte[0]));
		bytes.writeBytes(frames);
		return bytes.toByteArray();
	}

	private static byte[] frame(int type, int flags, int stream, byte[] payload) {
		return ByteBuffer.allocate(9 + payload.length)
			.put((byte) 0)
			.putShort((short) payload.length)
			.put((byte) type)
			.put((byte) flags)
			.putInt(stream)
			.put(payload)
			.array();
	}

	// GET http /ping at a, from the static table of HPACK and two literals.
	private static byte[] request() {
		ByteArrayOutputStream block = new ByteArrayOutputStream();
		block.write(0x82);
		block.write(0x86);
		block.write(4);
		block.write(5);
		block.writeBytes(ascii("/ping"));
		block.write(1);
		block.write(1);
		block.write('a');
		return block.toByteArray();
	}

	private static byte[] resets() {
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		for (int stream = 1; stream < 2000; stream += 2) {
			bytes.writeBytes(frame(1, 5, stream, request()));
			bytes.writeBytes(frame(3, 0, stream, new byte[] { 0, 0, 0, 8 }));
		}
		return bytes.toByteArray();
	}

	boolean isHttp2() {
		return this.opening.remaining() > 3 && this.opening.get(0) == 'P' && this.opening.get(1) == 'R';
	}

}
