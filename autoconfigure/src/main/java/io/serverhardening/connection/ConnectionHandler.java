package io.serverhardening.connection;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.util.ReferenceCountUtil;
import io.serverhardening.connection.feed.CodecFeed;
import io.serverhardening.connection.feed.PipelineBrake;
import io.serverhardening.connection.http1.MalformedAnswer;
import io.serverhardening.connection.http2.FrameWatch;
import io.serverhardening.connection.registry.Connections;
import io.serverhardening.connection.registry.OpenConnection;
import io.serverhardening.connection.timeline.ConnectionPhase;
import io.serverhardening.connection.timeline.ConnectionPolicy;
import io.serverhardening.connection.timeline.ConnectionState;
import io.serverhardening.connection.timeline.ConnectionTimeline;
import io.serverhardening.internal.channel.CloseReason;
import io.serverhardening.internal.channel.Wire;
import io.serverhardening.internal.time.LoopClock;
import io.serverhardening.internal.time.Registration;
import org.jspecify.annotations.Nullable;
import reactor.netty.channel.AbortedException;

/**
 * One connection, between TLS and the HTTP codec: counts its bytes, gives them to the
 * codec, and has carried out what its {@link ConnectionTimeline} finds. All of it happens
 * on the connection's event loop.
 * <p>
 * {@link ConnectionExchanges} is told what the bytes meant, {@link PipelineBrake} holds
 * back what comes too soon, {@link FrameWatch} follows the frames of HTTP/2,
 * {@link UpgradedWatch} listens to what may be silent, and {@link ConnectionEnding} ends
 * it.
 */
final class ConnectionHandler extends ChannelDuplexHandler
		implements Wire, OpenConnection, LoopClock.Member, ChannelFutureListener {

	private final Connections connections;

	private final LoopClock clock;

	private final Registration registration;

	private final ByteCounts counts;

	private final Channel channel;

	private final ConnectionTimeline timeline;

	private final FrameWatch frames;

	private final PipelineBrake brake;

	private final UpgradedWatch upgraded;

	private final ConnectionEnding ending;

	private final ConnectionExchanges exchanges;

	private final HandshakeWatch handshake;

	private @Nullable ChannelHandlerContext context;

	/** Whether a response's pace has been looked at since the last tick. */
	private boolean watched;

	ConnectionHandler(Channel channel, Connections connections, ConnectionPolicy policy, LoopClock clock,
			boolean secured, boolean limitsResets) {
		this.channel = channel;
		this.connections = connections;
		this.clock = clock;
		this.timeline = new ConnectionTimeline(policy, secured, clock.now());
		this.counts = new ByteCounts(connections.opened(this, clock));
		this.registration = clock.register(this);
		this.frames = new FrameWatch(connections, this.timeline, limitsResets);
		this.brake = new PipelineBrake(channel, this.timeline, this.frames, policy,
				() -> MalformedAnswer.chunk(channel, connections));
		this.upgraded = new UpgradedWatch(channel, this.timeline, this.counts::total);
		this.ending = new ConnectionEnding(channel, connections, clock, this.registration, this.timeline, this.frames,
				this.brake);
		this.exchanges = new ConnectionExchanges(this, channel, connections, policy, clock, this.timeline, this.frames,
				this.brake, this.ending);
		this.handshake = new HandshakeWatch(channel, connections, clock, this.timeline, this.ending, this.exchanges);
		channel.attr(Wire.KEY).set(this);
	}

	@Override
	public void handlerAdded(ChannelHandlerContext context) {
		this.context = context;
		this.brake.added(context);
		context.channel().closeFuture().addListener(this);
	}

	@Override
	public void operationComplete(ChannelFuture closed) {
		this.registration.cancel();
		this.brake.discard();
		this.connections.closed(this, this.ending.reason());
	}

	@Override
	public long written() {
		return this.counts.written();
	}

	@Override
	public LoopClock clock() {
		return this.clock;
	}

	@Override
	public void watched() {
		this.watched = true;
	}

	@Override
	public void closing(CloseReason reason) {
		this.ending.because(reason);
	}

	@Override
	public void closingUnguarded(CloseReason reason) {
		this.ending.becauseUnguarded(reason);
	}

	ConnectionExchanges exchanges() {
		return this.exchanges;
	}

	ConnectionEnding ending() {
		return this.ending;
	}

	@Nullable ChannelHandlerContext context() {
		return this.context;
	}

	int pieces() {
		return this.counts.pieces();
	}

	@Override
	public ConnectionState state() {
		return this.timeline.state();
	}

	@Override
	public void tick(long charged) {
		long now = this.clock.now();
		boolean between = this.timeline.isBetween();
		this.frames.tick(now);
		// A response of HTTP/1.1 that is under way has a clock of its own.
		boolean timed = this.frames.isHttp2() || between;
		this.timeline.sent(this.counts.written(), timed ? Wire.unsent(this.channel) : 0, this.watched, now);
		this.watched = false;
		if (between) {
			this.brake.readAgain();
		}
		else if (this.timeline.isTimedBySilence()) {
			this.upgraded.listen(now);
		}
		CloseReason expired = this.timeline.expired(now);
		if (expired != null) {
			this.ending.expire(expired, this.context);
		}
	}

	@Override
	public void channelRead(ChannelHandlerContext context, Object message) {
		if (!(message instanceof ByteBuf bytes)) {
			context.fireChannelRead(message);
			return;
		}
		int size = bytes.readableBytes();
		this.frames.read(bytes, this.counts.read() == 0, this.clock.now());
		this.counts.read(size);
		this.brake.stirred();
		if (this.timeline.isLeaving()) {
			bytes.release();
		}
		else if (this.frames.isHttp2()
				|| (this.timeline.phase() == ConnectionPhase.UPGRADED && !this.brake.isHolding())) {
			context.fireChannelRead(bytes);
		}
		else {
			if (!CodecFeed.isBlank(bytes)) {
				this.timeline.bytesRead(this.clock.now());
			}
			this.brake.take(context, bytes);
		}
	}

	@Override
	public void read(ChannelHandlerContext context) {
		this.brake.read(context);
	}

	@Override
	@SuppressWarnings("FutureReturnValueIgnored")
	public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
		if (this.timeline.phase() == ConnectionPhase.LINGERING) {
			ReferenceCountUtil.release(message);
			// The one exception of which neither Reactor Netty nor Spring makes an error.
			promise.tryFailure(new AbortedException("The connection is being closed"));
			return;
		}
		boolean flood = false;
		if (message instanceof ByteBuf bytes) {
			this.exchanges.writes(bytes);
			flood = this.frames.write(bytes, this.clock.now());
		}
		this.counts.written(message);
		context.write(message, promise);
		if (flood) {
			this.frames.failFlood();
		}
	}

	@Override
	public void userEventTriggered(ChannelHandlerContext context, Object event) {
		this.handshake.happened(context, event);
	}

	@Override
	public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
		if (!this.handshake.fails(cause)) {
			context.fireExceptionCaught(cause);
		}
	}

	@Override
	public void close(ChannelHandlerContext context, ChannelPromise promise) {
		this.ending.close(context, promise);
	}

	@Override
	public String toString() {
		return this.channel.remoteAddress() + ", " + this.timeline.requests() + " requests, " + this.counts + ", "
				+ (this.frames.isHttp2() ? "HTTP/2" : "HTTP/1.1");
	}

}
