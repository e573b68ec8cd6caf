package io.serverhardening.connection;

import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.serverhardening.internal.CloseReason;
import io.serverhardening.internal.RequestChannel;

/**
 * Watches the pings of a WebSocket's client. Reactor Netty answers each of them, whether
 * or not its client reads the answers; and reads on after each, whether or not anybody
 * has asked for the messages that come between them, which it keeps.
 */
final class WebSocketPings extends ChannelDuplexHandler {

	private static final String NAME = "serverHardeningPings";

	/** How many pings come between two looks. */
	private static final int PINGS = 1024;

	/** How many writes may wait for the client then: as many as on HTTP/2. */
	private static final int MAX_WAITING = 5000;

	/** What may come of messages that nobody has asked for. */
	private static final int MAX_UNASKED_BYTES = 64 * 1024;

	private final ConnectionHandler connection;

	private int pings;

	private int unasked;

	/** Whether a ping is being answered. */
	private boolean answering;

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
			this.answering = true;
			context.fireChannelRead(message);
			this.answering = false;
			pinged(context.channel());
		}
		else {
			if (message instanceof WebSocketFrame frame) {
				boolean asked = context.channel().config().isAutoRead();
				this.unasked = asked ? 0 : this.unasked + frame.content().readableBytes();
			}
			context.fireChannelRead(message);
		}
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
		if (!this.answering || this.unasked <= MAX_UNASKED_BYTES) {
			context.read();
		}
	}

}
