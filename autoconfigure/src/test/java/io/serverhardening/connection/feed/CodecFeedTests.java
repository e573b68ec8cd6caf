package io.serverhardening.connection.feed;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

class CodecFeedTests {

	@ParameterizedTest
	@ValueSource(longs = { 1, 2, 3, 4, 5, 6, 7, 8 })
	void givesTheBytesInTheirOrderHoweverTheyCameAndWhereverItHolds(long seed) {
		Random random = new Random(seed);
		for (int round = 0; round < 50; round++) {
			List<String> sent = new ArrayList<>();
			StringBuilder wire = new StringBuilder();
			for (int i = 0; i < 60; i++) {
				String body = "b".repeat(random.nextInt(4) * 300);
				sent.add("/" + i + " " + body.length());
				wire.append("POST /").append(i).append(" HTTP/1.1\r\nHost: x\r\n");
				boolean counted = random.nextBoolean() || body.isEmpty();
				wire.append(counted ? "Content-Length: " + body.length() + "\r\n\r\n" + body
						: "Transfer-Encoding: chunked\r\n\r\n" + Integer.toHexString(body.length()) + "\r\n" + body
								+ "\r\n0\r\n\r\n");
			}
			assertThat(new Connection(random).play(wire.toString())).as("seed " + seed + ", round " + round)
				.isEqualTo(sent);
		}
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void keepsNothingAndDecodesNothingOnceItsConnectionHasEndedInTheMidstOfIt(boolean holds) {
		List<ByteBuf> received = new ArrayList<>();
		List<String> seen = new ArrayList<>();
		CodecFeed feed = new CodecFeed(new Connection(new Random(1)));
		EmbeddedChannel channel = new EmbeddedChannel(new ChannelInboundHandlerAdapter(), new HttpRequestDecoder(),
				new ChannelInboundHandlerAdapter() {

					@Override
					public void channelRead(ChannelHandlerContext context, Object message) {
						if (message instanceof DefaultHttpRequest request) {
							seen.add(request.uri());
							if (holds) {
								feed.holdAll();
							}
							feed.discard();
						}
						ReferenceCountUtil.release(message);
					}

				});
		// As much as is given at once.
		String request = "GET /1 HTTP/1.1\r\nHost: x\r\nX-Long: " + "x".repeat(4096 - 38) + "\r\n\r\n";
		for (String wire : new String[] { request + request.replace("/1", "/2"), request }) {
			ByteBuf bytes = Unpooled.copiedBuffer(wire, StandardCharsets.US_ASCII);
			received.add(bytes);
			feed.take(channel.pipeline().firstContext(), bytes);
		}
		channel.finishAndReleaseAll();
		assertThat(seen).containsExactly("/1");
		assertThat(received).allMatch((bytes) -> bytes.refCnt() == 0);
	}

	/**
	 * A connection that gets several buffers at once, as TLS has it, and holds now and
	 * then.
	 */
	private static final class Connection extends ChannelInboundHandlerAdapter implements CodecState {

		private final Random random;

		private final CodecFeed feed = new CodecFeed(this);

		private final List<String> seen = new ArrayList<>();

		private boolean inBody;

		private String uri = "";

		private int bytes;

		Connection(Random random) {
			this.random = random;
		}

		List<String> play(String wire) {
			EmbeddedChannel channel = new EmbeddedChannel(new ChannelInboundHandlerAdapter(), new HttpRequestDecoder(),
					this);
			ChannelHandlerContext context = channel.pipeline().firstContext();
			int from = 0;
			while (from < wire.length() || this.feed.isHolding()) {
				for (int i = this.random.nextInt(5); i > 0 && from < wire.length(); i--) {
					int to = Math.min(wire.length(), from + 1 + this.random.nextInt(2000));
					ByteBuf record = Unpooled.copiedBuffer(wire.substring(from, to), StandardCharsets.US_ASCII);
					this.feed.take(context, record);
					from = to;
				}
				this.feed.resume(context);
			}
			channel.finishAndReleaseAll();
			return this.seen;
		}

		@Override
		public void channelRead(ChannelHandlerContext context, Object message) {
			if (message instanceof DefaultHttpRequest request) {
				this.uri = request.decoderResult().isSuccess() ? request.uri() : "malformed";
				this.bytes = 0;
				this.inBody = true;
				if (this.random.nextInt(3) == 0) {
					this.feed.hold();
				}
			}
			if (message instanceof HttpContent content) {
				this.bytes += content.content().readableBytes();
				if (this.random.nextInt(5) == 0) {
					this.feed.hold();
				}
			}
			if (message instanceof LastHttpContent) {
				this.inBody = false;
				this.seen.add(this.uri + " " + this.bytes);
			}
			ReferenceCountUtil.release(message);
		}

		@Override
		public boolean isLeaving() {
			return false;
		}

		@Override
		public void reads(ByteBuf part) {
			// Of interest to nobody here.
		}

		@Override
		public boolean isInBody() {
			return this.inBody;
		}

	}

}
