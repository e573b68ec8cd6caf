package io.serverhardening.connection;

import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.handler.codec.PrematureChannelClosureException;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.serverhardening.connection.http1.HttpMessages;
import io.serverhardening.internal.channel.CloseReason;
import io.serverhardening.internal.channel.RequestChannel;
import reactor.netty.NettyPipeline;

/**
 * Watches the pings of a WebSocket's client. Reactor Netty answers each of them, whether
 * or not its client reads the answers, and by itself, which costs twenty times what
 * reading it does: the answers to what has come together are sent together. It reads on
 * after each, whether or not anybody has asked for the messages that come between them,
 * which it keeps. So does who puts messages together, until it has a whole one.
 */
final class WebSocketPings extends ChannelDuplexHandler {

	private static final String NAME = "serverHardeningPings";

	/** With this prefix Reactor Netty puts whoever puts messages together before it. */
	private static final String HALVES = NettyPipeline.RIGHT + "serverHardeningHalves";

	/** How many pings come between two looks. */
	private static final int PINGS = 1024;

	/** How many writes may wait for the client then: as many as on HTTP/2. */
	private static final int MAX_WAITING = 5000;

	/** What may come of messages that nobody has asked for. */
	private static final int MAX_UNASKED_BYTES = 64 * 1024;

	/** What a message takes besides what it says, which may be nothing. */
	private static final int MESSAGE_BYTES = 128;

	private final ConnectionEnding ending;

	/** Whether the other side is asked here if it is still there. */
	private final boolean asks;

	private int pings;

	private int unasked;

	/** Whether a ping is being answered. */
	private boolean answering;

	/** Whether answers are written that have not been sent. */
	private boolean answered;

	private WebSocketPings(ConnectionEnding ending, boolean asks) {
		this.ending = ending;
		this.asks = asks;
	}

	/**
	 * Watch a connection that becomes a WebSocket.
	 * @param channel the connection
	 * @param ending ends it
	 * @param asks whether the other side is asked here if it is still there
	 */
	static void install(Channel channel, ConnectionEnding ending, boolean asks) {
		ChannelHandlerContext messages = channel.pipeline().context(HttpMessages.class);
		if (messages != null && channel.pipeline().get(NAME) == null) {
			channel.pipeline().addAfter(messages.name(), NAME, new WebSocketPings(ending, asks));
			channel.pipeline().addBefore(NettyPipeline.ReactiveBridge, HALVES, new Halves());
		}
	}

	@Override
	public void channelRead(ChannelHandlerContext context, Object message) {
		if (message instanceof PingWebSocketFrame) {
			this.answering = true;
			try {
				context.fireChannelRead(message);
			}
			finally {
				this.answering = false;
			}
			pinged(context);
		}
		else if (message instanceof PongWebSocketFrame pong && isOwn(pong)) {
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

	private boolean isOwn(PongWebSocketFrame pong) {
		return this.asks && UpgradedWatch.isOwnPong(pong.content());
	}

	private static boolean isAsked(Channel channel) {
		return channel.config().isAutoRead();
	}

	@Override
	public void flush(ChannelHandlerContext context) {
		if (this.answering) {
			this.answered = true;
		}
		else {
			this.answered = false;
			context.flush();
		}
	}

	@Override
	public void channelReadComplete(ChannelHandlerContext context) {
		if (this.answered) {
			flush(context);
		}
		context.fireChannelReadComplete();
	}

	private void pinged(ChannelHandlerContext context) {
		this.pings++;
		if (this.pings % PINGS != 0) {
			return;
		}
		flush(context);
		Channel channel = context.channel();
		ChannelOutboundBuffer buffer = channel.unsafe().outboundBuffer();
		if (buffer != null && buffer.size() > MAX_WAITING) {
			this.ending.becauseUnguarded(CloseReason.SLOW_READER);
			RequestChannel.reset(channel);
		}
	}

	@Override
	public void read(ChannelHandlerContext context) {
		if (this.unasked <= MAX_UNASKED_BYTES || isAsked(context.channel())) {
			context.read();
		}
	}

	/**
	 * Drops what fails because the client has left in the midst of a message: it would be
	 * a line in the log for each, with a stack. Whoever reads the messages hears of the
	 * end as of any other.
	 */
	private static final class Halves extends ChannelInboundHandlerAdapter {

		@Override
		public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
			if (!(cause instanceof PrematureChannelClosureException)) {
				context.fireExceptionCaught(cause);
			}
		}

	}

}
