package io.serverhardening.connection;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

import javax.net.ssl.SSLException;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.channel.FileRegion;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.ReferenceCountUtil;
import io.serverhardening.connection.Connections.Handshake;
import io.serverhardening.internal.channel.CloseReason;
import io.serverhardening.internal.channel.Wire;
import io.serverhardening.internal.time.LoopClock;
import org.jspecify.annotations.Nullable;
import reactor.netty.NettyPipeline;
import reactor.netty.channel.AbortedException;

/**
 * One connection, between TLS and the HTTP codec: counts its bytes, gives them to the
 * codec, and has carried out what its {@link ConnectionTimeline} finds.
 * {@link HttpMessages} and {@link Http2Messages}, behind the codec, tell it what the
 * bytes meant. All of it happens on the connection's event loop.
 * <p>
 * {@link PipelineBrake} holds back what comes too soon, {@link FrameWatch} follows the
 * frames of HTTP/2, {@link UpgradedWatch} listens to what may be silent, and
 * {@link ConnectionEnding} ends it.
 */
final class ConnectionHandler extends ChannelDuplexHandler implements Wire, LoopClock.Member, ChannelFutureListener {

	private static final String NAME = "serverHardeningConnection";

	/** A second time, for what was still to come when the first was asked for. */
	private static final int LOOKS = 2;

	private static final ByteBuf CONTINUE = Unpooled.unreleasableBuffer(
			Unpooled.copiedBuffer("HTTP/1.1 100 Continue\r\n\r\n", StandardCharsets.US_ASCII).asReadOnly());

	private final Connections connections;

	private final ConnectionPolicy policy;

	private final LoopClock clock;

	private final LoopClock.Registration registration;

	private final Connections.Traffic traffic;

	private final Channel channel;

	private final ConnectionTimeline timeline;

	private final FrameWatch frames;

	private final PipelineBrake brake;

	private final UpgradedWatch upgraded;

	private final ConnectionEnding ending;

	private @Nullable ChannelHandlerContext context;

	/**
	 * How often a connection is to be read again once it is idle, after something was
	 * read or answered: what the server has yet to do may take the first back.
	 */
	private int looks;

	/** Whether a response's pace has been looked at since the last tick. */
	private boolean watched;

	/** Whether it is the application that ends its WebSocket. */
	private boolean goodbye;

	private long read;

	/** In how many pieces that came: with TLS, one a record. */
	private int pieces;

	private long written;

	ConnectionHandler(Channel channel, Connections connections, ConnectionPolicy policy, LoopClock clock,
			boolean secured, boolean limitsResets) {
		this.channel = channel;
		this.connections = connections;
		this.policy = policy;
		this.clock = clock;
		this.timeline = new ConnectionTimeline(policy, secured, clock.now());
		this.traffic = connections.opened(this, clock);
		this.registration = clock.register(this);
		this.frames = new FrameWatch(connections, this.timeline, limitsResets);
		this.brake = new PipelineBrake(channel, connections, this.timeline, this.frames, policy);
		this.upgraded = new UpgradedWatch(channel, this.timeline, () -> this.read + this.written);
		this.ending = new ConnectionEnding(channel, connections, clock, this.registration, this.timeline, this.frames,
				this.brake);
		channel.attr(Wire.KEY).set(this);
	}

	/**
	 * Put the watch on a connection, in front of whichever codec it has.
	 * @param channel the connection, initialized
	 * @param connections where it is counted
	 * @param policy its clocks
	 * @param clock the clock of its event loop
	 * @param limitsResets whether resets of its streams are limited here
	 */
	static void install(Channel channel, Connections connections, ConnectionPolicy policy, LoopClock clock,
			boolean limitsResets) {
		boolean secured = channel.pipeline().get(NettyPipeline.SslHandler) != null;
		ConnectionHandler handler = new ConnectionHandler(channel, connections, policy, clock, secured, limitsResets);
		String codec = codec(channel);
		if (codec != null) {
			channel.pipeline().addBefore(codec, NAME, handler);
		}
		else {
			channel.pipeline().addFirst(NAME, handler);
		}
		HttpMessages.install(channel, handler, policy);
		UpgradeGuard.install(channel, handler, policy);
		TlsRecords.install(channel, handler);
	}

	private static @Nullable String codec(Channel channel) {
		for (String name : new String[] { NettyPipeline.H2OrHttp11Codec, NettyPipeline.H2CUpgradeHandler,
				NettyPipeline.HttpCodec }) {
			if (channel.pipeline().get(name) != null) {
				return name;
			}
		}
		return null;
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
		return this.written;
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

	PipelineBrake brake() {
		return this.brake;
	}

	FrameWatch frames() {
		return this.frames;
	}

	ConnectionEnding ending() {
		return this.ending;
	}

	Connections connections() {
		return this.connections;
	}

	int outstanding() {
		return this.timeline.outstanding();
	}

	boolean isResponding() {
		return this.timeline.isResponding();
	}

	int pieces() {
		return this.pieces;
	}

	ConnectionState state() {
		return this.timeline.state();
	}

	long now() {
		return this.clock.now();
	}

	// --- clocks

	@Override
	public void tick(long charged) {
		long now = this.clock.now();
		ConnectionPhase phase = this.timeline.phase();
		if (this.frames.isHttp2()) {
			this.frames.tick(now);
			this.timeline.sent(this.written, Wire.unsent(this.channel), this.watched, now);
		}
		else {
			// A response that is under way has a clock of its own.
			this.timeline.sent(this.written, this.timeline.isBetween() ? Wire.unsent(this.channel) : 0, this.watched,
					now);
		}
		this.watched = false;
		if (phase == ConnectionPhase.IDLE || phase == ConnectionPhase.HEAD || phase == ConnectionPhase.DRAINING) {
			readAgain();
		}
		else if (this.timeline.isTimedBySilence()) {
			this.upgraded.listen(now);
		}
		CloseReason expired = this.timeline.expired(now);
		if (expired != null) {
			this.ending.expire(expired, this.context);
		}
	}

	// Reactor Netty up to 1.2.18 forgets to read when a request that came before the one
	// before it was over is answered at once (reactor-netty#4361): the next would never
	// be heard. Where it did not forget, this changes nothing. Not while bytes wait here:
	// the server may forget only when it has got them.
	private void readAgain() {
		if (this.looks > 0 && !this.brake.isHeld()) {
			this.looks--;
			this.channel.read();
		}
	}

	// --- what the bytes meant

	void requestBegun() {
		this.timeline.requestBegun(this.clock.now());
		this.brake.requestBegun();
	}

	void requestRead() {
		this.timeline.requestRead(this.brake.requestRead(), this.clock.now());
	}

	/**
	 * Whether the response that begins is the last because the server is shut down.
	 * @return {@code true} if nobody is accepted any more and nothing waits here
	 */
	boolean isLastOfAll() {
		Channel server = this.channel.parent();
		return this.timeline.outstanding() == 1 && server != null && !server.isOpen();
	}

	void responseBegun(boolean last, boolean eventStream) {
		this.timeline.responseBegun(last, eventStream, this.clock.now());
	}

	void responseDone() {
		this.looks = LOOKS;
		this.timeline.responseDone(this.clock.now());
		this.brake.responseDone();
	}

	void upgraded(ChannelPromise promise) {
		this.timeline.upgraded(this.clock.now());
		this.brake.readOnDemand();
		WebSocketPings.install(this.channel, this);
		if (this.policy.upgradedIdleTimeout().isNone()) {
			this.registration.cancel();
		}
		// When the handlers of the new protocol are in place, and Reactor Netty is, too:
		// both have listeners of their own, which may be put off by a turn.
		EventLoop loop = this.channel.eventLoop();
		promise.addListener((sent) -> loop.execute(() -> loop.execute(this.brake::passOn)));
	}

	/**
	 * The application ends its WebSocket, or what serves it because it has failed.
	 */
	void saysGoodbye() {
		this.goodbye = true;
	}

	/**
	 * Whether a pong answers a ping of ours.
	 * @param content what it says
	 * @return {@code true} if the application has not asked for it
	 */
	boolean isOwnPong(ByteBuf content) {
		return !this.policy.upgradedIdleTimeout().isNone() && UpgradedWatch.isOwnPong(content);
	}

	void streamOpened() {
		this.timeline.streamOpened(this.clock.now());
	}

	void streamClosed() {
		this.timeline.streamClosed(this.clock.now());
	}

	// --- bytes

	@Override
	public void channelRead(ChannelHandlerContext context, Object message) {
		if (!(message instanceof ByteBuf bytes)) {
			context.fireChannelRead(message);
			return;
		}
		int size = bytes.readableBytes();
		this.frames.read(bytes, this.read == 0, this.clock.now());
		this.read += size;
		this.looks = LOOKS;
		this.pieces++;
		this.traffic.read(size);
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
		ConnectionPhase phase = this.timeline.phase();
		if (phase == ConnectionPhase.LINGERING) {
			ReferenceCountUtil.release(message);
			// The one exception of which neither Reactor Netty nor Spring makes an error.
			promise.tryFailure(new AbortedException("The connection is being closed"));
			return;
		}
		long size = 0;
		boolean flood = false;
		if (message instanceof ByteBuf bytes) {
			size = bytes.readableBytes();
			if (phase == ConnectionPhase.UPGRADED && !this.goodbye && UpgradedWatch.isComplaint(bytes)) {
				// The codec writes it and closes at once, and says why only afterwards.
				closing(CloseReason.MALFORMED);
			}
			flood = this.frames.write(bytes, this.clock.now());
		}
		else if (message instanceof FileRegion file) {
			size = file.count() - file.transferred();
		}
		this.written += size;
		this.traffic.written(size);
		context.write(message, promise);
		if (flood) {
			this.frames.failFlood();
		}
	}

	/**
	 * Tell the client to go on, past the codec. The codec up to Netty 4.1.135 takes any
	 * answer, this one too, for the last one to a request: the next would be framed as if
	 * it were the answer to the request after it, and have no body if that is a HEAD
	 * (netty#17181).
	 * @param promise when it is written
	 */
	void writeContinue(ChannelPromise promise) {
		ChannelHandlerContext context = this.context;
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
		write(context, CONTINUE.duplicate(), written);
	}

	// --- TLS and the end

	@Override
	public void userEventTriggered(ChannelHandlerContext context, Object event) {
		if (event instanceof SslHandshakeCompletionEvent handshake && !handshake.isSuccess()) {
			// Whoever comes next would write it to the log, each time.
			this.ending.failed();
			return;
		}
		if (event == SslCloseCompletionEvent.SUCCESS && this.timeline.phase() != ConnectionPhase.HANDSHAKE) {
			// The client has said goodbye. Whoever comes next closes the connection for
			// it, which would look as if the server had had the idea.
			this.ending.because(CloseReason.CLIENT);
		}
		context.fireUserEventTriggered(event);
		if (event instanceof SslHandshakeCompletionEvent && this.timeline.phase() == ConnectionPhase.HANDSHAKE) {
			SslHandler tls = this.channel.pipeline().get(SslHandler.class);
			this.connections.handshake(Handshake.success((tls != null) ? tls.engine().getSession().getProtocol() : ""));
			this.timeline.established(this.clock.now());
			TlsRecords.established(this.channel, tls);
			// Which of the two it is was not known before.
			HttpMessages.install(this.channel, this, this.policy);
		}
	}

	@Override
	public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
		boolean early = this.timeline.phase() == ConnectionPhase.HANDSHAKE || this.ending.hasFailedHandshake();
		boolean tls = cause instanceof SSLException || cause.getCause() instanceof SSLException;
		if (tls || (early && !(cause instanceof IOException))) {
			this.ending.failed();
		}
		else if (cause instanceof IOException) {
			// The client has gone, and its requests hear of it when the channel closes:
			// as an error they would be logged as the application's, with a stack each.
			closing(CloseReason.CLIENT);
			this.ending.cut();
		}
		else {
			context.fireExceptionCaught(cause);
		}
	}

	@Override
	public void close(ChannelHandlerContext context, ChannelPromise promise) {
		this.ending.close(context, promise);
	}

	@Override
	public String toString() {
		return this.channel.remoteAddress() + ", " + this.timeline.requests() + " requests, " + this.read
				+ " bytes in, " + this.written + " bytes out, " + (this.frames.isHttp2() ? "HTTP/2" : "HTTP/1.1");
	}

}
