package io.serverhardening.connection;

import java.nio.charset.StandardCharsets;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoop;
import io.serverhardening.connection.feed.PipelineBrake;
import io.serverhardening.connection.http1.HttpMessages;
import io.serverhardening.connection.http1.PipelinedConnection;
import io.serverhardening.connection.http2.FrameWatch;
import io.serverhardening.connection.http2.Http2Messages;
import io.serverhardening.connection.http2.MultiplexedConnection;
import io.serverhardening.connection.registry.Connections;
import io.serverhardening.connection.registry.HeadFault;
import io.serverhardening.connection.timeline.ConnectionPhase;
import io.serverhardening.connection.timeline.ConnectionPolicy;
import io.serverhardening.connection.timeline.ConnectionTimeline;
import io.serverhardening.internal.channel.CloseReason;
import io.serverhardening.internal.time.LoopClock;
import reactor.netty.channel.AbortedException;

/**
 * The requests and responses of one connection. {@link HttpMessages} and
 * {@link Http2Messages}, behind the codec, tell it what the bytes meant, and it tells the
 * clocks, the brake and what ends the connection.
 */
final class ConnectionExchanges implements PipelinedConnection, MultiplexedConnection {

	private static final ByteBuf CONTINUE = Unpooled.unreleasableBuffer(
			Unpooled.copiedBuffer("HTTP/1.1 100 Continue\r\n\r\n", StandardCharsets.US_ASCII).asReadOnly());

	private final ConnectionHandler handler;

	private final Channel channel;

	private final Connections connections;

	private final ConnectionPolicy policy;

	private final LoopClock clock;

	private final ConnectionTimeline timeline;

	private final FrameWatch frames;

	private final PipelineBrake brake;

	private final ConnectionEnding ending;

	/** Whether it is the application that ends its WebSocket. */
	private boolean goodbye;

	ConnectionExchanges(ConnectionHandler handler, Channel channel, Connections connections, ConnectionPolicy policy,
			LoopClock clock, ConnectionTimeline timeline, FrameWatch frames, PipelineBrake brake,
			ConnectionEnding ending) {
		this.handler = handler;
		this.channel = channel;
		this.connections = connections;
		this.policy = policy;
		this.clock = clock;
		this.timeline = timeline;
		this.frames = frames;
		this.brake = brake;
		this.ending = ending;
	}

	/**
	 * Watch the messages of the connection, unless its protocol is still unknown.
	 */
	void install() {
		HttpMessages.install(this.channel, this, this.policy);
		Http2Messages.install(this.channel, this, this.policy.strict());
	}

	@Override
	public PipelineBrake brake() {
		return this.brake;
	}

	@Override
	public FrameWatch frames() {
		return this.frames;
	}

	@Override
	public long now() {
		return this.clock.now();
	}

	@Override
	public int outstanding() {
		return this.timeline.outstanding();
	}

	@Override
	public boolean isResponding() {
		return this.timeline.isResponding();
	}

	@Override
	public boolean isLastOfAll() {
		Channel server = this.channel.parent();
		return this.timeline.outstanding() == 1 && server != null && !server.isOpen();
	}

	@Override
	public void requestBegun() {
		this.timeline.requestBegun(this.clock.now());
		this.brake.requestBegun();
	}

	@Override
	public void requestRead() {
		this.timeline.requestRead(this.brake.requestRead(), this.clock.now());
	}

	@Override
	public void responseBegun(boolean last, boolean eventStream) {
		this.timeline.responseBegun(last, eventStream, this.clock.now());
	}

	@Override
	public void responseDone() {
		this.timeline.responseDone(this.clock.now());
		this.brake.responseDone();
	}

	@Override
	public void upgraded(ChannelPromise promise) {
		boolean timed = !this.policy.upgradedIdleTimeout().isNone();
		this.timeline.upgraded(this.clock.now());
		this.brake.readOnDemand();
		WebSocketPings.install(this.channel, this.ending, timed);
		if (!timed) {
			this.ending.stopClock();
		}
		// When the handlers of the new protocol are in place, and Reactor Netty is, too:
		// both have listeners of their own, which may be put off by a turn.
		EventLoop loop = this.channel.eventLoop();
		promise.addListener((sent) -> loop.execute(() -> loop.execute(this.brake::passOn)));
	}

	@Override
	public void saysGoodbye() {
		this.goodbye = true;
	}

	/**
	 * Something is being written to the client.
	 * @param bytes what, which are left as they are
	 */
	void writes(ByteBuf bytes) {
		if (this.timeline.phase() == ConnectionPhase.UPGRADED && !this.goodbye && UpgradedWatch.isComplaint(bytes)) {
			// The codec writes it and closes at once, and says why only afterwards.
			closing(CloseReason.MALFORMED);
		}
	}

	@Override
	public void becomesHttp2(ChannelHandlerContext context, ChannelDuplexHandler messages) {
		Http2Messages.takeOver(context, messages, this, this.policy.strict());
	}

	/**
	 * Tell the client to go on, past the codec. The codec up to Netty 4.1.135 takes any
	 * answer, this one too, for the last one to a request: the next would be framed as if
	 * it were the answer to the request after it, and have no body if that is a HEAD
	 * (netty#17181).
	 * @param promise when it is written
	 */
	@Override
	public void writeContinue(ChannelPromise promise) {
		if (isResponding() || outstanding() == 0) {
			// A handler on another thread reads late: its answer has begun.
			promise.trySuccess();
			return;
		}
		ChannelHandlerContext context = this.handler.context();
		if (context == null) {
			return;
		}
		ChannelPromise written = context.newPromise();
		written.addListener((done) -> {
			if (done.isSuccess()) {
				promise.trySuccess();
			}
			else {
				// The client has gone. Under another name the handler that reads its body
				// would have failed, and be logged with its stack.
				promise.tryFailure(new AbortedException(done.cause()));
			}
		});
		this.handler.write(context, CONTINUE.duplicate(), written);
	}

	@Override
	public void malformed(HeadFault fault) {
		this.connections.malformed(fault);
	}

	@Override
	public void closing(CloseReason reason) {
		this.ending.because(reason);
	}

	@Override
	public void leave(CloseReason reason) {
		this.ending.leave(reason);
	}

	@Override
	public void streamOpened() {
		this.timeline.streamOpened(this.clock.now());
	}

	@Override
	public void streamClosed() {
		this.timeline.streamClosed(this.clock.now());
	}

	@Override
	public void goingAway(long code) {
		this.ending.goingAway(code);
	}

}
