package io.serverhardening.connection;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.serverhardening.testing.RawClient;
import io.serverhardening.testing.ServerSetting;
import io.serverhardening.testing.TestServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Frames of a WebSocket that cost the server more than they should.
 */
@ExtendWith(OutputCaptureExtension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WebSocketFramesIT {

	private static final String ASK = String.join("\r\n", "GET /echo HTTP/1.1", "Host: test", "Upgrade: websocket",
			"Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "", "");

	/** With a mask that changes nothing. */
	private static final String PING = "\u0089\u0081\0\0\0\0a";

	private static final String PONG = "\u008a\u0001a";

	private static final String BEGINNING = "\u0001\u0081\0\0\0\0a";

	private TestServer server;

	@BeforeAll
	void start() {
		this.server = TestServer.start(List.of(Flushes.class));
		this.server.warmUp();
	}

	@AfterAll
	void stop() {
		this.server.close();
	}

	private RawClient upgrade() {
		RawClient client = this.server.connect();
		client.write(ASK);
		client.header("upgrade");
		return client;
	}

	private static String read(RawClient client, int size) {
		return new String(client.bytes(size), StandardCharsets.ISO_8859_1);
	}

	@Test
	void answersToPingsThatComeTogetherAreSentTogether() {
		AtomicInteger flushes = this.server.bean(AtomicInteger.class);
		try (RawClient client = upgrade()) {
			int before = flushes.get();
			client.write(PING.repeat(2000));
			assertThat(read(client, PONG.length() * 2000)).isEqualTo(PONG.repeat(2000));
			assertThat(flushes.get() - before).as("flushes").isLessThan(500);
		}
	}

	@Test
	void aPingIsAnsweredAlthoughNothingFollowsIt() {
		try (RawClient client = upgrade()) {
			for (int i = 0; i < 3; i++) {
				client.write(PING);
				assertThat(read(client, PONG.length())).isEqualTo(PONG);
			}
		}
	}

	@Test
	void aClientThatLeavesInTheMidstOfAMessageIsNoLineEach(CapturedOutput output) {
		int before = output.getAll().length();
		for (int i = 0; i < 10; i++) {
			try (RawClient client = upgrade()) {
				client.write(BEGINNING + PING);
				assertThat(read(client, PONG.length())).isEqualTo(PONG);
			}
		}
		await().until(() -> this.server.connections().openCount() == 0);
		assertThat(output.getAll().substring(before)).doesNotContain("ERROR").doesNotContain("PrematureChannelClosure");
	}

	/**
	 * Counts what is sent to the sockets.
	 */
	@Configuration(proxyBeanMethods = false)
	static class Flushes {

		@Bean
		AtomicInteger flushes() {
			return new AtomicInteger();
		}

		@Bean
		ServerSetting counting(AtomicInteger flushes) {
			return (server) -> server.doOnChannelInit(
					(observer, channel, address) -> channel.pipeline().addFirst(new ChannelOutboundHandlerAdapter() {

						@Override
						public void flush(ChannelHandlerContext context) {
							flushes.incrementAndGet();
							context.flush();
						}

					}));
		}

	}

}
