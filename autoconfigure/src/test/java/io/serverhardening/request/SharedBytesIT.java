package io.serverhardening.request;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.serverhardening.testing.RawClient;
import io.serverhardening.testing.RawHttp2;
import io.serverhardening.testing.ServerSetting;
import io.serverhardening.testing.TestServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * The bytes of a body share a buffer with what the codec still has. Spring releases those
 * of a body that is given up more than once.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SharedBytesIT {

	private static final String MARK = "marked";

	private TestServer server;

	private Keeping kept;

	@BeforeAll
	void start() {
		this.server = TestServer.start(List.of(Keeping.class), "server.http2.enabled=true", "test.clock-speed=5",
				"server.hardening.request.rate-grace=1s");
		this.server.warmUp();
		this.kept = this.server.bean(Keeping.class);
	}

	@AfterAll
	void stop() {
		this.server.close();
	}

	// Who looks is the only one that still has them.
	private void whatTheCodecHasIsLeftToIt() {
		this.server.awaitQuiet();
		await().untilAsserted(() -> assertThat(this.kept.buffers).singleElement()
			.satisfies((buffer) -> assertThat(buffer.refCnt()).isLessThanOrEqualTo(1)));
		ByteBuf buffer = this.kept.buffers.remove();
		assertThat(buffer.refCnt()).as("who still has the bytes").isOne();
		buffer.release();
	}

	private static String begun(String path) {
		// The codec keeps the beginning of the next size.
		return "POST " + path + " HTTP/1.1\r\nHost: test\r\nContent-Type: text/plain\r\n"
				+ "Transfer-Encoding: chunked\r\n\r\n6\r\n" + MARK + "\r\n0";
	}

	@ParameterizedTest
	@ValueSource(strings = { "/upload", "/mirror" })
	void aRefusedBodyIsReleasedOnce(String path) {
		try (RawClient client = this.server.connect()) {
			assertThat(client.write(begun(path)).response().status()).isEqualTo(408);
			client.end();
		}
		whatTheCodecHasIsLeftToIt();
	}

	@ParameterizedTest
	@ValueSource(strings = { "/upload", "/mirror" })
	void aBodyWhoseClientLeavesIsReleasedOnce(String path) {
		try (RawClient client = this.server.connect()) {
			client.write(begun(path));
			await().until(() -> !this.kept.buffers.isEmpty());
		}
		whatTheCodecHasIsLeftToIt();
	}

	@ParameterizedTest
	@ValueSource(strings = { "/upload", "/mirror" })
	void theBodyOfAStreamIsReleasedOnce(String path) {
		try (RawHttp2 client = new RawHttp2(this.server.connect())) {
			client.request(1, "POST", path, true).frame(RawHttp2.DATA, 0, 1, MARK.getBytes(StandardCharsets.US_ASCII));
			assertThat(client.answer(1).status()).isEqualTo(408);
		}
		whatTheCodecHasIsLeftToIt();
	}

	/**
	 * Keeps the buffers that were read and have the mark.
	 */
	@Configuration(proxyBeanMethods = false)
	static class Keeping {

		private final Queue<ByteBuf> buffers = new ConcurrentLinkedQueue<>();

		@Bean
		ServerSetting keepingBuffers() {
			Keeper keeper = new Keeper(this.buffers);
			return (server) -> server
				.doOnChannelInit((observer, channel, address) -> channel.pipeline().addFirst(keeper));
		}

	}

	@Sharable
	private static final class Keeper extends ChannelInboundHandlerAdapter {

		private final Queue<ByteBuf> buffers;

		Keeper(Queue<ByteBuf> buffers) {
			this.buffers = buffers;
		}

		@Override
		public void channelRead(ChannelHandlerContext context, Object message) {
			if (message instanceof ByteBuf bytes && bytes.toString(StandardCharsets.ISO_8859_1).contains(MARK)) {
				this.buffers.add(bytes.retain());
			}
			context.fireChannelRead(message);
		}

	}

}
