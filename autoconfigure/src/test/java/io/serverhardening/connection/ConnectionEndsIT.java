package io.serverhardening.connection;

import java.io.UncheckedIOException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;

import io.netty.channel.Channel;
import io.netty.util.ResourceLeakDetector;
import io.serverhardening.Ending;
import io.serverhardening.internal.channel.CloseReason;
import io.serverhardening.testing.RawClient;
import io.serverhardening.testing.TestServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import reactor.core.publisher.Mono;
import reactor.netty.channel.ChannelOperations;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.http.server.reactive.AbstractServerHttpRequest;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Every state that a connection of HTTP/1.1 can be left in ends, and leaves nothing.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ExtendWith(OutputCaptureExtension.class)
class ConnectionEndsIT {

	private static final int EACH = 3;

	private static final int ROUNDS = Integer.getInteger("random.rounds", 150);

	private static final String[] CLOCKS = { "test.clock-speed=5", "server.hardening.connection.handshake-timeout=10s",
			"server.hardening.connection.idle-timeout=1s", "server.hardening.connection.upgraded-idle-timeout=1s",
			"server.hardening.request.header-timeout=1s", "server.hardening.request.rate-grace=1s",
			"server.hardening.response.timeout=2s", "server.hardening.response.write-timeout=1s",
			"server.hardening.response.rate-grace=1s", "server.hardening.response.min-rate=100KB",
			"server.hardening.concurrency.enabled=true", "server.hardening.concurrency.max-requests=1000" };

	private static final String HOST = " HTTP/1.1\r\nHost: test\r\n";

	private static final String WEBSOCKET = String.join("\r\n", "Connection: Upgrade", "Upgrade: websocket",
			"Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "", "");

	private TestServer server;

	private TestServer secured;

	private ResourceLeakDetector.Level level;

	@BeforeAll
	void start() {
		this.level = ResourceLeakDetector.getLevel();
		ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
		this.server = TestServer.start(CLOCKS);
		this.secured = TestServer.startWithTls(CLOCKS);
		this.server.warmUp();
	}

	@AfterAll
	void stop() {
		this.server.close();
		this.secured.close();
		ResourceLeakDetector.setLevel(this.level);
	}

	private static Map<String, String> states() {
		String chunked = "POST /upload" + HOST + "Transfer-Encoding: chunked\r\n\r\n";
		String large = "GET /whole?size=4000000" + HOST;
		Map<String, String> states = new LinkedHashMap<>();
		states.put("accepted and silent", "");
		states.put("line ends only", "\r\n\r\n");
		states.put("half a line", "GET /fa");
		states.put("half a head", "GET /fast" + HOST);
		states.put("half a body", "POST /upload" + HOST + "Content-Length: 100\r\n\r\nab");
		states.put("half a chunk", chunked + "5\r\nab");
		states.put("half a chunk size", chunked + "5\r\nabcde\r\n0");
		states.put("half a trailer", chunked + "0\r\nX-A");
		states.put("a body that was asked for",
				"POST /upload" + HOST + "Content-Length: 9\r\nExpect: 100-continue\r\n\r\n");
		states.put("a body that nobody reads", "POST /ignores-body" + HOST + "Content-Length: 9\r\n\r\nab");
		states.put("the rest of a body", "POST /fast-without-body" + HOST + "Content-Length: 9\r\n\r\nab");
		states.put("a handler that never answers", "GET /never" + HOST + "\r\n");
		states.put("a response that never ends", "GET /stall" + HOST + "\r\n");
		states.put("an answer unread", large + "\r\n");
		states.put("a streamed answer unread", "GET /download?chunks=200" + HOST + "\r\n");
		states.put("an answer unread, a body unsent", large + "Content-Length: 9\r\n\r\n");
		states.put("an answer unread, garbage behind it", large + "\r\ngarbage\r\n\r\n");
		states.put("idle", "GET /fast" + HOST + "\r\n");
		states.put("half a head behind a request", "GET /fast" + HOST + "\r\nGET /fast" + HOST);
		states.put("refused, and its goodbye unread", "garbage\r\n\r\n" + "x".repeat(1000));
		states.put("a chunk size refused", chunked + " 5\r\n");
		states.put("a body too large", "POST /upload" + HOST + "Content-Length: 99999999\r\n\r\nab");
		states.put("closed by its answer", "GET /fast" + HOST + "Connection: close\r\n\r\n");
		states.put("upgraded", "GET /echo" + HOST + WEBSOCKET);
		states.put("upgraded, half a frame", "GET /echo" + HOST + WEBSOCKET + "\u0081\u0082\0");
		states.put("upgraded, its frames unread", "GET /flood" + HOST + WEBSOCKET);
		states.put("an upgrade neither granted nor declined", "GET /never" + HOST + WEBSOCKET + "\u0081\u0080\0\0\0\0");
		states.put("an event stream that has gone silent", "GET /events?everyMs=1500" + HOST + "\r\n");
		states.put("twenty behind a running one",
				"GET /never" + HOST + "\r\n" + ("GET /fast" + HOST + "\r\n").repeat(20));
		states.put("HTTP/1.0", "GET /fast HTTP/1.0\r\n\r\n");
		return states;
	}

	@Test
	void everyStateEndsByItsClock(CapturedOutput output) {
		int before = output.getAll().length();
		leaveAlone(this.server, () -> this.server.connect(4096));
		leaveAlone(this.secured, () -> this.secured.connectWithTls("http/1.1"));
		List<RawClient> halves = new ArrayList<>();
		for (int i = 0; i < EACH; i++) {
			halves.add(this.secured.connect());
			halves.add(this.secured.connect().write(new byte[] { 0x16, 3, 1, 0, 80, 1, 0 }));
		}
		endsAndLeavesNothing(this.secured);
		halves.forEach(RawClient::close);
		System.gc();
		goesOnServing();
		assertThat(output.getAll().substring(before)).doesNotContain("LEAK").doesNotContain("ERROR");
	}

	private static void leaveAlone(TestServer server, Supplier<RawClient> connections) {
		List<RawClient> left = new ArrayList<>();
		states().forEach((state, bytes) -> {
			for (int i = 0; i < EACH; i++) {
				left.add(begin(connections.get(), bytes));
			}
		});
		endsAndLeavesNothing(server);
		assertThat(server.connections().closedCount(CloseReason.FAILED))
			.as("ended by the last of all clocks, not by their own")
			.isLessThan(left.size());
		left.forEach(RawClient::close);
	}

	private static RawClient begin(RawClient client, String bytes) {
		try {
			return client.write(bytes.getBytes(StandardCharsets.ISO_8859_1));
		}
		catch (UncheckedIOException ex) {
			// On a busy machine a clock may run out before anything is sent.
			return client;
		}
	}

	// On a busy machine the clock of a head, a short one, may run out before it is sent.
	private void goesOnServing() {
		await().ignoreExceptions().until(() -> this.server.get("/fast").status() == 200);
	}

	private static void endsAndLeavesNothing(TestServer server) {
		await().atMost(Duration.ofSeconds(60))
			.pollInterval(Duration.ofMillis(100))
			.untilAsserted(() -> assertThat(server.connections().countByState().entrySet())
				.allMatch((state) -> state.getValue() == 0));
		server.awaitQuiet();
		await().atMost(Duration.ofSeconds(10)).untilAsserted(() -> assertThat(server.ticked()).isZero());
	}

	// A connection that is closed in the midst of an answer, with a body unread.
	@Test
	void anAnswerThatIsCutShortIsNoErrorOfTheServer(CapturedOutput output) {
		int before = output.getAll().length();
		try (TestServer server = TestServer.start(List.of(ClosingFilter.class));
				RawClient client = server.connect(4096)) {
			client.send("GET", "/download?chunks=200", "Content-Length: 9");
			server.awaitCount("default", Ending.CANCELLED, 1);
		}
		assertThat(output.getAll().substring(before)).doesNotContain("ERROR").doesNotContain("Exception");
	}

	@Test
	void whateverComesIsAnsweredOrEndedAndLeavesNothing(CapturedOutput output) throws InterruptedException {
		long seed = Long.getLong("random.seed", 1);
		System.out.println("random.seed=" + seed + " random.rounds=" + ROUNDS);
		int before = output.getAll().length();
		long start = System.nanoTime();
		List<Thread> clients = new ArrayList<>();
		List<String> wrong = Collections.synchronizedList(new ArrayList<>());
		for (int i = 0; i < 8; i++) {
			Random random = new Random(seed + i);
			boolean tls = i % 4 == 0;
			Function<Random, String> one = (choice) -> send(tls, choice);
			Thread client = new Thread(() -> {
				for (int round = 0; round < ROUNDS / 8; round++) {
					String verdict = one.apply(random);
					if (!verdict.isEmpty()) {
						wrong.add("seed " + seed + ": " + verdict);
					}
				}
			});
			client.start();
			clients.add(client);
		}
		for (Thread client : clients) {
			client.join();
		}
		assertThat(wrong).isEmpty();
		endsAndLeavesNothing(this.server);
		endsAndLeavesNothing(this.secured);
		System.gc();
		goesOnServing();
		String lines = output.getAll().substring(before);
		// Two servers, each with a log of connections and one of refusals.
		long seconds = Duration.ofNanos(System.nanoTime() - start).toSeconds() + 2;
		assertThat(lines).doesNotContain("LEAK").doesNotContain("ERROR");
		assertThat(lines.lines().filter((line) -> line.contains(" WARN ") || line.contains(" INFO ")).count()).as(lines)
			.isLessThanOrEqualTo(4 * seconds);
	}

	private String send(boolean tls, Random random) {
		byte[] bytes = mutated(random);
		String shown = new String(bytes, StandardCharsets.ISO_8859_1).replace("\r", "\\r").replace("\n", "\\n");
		try (RawClient client = tls ? this.secured.connectWithTls("http/1.1") : this.server.connect()) {
			for (int from = 0; from < bytes.length;) {
				int to = Math.min(bytes.length, from + 1 + random.nextInt(1 + random.nextInt(bytes.length)));
				client.write(Arrays.copyOfRange(bytes, from, to));
				from = to;
			}
			String received = client.end().received();
			return received.lines()
				.filter((line) -> line.contains("HTTP/1.1 "))
				.map((line) -> line.substring(line.indexOf("HTTP/1.1 ") + 9))
				.filter((status) -> !status.startsWith("2") && !status.startsWith("4") && !status.startsWith("503")
						&& !status.startsWith("10"))
				.findAny()
				.map((status) -> status + " to " + shown)
				.orElse("");
		}
		catch (UncheckedIOException ex) {
			// It was closed while we wrote, which is its right.
			return (ex.getCause() instanceof SocketTimeoutException) ? "nothing ended " + shown : "";
		}
	}

	// Valid messages, cut up and put together wrongly.
	private static byte[] mutated(Random random) {
		List<String> states = states().values().stream().filter((bytes) -> bytes.length() < 2000).toList();
		StringBuilder bytes = new StringBuilder();
		for (int i = random.nextInt(3); i >= 0; i--) {
			bytes.append(states.get(random.nextInt(states.size())));
		}
		String[] alphabet = { "\r\n", "\r", "\n", " ", ":", ";", "\t", "\0", "0", "5", "ab", "\u00e9", "chunked", ",",
				"Host: a\r\n", "Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n", "http://x/", "HTTP/1.1" };
		for (int i = random.nextInt(4); i > 0 && bytes.length() > 2; i--) {
			int at = random.nextInt(bytes.length());
			switch (random.nextInt(3)) {
				case 0 -> bytes.insert(at, alphabet[random.nextInt(alphabet.length)]);
				case 1 -> bytes.delete(at, Math.min(bytes.length(), at + 1 + random.nextInt(8)));
				default -> bytes.setCharAt(at, (char) random.nextInt(256));
			}
		}
		return bytes.append(' ').toString().getBytes(StandardCharsets.ISO_8859_1);
	}

	static final class ClosingFilter implements WebFilter {

		@Override
		@SuppressWarnings("FutureReturnValueIgnored")
		public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
			Channel channel = ((ChannelOperations<?, ?>) ((AbstractServerHttpRequest) exchange.getRequest())
				.getNativeRequest()).channel();
			channel.eventLoop().schedule(() -> channel.close(), 500, TimeUnit.MILLISECONDS);
			return chain.filter(exchange);
		}

	}

}
