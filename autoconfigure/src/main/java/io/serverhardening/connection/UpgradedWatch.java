package io.serverhardening.connection;

import java.nio.charset.StandardCharsets;
import java.util.function.LongSupplier;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocket08FrameEncoder;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.serverhardening.connection.http1.HttpMessages;
import io.serverhardening.connection.timeline.ConnectionTimeline;

/**
 * Listens to a WebSocket or an event stream that may be silent only for so long, and asks
 * whether the other side of a WebSocket is still there.
 */
final class UpgradedWatch {

	private static final int CLOSE_FRAME = 0x88;

	private static final ByteBuf PING = Unpooled
		.unreleasableBuffer(Unpooled.copiedBuffer("server-hardening", StandardCharsets.US_ASCII).asReadOnly());

	private final Channel channel;

	private final ConnectionTimeline timeline;

	private final LongSupplier bytes;

	/** What had come and gone by the last look. */
	private long heard;

	/**
	 * Create the watch.
	 * @param channel the connection
	 * @param timeline its clocks
	 * @param bytes what has come and gone in all
	 */
	UpgradedWatch(Channel channel, ConnectionTimeline timeline, LongSupplier bytes) {
		this.channel = channel;
		this.timeline = timeline;
		this.bytes = bytes;
	}

	/**
	 * Look whether anything has come or gone, and ask where nothing has for too long.
	 * @param now the time
	 */
	void listen(long now) {
		if (this.heard != this.bytes.getAsLong()) {
			this.timeline.stirred(now);
		}
		else if (this.timeline.isPingDue(now)) {
			ping();
		}
		// After a ping, which is no sign of life.
		this.heard = this.bytes.getAsLong();
	}

	@SuppressWarnings("FutureReturnValueIgnored")
	private void ping() {
		ChannelHandlerContext messages = this.channel.pipeline().context(HttpMessages.class);
		if (messages != null && this.channel.pipeline().get(WebSocket08FrameEncoder.class) != null) {
			messages.writeAndFlush(new PingWebSocketFrame(PING.duplicate()));
		}
	}

	/**
	 * Whether a pong answers a ping of ours.
	 * @param content what it says
	 * @return {@code true} if the application has not asked for it
	 */
	static boolean isOwnPong(ByteBuf content) {
		return ByteBufUtil.equals(content, PING);
	}

	/**
	 * Whether this is the frame with which a WebSocket ends because of what the client
	 * sent.
	 * @param frame what is written
	 * @return {@code true} if it says what was wrong
	 */
	static boolean isComplaint(ByteBuf frame) {
		int start = frame.readerIndex();
		if (frame.readableBytes() < 4 || frame.getUnsignedByte(start) != CLOSE_FRAME) {
			return false;
		}
		int status = frame.getUnsignedShort(start + 2);
		return status == WebSocketCloseStatus.PROTOCOL_ERROR.code()
				|| status == WebSocketCloseStatus.INVALID_PAYLOAD_DATA.code()
				|| status == WebSocketCloseStatus.MESSAGE_TOO_BIG.code();
	}

}
