package io.serverhardening.connection;

import java.io.ByteArrayOutputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.function.IntFunction;
import java.util.stream.Stream;

import io.serverhardening.Ending;
import io.serverhardening.connection.registry.StreamFault;
import io.serverhardening.internal.channel.CloseReason;
import io.serverhardening.internal.time.LoopClocks;
import io.serverhardening.testing.RawHttp2;
import io.serverhardening.testing.RawHttp2.Frame;
import io.serverhardening.testing.TestServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What is not HTTP/2: the stream is reset, or the connection ends; it is never the
 * application's error, and never a line in the log for each.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ExtendWith(OutputCaptureExtension.class)
class Http2MalformedIT {

	private static final int HEADERS = RawHttp2.HEADERS;

	private static final int END = RawHttp2.END_HEADERS | RawHttp2.END_STREAM;

	private static final int CONTINUES = RawHttp2.END_HEADERS;

	private TestServer server;

	@BeforeAll
	void start() {
		this.server = TestServer.start("server.http2.enabled=true", "server.hardening.request.header-timeout=2s",
				"server.hardening.connection.idle-timeout=3s", "server.hardening.request.rate-grace=1s",
				"server.hardening.response.timeout=2s", "server.hardening.response.write-timeout=2s");
		this.server.warmUp();
	}

	@AfterAll
	void stop() {
		this.server.close();
	}

	private RawHttp2 connect() {
		return new RawHttp2(this.server.connect());
	}

	private static byte[] head(String... more) {
		byte[] head = RawHttp2.block(":method", "POST", ":scheme", "http", ":path", "/upload", ":authority", "test");
		byte[] rest = RawHttp2.block(more);
		byte[] block = Arrays.copyOf(head, head.length + rest.length);
		System.arraycopy(rest, 0, block, head.length, rest.length);
		return block;
	}

	static Stream<Arguments> heads() {
		String[] get = { ":method", "GET", ":scheme", "http", ":path", "/fast", ":authority", "test" };
		return Stream.of(Arguments.of("nothing", new String[0]),
				Arguments.of("no method", new String[] { ":scheme", "http", ":path", "/fast" }),
				Arguments.of("no scheme", new String[] { ":method", "GET", ":path", "/fast" }),
				Arguments.of("no path", new String[] { ":method", "GET", ":scheme", "http" }),
				Arguments.of("an empty path", new String[] { ":method", "GET", ":scheme", "http", ":path", "" }),
				Arguments.of("a path with a space",
						new String[] { ":method", "GET", ":scheme", "http", ":path", "/a b" }),
				Arguments.of("a path from nowhere",
						new String[] { ":method", "GET", ":scheme", "http", ":path", "fast" }),
				Arguments.of("a star for GET", new String[] { ":method", "GET", ":scheme", "http", ":path", "*" }),
				Arguments.of("two methods", with(new String[] { ":method", "GET" }, get)),
				Arguments.of("two paths", with(new String[] { ":path", "/slow" }, get)),
				Arguments.of("two authorities", with(new String[] { ":authority", "other" }, get)),
				Arguments.of("a method that is none",
						new String[] { ":method", "G T", ":scheme", "http", ":path", "/fast" }),
				Arguments.of("a status", with(new String[] { ":status", "200" }, get)),
				Arguments.of("a protocol for GET", with(new String[] { ":protocol", "websocket" }, get)),
				Arguments.of("an unknown pseudo-header", with(new String[] { ":what", "x" }, get)),
				Arguments.of("a pseudo-header after others", with(new String[] { "a", "b" }, get)),
				Arguments.of("a name in capitals", with(get, "Accept", "x")),
				Arguments.of("a name with a space", with(get, "a b", "x")),
				Arguments.of("a value with a line end", with(get, "a", "b\r\nc: d")),
				Arguments.of("a header of the connection", with(get, "connection", "close")),
				Arguments.of("a transfer coding", with(get, "transfer-encoding", "chunked")),
				Arguments.of("TE that is not trailers", with(get, "te", "gzip")),
				Arguments.of("a length and no body", with(get, "content-length", "5")),
				Arguments.of("a length that is no number", with(get, "content-length", "x")),
				Arguments.of("two lengths", with(get, "content-length", "0", "content-length", "1")),
				Arguments.of("another host", with(get, "host", "other")),
				Arguments.of("two hosts", with(get, "host", "test", "host", "test")),
				Arguments.of("CONNECT with a path",
						new String[] { ":method", "CONNECT", ":authority", "a:1", ":path", "/" }),
				Arguments.of("CONNECT to nobody", new String[] { ":method", "CONNECT" }),
				Arguments.of("a port that is no number",
						new String[] { ":method", "GET", ":scheme", "http", ":path", "/fast", ":authority", "x:ab" }),
				Arguments.of("an authority with a user",
						new String[] { ":method", "GET", ":scheme", "http", ":path", "/fast", ":authority", "a@x" }));
	}

	private static String[] with(String[] headers, String... more) {
		return Stream.concat(Stream.of(headers), Stream.of(more)).toArray(String[]::new);
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource("heads")
	void aHeadThatIsNoRequestIsResetAndTheOthersGoOn(String name, String[] headers) {
		long before = this.server.connections().streamResetCount(StreamFault.PROTOCOL_ERROR);
		try (RawHttp2 client = connect()) {
			client.headers(1, headers);
			client.request(3, "GET", "/fast", false);
			assertThat(client.await(RawHttp2.RST_STREAM, 1).error()).isEqualTo(1);
			assertThat(client.await(HEADERS, 3).status()).isEqualTo(200);
		}
		assertThat(this.server.connections().streamResetCount(StreamFault.PROTOCOL_ERROR)).isEqualTo(before + 1);
	}

	@Test
	void whatIsARequestIsAnswered() {
		try (RawHttp2 client = connect()) {
			client.headers(1, ":method", "GET", ":scheme", "http", ":path", "/fast", ":authority", "test", "host",
					"TEST", "te", "trailers", "content-length", "0");
			client.headers(3, ":method", "GET", ":scheme", "https", ":path", "/fast", ":authority", "[::1]:8080");
			client.headers(5, ":method", "GET", ":scheme", "http", ":path", "/fast", "host", "test:80");
			client.frame(HEADERS, CONTINUES, 7, head("content-length", "4"))
				.data(7, 4, false)
				.headers(7, "checksum", "none");
			for (int id = 1; id < 8; id += 2) {
				assertThat(client.await(HEADERS, id).status()).as("stream " + id).isEqualTo(200);
			}
		}
	}

	@Test
	void aConnectionWithoutARequestThatIsOneIsMalformed() {
		long before = this.server.connections().closedCount(CloseReason.MALFORMED);
		try (RawHttp2 client = connect()) {
			client.headers(1, ":scheme", "http");
			assertThat(client.await(RawHttp2.GOAWAY, 0).error()).isZero();
		}
		this.server.awaitClosed(CloseReason.MALFORMED, before + 1);
	}

	static Stream<Arguments> faults() {
		byte[] window = { 0, 0, 0, 0 };
		return Stream.of(
				Arguments.of("no path",
						bytes((id) -> RawHttp2.bytes(HEADERS, END, id, RawHttp2.block(":method", "GET")))),
				Arguments.of("a length and no body",
						bytes((id) -> RawHttp2.bytes(HEADERS, END, id, head("content-length", "5")))),
				Arguments.of("a short body",
						bytes((id) -> RawHttp2.bytes(HEADERS, CONTINUES, id, head("content-length", "5")),
								(id) -> RawHttp2.bytes(RawHttp2.DATA, RawHttp2.END_STREAM, id, new byte[2]))),
				Arguments.of("a long body",
						bytes((id) -> RawHttp2.bytes(HEADERS, CONTINUES, id, head("content-length", "5")),
								(id) -> RawHttp2.bytes(RawHttp2.DATA, 0, id, new byte[9]))),
				Arguments.of("trailers that do not end",
						bytes((id) -> RawHttp2.bytes(HEADERS, CONTINUES, id, head()),
								(id) -> RawHttp2.bytes(HEADERS, CONTINUES, id, RawHttp2.block("a", "b")))),
				Arguments.of("trailers with a path",
						bytes((id) -> RawHttp2.bytes(HEADERS, CONTINUES, id, head()),
								(id) -> RawHttp2.bytes(HEADERS, END, id, RawHttp2.block(":path", "/")))),
				Arguments.of("trailers that are none",
						bytes((id) -> RawHttp2.bytes(HEADERS, CONTINUES, id, head()),
								(id) -> RawHttp2.bytes(HEADERS, END, id, RawHttp2.block("a", "b\nc")))),
				Arguments.of("no window",
						bytes((id) -> RawHttp2.bytes(HEADERS, CONTINUES, id, head()),
								(id) -> RawHttp2.bytes(RawHttp2.WINDOW_UPDATE, 0, id, window))),
				Arguments.of("a short PRIORITY",
						bytes((id) -> RawHttp2.bytes(HEADERS, CONTINUES, id, head()),
								(id) -> RawHttp2.bytes(RawHttp2.PRIORITY, 0, id, window))),
				Arguments.of("a window beyond measure",
						bytes((id) -> RawHttp2.bytes(HEADERS, CONTINUES, id, head()), (id) -> RawHttp2
							.bytes(RawHttp2.WINDOW_UPDATE, 0, id, (byte) 0x7f, (byte) -1, (byte) -1, (byte) -1))));
	}

	@SafeVarargs
	private static IntFunction<byte[]> bytes(IntFunction<byte[]>... frames) {
		return (id) -> {
			ByteArrayOutputStream bytes = new ByteArrayOutputStream();
			for (IntFunction<byte[]> frame : frames) {
				bytes.writeBytes(frame.apply(id));
			}
			return bytes.toByteArray();
		};
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource("faults")
	void aFloodOfItIsAFloodAndNotTheApplicationsError(String name, IntFunction<byte[]> frames, CapturedOutput output) {
		long floods = this.server.connections().closedCount(CloseReason.HTTP2_FLOOD);
		long failed = this.server.activity("default").count(Ending.FAILED);
		int before = output.getAll().length();
		long start = System.nanoTime();
		boolean answered = false;
		int error = -1;
		try (RawHttp2 client = connect()) {
			try {
				ByteArrayOutputStream all = new ByteArrayOutputStream();
				for (int i = 0; i < 300; i++) {
					all.writeBytes(frames.apply(2 * i + 1));
				}
				client.client().write(all.toByteArray());
			}
			catch (UncheckedIOException ex) {
				// Closed in the midst of it.
			}
			for (Frame frame = client.next(); frame != null; frame = client.next()) {
				answered |= frame.type() == HEADERS;
				error = (frame.type() == RawHttp2.GOAWAY) ? frame.error() : error;
			}
		}
		assertThat(answered).as("an answer to what is no request").isFalse();
		assertThat(error).as("GOAWAY").isIn(-1, 11);
		this.server.awaitClosed(CloseReason.HTTP2_FLOOD, floods + 1);
		this.server.awaitQuiet();
		assertThat(this.server.activity("default").count(Ending.FAILED)).isEqualTo(failed);
		assertThat(lines(output, before)).isLessThanOrEqualTo(seconds(start));
	}

	private static long lines(CapturedOutput output, int before) {
		return output.getAll().substring(before).lines().filter((line) -> !line.isBlank()).count();
	}

	// One line each of the connections and of what was refused.
	private static long seconds(long start) {
		return 2 * (Duration.ofNanos(System.nanoTime() - start).toSeconds() + 2);
	}

	@Test
	void nothingIsHeldOrWrittenForWhateverComes(CapturedOutput output) {
		long seed = Long.getLong("test.seed", 1);
		int rounds = Integer.getInteger("test.rounds", 200);
		int before = output.getAll().length();
		long start = System.nanoTime();
		for (int round = 0; round < rounds; round++) {
			Random random = new Random(seed + round);
			RawHttp2 client = connect();
			try {
				client.client().write(noise(random));
			}
			catch (UncheckedIOException ex) {
				// Closed in the midst of it.
			}
			if (random.nextBoolean()) {
				client.close();
			}
		}
		String seeds = "-Dtest.seed=" + seed + " -Dtest.rounds=" + rounds;
		await().atMost(Duration.ofSeconds(60))
			.untilAsserted(() -> assertThat(this.server.connections().openCount()).as(seeds).isZero());
		this.server.awaitQuiet();
		await().untilAsserted(() -> assertThat(this.server.bean(LoopClocks.class).all()).as(seeds)
			.allSatisfy((clock) -> assertThat(clock.registered()).isZero()));
		String written = output.getAll().substring(before);
		assertThat(lines(output, before)).as(seeds + written).isLessThanOrEqualTo(seconds(start));
		assertThat(written).as(seeds).doesNotContain("LEAK", "ERROR");
		assertThat(this.server.get("/fast").status()).as(seeds).isEqualTo(200);
	}

	private static byte[] noise(Random random) {
		ByteArrayOutputStream frames = new ByteArrayOutputStream();
		int count = 1 + random.nextInt(40);
		int next = 1;
		for (int i = 0; i < count; i++) {
			boolean opens = random.nextInt(3) == 0;
			int stream = opens ? next : 2 * random.nextInt(1 + next / 2) + random.nextInt(8) / 7;
			next += opens ? 2 : 0;
			frames.writeBytes(opens ? RawHttp2.bytes(HEADERS, (random.nextInt(4) == 0) ? random.nextInt(64) : END,
					stream, block(random)) : frame(random, stream));
		}
		byte[] bytes = frames.toByteArray();
		for (int i = random.nextInt(3); i > 0; i--) {
			bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
		}
		return (random.nextInt(4) == 0) ? Arrays.copyOf(bytes, random.nextInt(bytes.length)) : bytes;
	}

	private static byte[] frame(Random random, int stream) {
		int type = random.nextInt(11);
		byte[] payload = switch (type) {
			case HEADERS, RawHttp2.CONTINUATION -> block(random);
			case RawHttp2.RST_STREAM, RawHttp2.WINDOW_UPDATE -> new byte[] { 0, 0, 0, (byte) random.nextInt(12) };
			case RawHttp2.PRIORITY -> new byte[5];
			case RawHttp2.PING, RawHttp2.GOAWAY -> new byte[8];
			case RawHttp2.SETTINGS -> new byte[6 * random.nextInt(3)];
			default -> new byte[random.nextInt(50)];
		};
		boolean ofConnection = type == RawHttp2.PING || type == RawHttp2.GOAWAY || type == RawHttp2.SETTINGS;
		return RawHttp2.bytes(type, (random.nextInt(4) == 0) ? random.nextInt(64) : random.nextInt(2),
				ofConnection ? 0 : stream, payload);
	}

	private static byte[] block(Random random) {
		byte[] block = switch (random.nextInt(6)) {
			case 0 -> RawHttp2.headers("GET", "/fast");
			case 1 -> RawHttp2.headers("POST", "/upload");
			case 2 -> RawHttp2.headers("GET", "/whole?size=30000");
			case 3 -> head("content-length", Integer.toString(random.nextInt(20)));
			case 4 -> RawHttp2.block("a", "b");
			default -> RawHttp2.block(":method", "GET", ":path", "/fast", "x", "y".repeat(random.nextInt(300)));
		};
		if (random.nextInt(5) == 0) {
			block[random.nextInt(block.length)] = (byte) random.nextInt();
		}
		return block;
	}

}
