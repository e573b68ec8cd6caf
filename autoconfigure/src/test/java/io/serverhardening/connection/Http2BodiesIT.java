package io.serverhardening.connection;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.BiConsumer;
import java.util.stream.Stream;

import io.micrometer.core.instrument.MeterRegistry;
import io.netty.buffer.PoolArenaMetric;
import io.netty.buffer.PooledByteBufAllocator;
import io.serverhardening.testing.RawHttp2;
import io.serverhardening.testing.RawHttp2.Frame;
import io.serverhardening.testing.TestServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What is read from the socket at once belongs to several streams. What becomes of one of
 * them does not touch the bytes of the others.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class Http2BodiesIT {

	/** No type of a frame that there is. */
	private static final int UNKNOWN = 0xfa;

	private TestServer server;

	@BeforeAll
	void start() {
		this.server = TestServer.start("server.http2.enabled=true");
		this.server.warmUp();
	}

	@AfterAll
	void stop() {
		this.server.close();
	}

	static Stream<Arguments> ends() {
		return Stream.of(Arguments.of("the client resets it", end((client, stream) -> client.reset(stream))),
				Arguments.of("it breaks the protocol", end((client, stream) -> client.frame(RawHttp2.HEADERS,
						RawHttp2.END_HEADERS | RawHttp2.END_STREAM, stream, RawHttp2.block("a b", "c")))));
	}

	private static BiConsumer<RawHttp2, Integer> end(BiConsumer<RawHttp2, Integer> end) {
		return end;
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource("ends")
	void leavesBodiesOfOthersAloneWhenOneEndsHalfWay(String how, BiConsumer<RawHttp2, Integer> end) {
		int subscribed = this.server.handlers().subscribed();
		try (RawHttp2 client = new RawHttp2(this.server.connect())) {
			client.request(1, "POST", "/mirror", true);
			await().until(() -> this.server.handlers().subscribed() == subscribed + 1);
			client.request(3, "POST", "/mirror", true);
			await().until(() -> this.server.handlers().subscribed() == subscribed + 2);
			ByteArrayOutputStream together = new ByteArrayOutputStream();
			for (String part : new String[] { "one", "and", "two" }) {
				together.writeBytes(data(1, part));
				together.writeBytes(data(1, ""));
				together.writeBytes(data(3, part));
			}
			client.client().write(together.toByteArray());
			end.accept(client, 1);
			client.ping();
			assertThat(client.await(RawHttp2.PING, 0)).isNotNull();
			client.frame(RawHttp2.DATA, RawHttp2.END_STREAM, 3, new byte[0]);
			Frame answer = client.answer(3);
			assertThat(answer.type()).isEqualTo(RawHttp2.HEADERS);
			assertThat(answer.status()).isEqualTo(200);
			Frame body = client.await(RawHttp2.DATA, 3);
			assertThat(body).as("body").isNotNull();
			assertThat(StandardCharsets.US_ASCII.decode(body.payload()).toString()).isEqualTo("oneandtwo");
		}
		this.server.awaitQuiet();
	}

	@Test
	void framesOfUnknownTypesAreNoPartOfABody() {
		try (RawHttp2 client = new RawHttp2(this.server.connect())) {
			client.request(1, "POST", "/upload", true)
				.data(1, 5, false)
				.frame(UNKNOWN, 0, 1, new byte[7])
				.frame(RawHttp2.PRIORITY, 0, 1, new byte[] { 0, 0, 0, 0, 15 })
				.data(1, 5, true);
			assertThat(client.answer(1).status()).isEqualTo(200);
			assertThat(text(client.await(RawHttp2.DATA, 1))).isEqualTo("received 10");
		}
	}

	@Test
	void framesOfUnknownTypesAreNotKeptForWhoeverReadsTheBody() {
		int subscribed = this.server.handlers().subscribed();
		try (RawHttp2 client = new RawHttp2(this.server.connect())) {
			client.request(1, "POST", "/ignores-body", true);
			await().until(() -> this.server.handlers().subscribed() == subscribed + 1);
			long before = direct();
			client.frames(1000, UNKNOWN, 0, 1, new byte[16_000]).ping();
			assertThat(client.await(RawHttp2.PING, 0)).isNotNull();
			assertThat(direct() - before).isLessThan(8_000_000);
		}
		this.server.awaitQuiet();
	}

	static Stream<Arguments> leaves() {
		return Stream.of(Arguments.of("reset", end((client, stream) -> client.reset(stream))),
				Arguments.of("disconnect", end((client, stream) -> client.client().reset())),
				Arguments.of("close", end((client, stream) -> client.close())));
	}

	// Of whatever part of the body the handler has not asked for.
	@ParameterizedTest(name = "{0}")
	@MethodSource("leaves")
	void aClientThatLeavesIsHeardAlthoughItsBodyIsNotRead(String how, BiConsumer<RawHttp2, Integer> leave) {
		int subscribed = this.server.handlers().subscribed();
		int cancelled = this.server.handlers().cancelled();
		try (RawHttp2 client = new RawHttp2(this.server.connect())) {
			client.request(1, "POST", "/ignores-body", true);
			await().until(() -> this.server.handlers().subscribed() == subscribed + 1);
			for (int i = 0; i < 3; i++) {
				client.data(1, 100, false).ping();
				assertThat(client.await(RawHttp2.PING, 0)).isNotNull();
			}
			leave.accept(client, 1);
			await().untilAsserted(() -> assertThat(this.server.handlers().cancelled()).isEqualTo(cancelled + 1));
		}
		this.server.awaitQuiet();
	}

	@Test
	void aStreamThatTheServerResetsIsForgottenAlthoughItsBodyIsNotRead() {
		try (TestServer server = TestServer.start("server.http2.enabled=true",
				"server.hardening.response.timeout=2s")) {
			server.warmUp();
			try (RawHttp2 client = new RawHttp2(server.connect())) {
				client.request(1, "GET", "/stall", true);
				assertThat(client.answer(1).status()).isEqualTo(200);
				for (int i = 0; i < 3; i++) {
					client.data(1, 100, false).ping();
					assertThat(client.await(RawHttp2.PING, 0)).isNotNull();
				}
				assertThat(server.bean(MeterRegistry.class)
					.get("http.server.requests.active")
					.longTaskTimer()
					.activeTasks()).isEqualTo(1);
				assertThat(client.await(RawHttp2.RST_STREAM, 1)).isNotNull();
				await().untilAsserted(() -> assertThat(server.bean(MeterRegistry.class)
					.get("http.server.requests.active")
					.longTaskTimer()
					.activeTasks()).isZero());
			}
		}
	}

	@Test
	void aBodyIsNotTooSlowThatThereIsNoRoomFor() {
		try (TestServer server = TestServer.start("test.clock-speed=4", "server.http2.enabled=true",
				"server.hardening.request.rate-grace=2s")) {
			server.warmUp();
			try (RawHttp2 client = new RawHttp2(server.connect())) {
				client.request(1, "POST", "/upload", true).data(1, 10, false);
				client.request(3, "POST", "/ignores-body", true).ping();
				assertThat(client.await(RawHttp2.PING, 0)).isNotNull();
				// All that the connection takes, but for ten bytes.
				for (int i = 0; i < 5; i++) {
					client.data(3, 13_103, false);
				}
				client.request(5, "GET", "/slow?ms=1500", false);
				assertThat(client.answer(5).status()).isEqualTo(200);
				client.reset(3).data(1, 10, true);
				assertThat(client.answer(1).status()).isEqualTo(200);
				assertThat(text(client.await(RawHttp2.DATA, 1))).isEqualTo("received 20");
			}
		}
	}

	private static long direct() {
		return PooledByteBufAllocator.DEFAULT.metric()
			.directArenas()
			.stream()
			.mapToLong(PoolArenaMetric::numActiveBytes)
			.sum();
	}

	private static String text(Frame data) {
		return StandardCharsets.US_ASCII.decode(data.payload()).toString();
	}

	private static byte[] data(int stream, String text) {
		return RawHttp2.bytes(RawHttp2.DATA, 0, stream, text.getBytes(StandardCharsets.US_ASCII));
	}

}
