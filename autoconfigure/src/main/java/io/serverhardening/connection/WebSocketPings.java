package io.serverhardening.connection;

import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.serverhardening.internal.CloseReason;
import io.serverhardening.internal.RequestChannel;

/**
 * Watches the pings of a WebSocket's client. Reactor Netty answers each of them, whether
 * or not its client reads the answers; and reads on after each, whether or not anybody
 * has asked for the messages that come between them, which it keeps. So does who puts
 * messages together, until it has a whole one.
 */
final class WebSocketPings extends ChannelDuplexHandler {

	private static final String NAME = "serverHardeningPings";

	/** How many pings come between two looks. */
	private static final int PINGS = 1024;

	/** How many writes may wait for the client then: as many as on HTTP/2. */
	private static final int MAX_WAITING = 5000;

	/** What may come of messages that nobody has asked for. */
	private static final int MAX_UNASKED_BYTES = 64 * 1024;

	/** What a message takes besides what it says, which may be nothing. */
	private static final int MESSAGE_BYTES = 128;

	private final ConnectionHandler connection;

	private int pings;

	private int unasked;

	private WebSocketPings(ConnectionHandler connection) {
		this.connection = connection;
	}

	/**
	 * Watch a connection that becomes a WebSocket.
	 * @param channel the connection
	 * @param connection whom to tell
	 */
	static void install(Channel channel, ConnectionHandler connection) {
		ChannelHandlerContext messages = channel.pipeline().context(HttpMessages.class);
		if (messages != null && channel.pipeline().get(NAME) == null) {
			channel.pipeline().addAfter(messages.name(), NAME, new WebSocketPings(connection));
		}
	}

	@Override
	public void channelRead(ChannelHandlerContext context, Object message) {
		if (message instanceof PingWebSocketFrame) {
			context.fireChannelRead(message);
			pinged(context.channel());
		}
		else if (message instanceof PongWebSocketFrame pong && this.connection.isOwnPong(pong.content())) {
			// The application has not asked, and is not to be answered.
			pong.release();
			read(context);
		}
		else {
			if (message instanceof WebSocketFrame frame) {
				this.unasked = isAsked(context.channel()) ? 0
						: this.unasked + MESSAGE_BYTES + frame.content().readableBytes();
			}
			context.fireChannelRead(message);
		}
	}

	private static boolean isAsked(Channel channel) {
		return channel.config().isAutoRead();
	}

	private void pinged(Channel channel) {
		this.pings++;
		if (this.pings % PINGS != 0) {
			return;
		}
		ChannelOutboundBuffer buffer = channel.unsafe().outboundBuffer();
		if (buffer != null && buffer.size() > MAX_WAITING) {
			this.connection.closingUnguarded(CloseReason.SLOW_READER);
			RequestChannel.reset(channel);
		}
	}

	@Override
	public void read(ChannelHandlerContext context) {
		if (this.unasked <= MAX_UNASKED_BYTES || isAsked(context.channel())) {
			context.read();
		}
	}

}
