package io.serverhardening.connection;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpRequest;
import io.serverhardening.testing.RawClient;
import io.serverhardening.testing.ServerSetting;
import io.serverhardening.testing.TestServer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.netty.NettyPipeline;

import org.springframework.context.annotation.Bean;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Netty's queues of pipelined requests (CVE-2026-100656, and CVE-2026-59899 with
 * compression) have no more in them than {@code connection.max-pipelined} lets through.
 */
class PipelinedFloodIT {

	private static final int REQUESTS = 5000;

	/** Those that may wait, and those in the same 4 KB as the last of them. */
	private static final int DECODED = 1 + 16 + 4096 / 34;

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void ofAFloodOfPipelinedRequestsFewAreDecoded(boolean compressed) {
		try (TestServer server = TestServer.start(List.of(Decoded.class), "server.compression.enabled=" + compressed,
				"server.hardening.response.timeout=none"); RawClient client = server.connect()) {
			AtomicInteger decoded = server.bean(AtomicInteger.class);
			client.write("GET /never HTTP/1.1\r\nHost: test\r\n\r\n");
			await().untilAsserted(() -> assertThat(decoded).hasValue(1));
			client.write("GET /fast HTTP/1.1\r\nHost: test\r\n\r\n".repeat(REQUESTS));
			await().untilAsserted(() -> assertThat(decoded).hasValueGreaterThan(16));
			// Whatever is decoded of these comes before what is asked after them.
			int others = 20;
			for (int i = 0; i < others; i++) {
				assertThat(server.get("/slow?ms=20").status()).isEqualTo(200);
			}
			assertThat(decoded.get() - others).isBetween(17, DECODED);
		}
	}

	/**
	 * Counts what the codec decodes.
	 */
	static class Decoded {

		@Bean
		AtomicInteger decoded() {
			return new AtomicInteger();
		}

		@Bean
		ServerSetting counting(AtomicInteger decoded) {
			return (server) -> server.doOnChannelInit((observer, channel, address) -> channel.pipeline()
				.addAfter(NettyPipeline.HttpCodec, "counting", new ChannelInboundHandlerAdapter() {

					@Override
					public void channelRead(ChannelHandlerContext context, Object message) {
						if (message instanceof HttpRequest) {
							decoded.incrementAndGet();
						}
						context.fireChannelRead(message);
					}

				}));
		}

	}

}
