package io.serverhardening.connection;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

import javax.net.ssl.SSLException;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.channel.FileRegion;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocket08FrameEncoder;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.ReferenceCountUtil;
import io.serverhardening.connection.Connections.Handshake;
import io.serverhardening.internal.CloseReason;
import io.serverhardening.internal.LoopClock;
import io.serverhardening.internal.RequestChannel;
import io.serverhardening.internal.Wire;
import org.jspecify.annotations.Nullable;
import reactor.netty.NettyPipeline;
import reactor.netty.channel.AbortedException;

/**
 * One connection, between TLS and the HTTP codec: counts its bytes, gives them to the
 * codec, and carries out what its {@link ConnectionTimeline} finds. {@link HttpMessages},
 * behind the codec, tells it what the bytes meant. All of it happens on the connection's
 * event loop.
 */
final class ConnectionHandler extends ChannelDuplexHandler
		implements Wire, LoopClock.Member, CodecFeed.Reader, ChannelFutureListener {

	/** What may wait of the bodies of requests that wait themselves. */
	private static final int MAX_PIPELINED_BYTES = 64 * 1024;

	private static final ByteBuf REQUEST_TIMEOUT = Unpooled.unreleasableBuffer(
			Unpooled
				.copiedBuffer("HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
						StandardCharsets.US_ASCII)
				.asReadOnly());

	private static final ByteBuf CONTINUE = Unpooled.unreleasableBuffer(
			Unpooled.copiedBuffer("HTTP/1.1 100 Continue\r\n\r\n", StandardCharsets.US_ASCII).asReadOnly());

	private static final int CLOSE_FRAME = 0x88;

	private static final ByteBuf PING = Unpooled
		.unreleasableBuffer(Unpooled.copiedBuffer("server-hardening", StandardCharsets.US_ASCII).asReadOnly());

	private final Connections connections;

	private final ConnectionPolicy policy;

	private final LoopClock clock;

	private final LoopClock.Registration registration;

	private final Connections.Traffic traffic;

	private final Channel channel;

	private @Nullable ChannelHandlerContext context;

	private final ConnectionTimeline timeline;

	private final CodecFeed feed = new CodecFeed(this);

	private @Nullable CloseReason reason;

	private @Nullable ChannelPromise closePromise;

	/** Something was read since the last look at the idle connection. */
	private boolean mayBeDeaf;

	private long read;

	private long written;

	/** Watches the frames, once it is a connection of HTTP/2. */
	private @Nullable Http2Messages messages;

	private boolean http2;

	/** What came so far was no request. */
	private boolean malformed;

	private @Nullable SentFrames sent;

	/** Follows what comes while it may be HTTP/2. */
	private @Nullable ReceivedFrames frames;

	private boolean pipelined;

	private int pipelinedBytes;

	private boolean readWanted;

	private boolean autoReadStopped;

	/** Made for the first chunked body. */
	private @Nullable ChunkSizes chunks;

	/** The last request that was decoded asks for another protocol. */
	private boolean upgradeAsked;

	/** What had come and gone by the last look at an event stream or a WebSocket. */
	private long heard;

	ConnectionHandler(Channel channel, Connections connections, ConnectionPolicy policy, LoopClock clock,
			boolean secured) {
		this.channel = channel;
		this.connections = connections;
		this.policy = policy;
		this.clock = clock;
		this.timeline = new ConnectionTimeline(policy, secured, clock.now());
		this.traffic = connections.opened(this, clock);
		this.registration = clock.register(this);
		channel.attr(Wire.KEY).set(this);
	}

	@Override
	public void handlerAdded(ChannelHandlerContext context) {
		this.context = context;
		context.channel().closeFuture().addListener(this);
	}

	@Override
	public void operationComplete(ChannelFuture closed) {
		this.registration.cancel();
		this.feed.discard();
		this.connections.closed(this, (this.reason != null) ? this.reason : CloseReason.CLIENT);
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
	public void closing(CloseReason reason) {
		if (this.reason == null) {
			this.reason = reason;
		}
	}

	@Override
	public void closingUnguarded(CloseReason reason) {
		if (this.reason == null) {
			this.connections.unguarded(reason);
		}
		closing(reason);
	}

	int outstanding() {
		return this.timeline.outstanding();
	}

	boolean isResponding() {
		return this.timeline.isResponding();
	}

	ConnectionState state() {
		return this.timeline.state();
	}

	// --- clocks

	@Override
	public void tick(long charged) {
		ConnectionPhase phase = this.timeline.phase();
		if (this.messages != null) {
			this.messages.tick(this.clock.now());
			if (this.frames != null) {
				this.timeline.block(this.frames.block(), this.clock.now());
			}
			this.timeline.sent(this.written, Wire.unsent(this.channel), this.clock.now());
		}
		else if (phase == ConnectionPhase.IDLE || phase == ConnectionPhase.DRAINING) {
			this.timeline.writing(Wire.unsent(this.channel) > 0, this.clock.now());
		}
		if (phase == ConnectionPhase.IDLE) {
			readAgain();
		}
		else if (this.timeline.isTimedBySilence()) {
			listen();
		}
		CloseReason expired = this.timeline.expired(this.clock.now());
		if (expired != null) {
			expire(expired);
		}
	}

	// Reactor Netty up to 1.2.18 forgets to read when a request that came before the one
	// before it was over is answered at once (reactor-netty#4361): the next would never
	// be heard. Where it did not forget, this changes nothing.
	private void readAgain() {
		if (this.mayBeDeaf) {
			this.mayBeDeaf = false;
			this.channel.read();
		}
	}

	private void listen() {
		if (this.heard != this.read + this.written) {
			this.timeline.stirred(this.clock.now());
		}
		else if (this.timeline.isPingDue(this.clock.now())) {
			ping();
		}
		// Our own ping is no sign of life.
		this.heard = this.read + this.written;
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
	boolean isOwnPong(ByteBuf content) {
		return !this.policy.upgradedIdleTimeout().isNone() && ByteBufUtil.equals(content, PING);
	}

	@SuppressWarnings("FutureReturnValueIgnored")
	private void expire(CloseReason expired) {
		ChannelHandlerContext context = this.context;
		if (this.timeline.phase() == ConnectionPhase.HEAD && context != null && !this.http2) {
			leave(expired);
			context.writeAndFlush(REQUEST_TIMEOUT.duplicate()).addListener((done) -> this.channel.close());
			return;
		}
		if (expired == CloseReason.SLOW_READER) {
			// What it does not take belongs to nobody's request.
			closingUnguarded(expired);
			RequestChannel.reset(this.channel);
			return;
		}
		closing((this.malformed && expired == CloseReason.HEADER_TIMEOUT) ? CloseReason.MALFORMED : expired);
		if (this.timeline.phase() == ConnectionPhase.HANDSHAKE) {
			this.connections.handshake(Handshake.TIMED_OUT);
			cut();
		}
		else if (this.timeline.isLeaving() || this.timeline.phase() == ConnectionPhase.PARTING) {
			cut();
		}
		else if (this.messages != null && this.timeline.phase() == ConnectionPhase.OPEN) {
			// A block of headers does not come to its end, and nothing can come before.
			this.messages.fail(Http2Error.PROTOCOL_ERROR, "half a block of headers");
		}
		else {
			// It has been waited for: no need to linger for it as well.
			this.timeline.forgetBody();
			this.channel.close();
		}
	}

	// Past the handlers, which may have more to say.
	private void cut() {
		this.channel.unsafe()
			.close((this.closePromise != null) ? this.closePromise : this.channel.unsafe().voidPromise());
	}

	/**
	 * Listen no more: the last answer follows.
	 * @param reason why
	 */
	void leave(CloseReason reason) {
		closing(reason);
		this.timeline.leave(this.clock.now());
		if (this.channel.isOpen()) {
			this.registration.resume();
		}
	}

	// --- what the bytes meant

	void malformed(HeadFault fault) {
		this.connections.malformed(fault);
	}

	/**
	 * The body of a request that has just been decoded is chunked.
	 * @return {@code false} if it begins with what is no size
	 */
	boolean chunksBegin() {
		ChunkSizes chunks = (this.chunks != null) ? this.chunks : new ChunkSizes();
		this.chunks = chunks;
		chunks.begin();
		ByteBuf present = this.feed.present();
		return present == null || chunks.look(present);
	}

	@Override
	public void reads(ByteBuf part) {
		if (this.chunks != null && !this.chunks.look(part)) {
			HttpMessages messages = this.channel.pipeline().get(HttpMessages.class);
			if (messages != null) {
				malformed(HeadFault.CHUNK_SIZE);
				messages.refuseBody(this.channel.pipeline().context(messages));
			}
		}
	}

	/**
	 * The request that has just been decoded asks for another protocol: what follows it
	 * waits until that is granted or declined.
	 */
	void upgradeAsked() {
		this.upgradeAsked = true;
		this.feed.holdAll();
	}

	/**
	 * Whether the response that begins is the last because the server is shut down.
	 * @return {@code true} if nobody is accepted any more and nothing waits here
	 */
	boolean isLastOfAll() {
		Channel server = this.channel.parent();
		return this.timeline.outstanding() == 1 && server != null && !server.isOpen();
	}

	void requestBegun(boolean complete) {
		this.timeline.requestBegun(this.clock.now());
		if (this.timeline.outstanding() > 1) {
			this.pipelined = true;
			if (this.timeline.outstanding() > this.policy.maxPipelined().count()) {
				this.feed.hold();
			}
		}
		if (complete) {
			requestRead();
		}
	}

	void bodyRead(int bytes) {
		if (this.timeline.outstanding() > 1) {
			this.pipelinedBytes += bytes;
			if (this.pipelinedBytes > MAX_PIPELINED_BYTES) {
				this.feed.hold();
			}
		}
	}

	void requestRead() {
		this.timeline.requestRead(this.feed.hasMore(), this.clock.now());
	}

	void responseBegun(boolean last, boolean eventStream) {
		this.timeline.responseBegun(last, eventStream, this.clock.now());
	}

	void responseDone() {
		this.timeline.responseDone(this.clock.now());
		if (this.pipelined && this.timeline.outstanding() == 0) {
			// Reactor Netty forgets to read on where the last of several requests was
			// answered before its end had been looked at.
			this.pipelined = false;
			this.channel.eventLoop().execute(this.channel::read);
		}
		if (this.feed.isHolding()) {
			this.channel.eventLoop().execute(this::resume);
		}
	}

	void upgraded(ChannelPromise promise) {
		this.timeline.upgraded(this.clock.now());
		if (this.policy.upgradedIdleTimeout().isNone()) {
			this.registration.cancel();
		}
		// When the handlers of the new protocol are in place, and Reactor Netty is, too:
		// both have listeners of their own, which may be put off by a turn.
		EventLoop loop = this.channel.eventLoop();
		promise.addListener((sent) -> loop.execute(() -> loop.execute(this::passOn)));
	}

	private void passOn() {
		ChannelHandlerContext context = this.context;
		this.upgradeAsked = false;
		if (context != null && this.feed.isHolding()) {
			this.feed.pass(context);
			readOn(context);
		}
	}

	// --- HTTP/2

	/**
	 * This is a connection of HTTP/2.
	 * @param messages who watches its frames
	 */
	void http2(Http2Messages messages) {
		this.messages = messages;
		this.http2 = true;
		this.sent = new SentFrames();
		if (this.frames == null) {
			// Upgraded from HTTP/1.1: the preface follows.
			this.frames = new ReceivedFrames();
		}
	}

	long now() {
		return this.clock.now();
	}

	void streamOpened() {
		this.timeline.streamOpened(this.clock.now());
	}

	void streamRequested() {
		this.malformed = false;
		this.timeline.streamRequested();
	}

	void streamRequested(Http2StreamChannel stream) {
		if (this.messages != null) {
			this.messages.requested(stream);
		}
	}

	void streamClosed() {
		this.timeline.streamClosed(this.clock.now());
	}

	/**
	 * {@code GOAWAY} is being written.
	 * @param code why
	 */
	void goingAway(long code) {
		boolean failed = code != Http2Error.NO_ERROR.code();
		if (failed) {
			closing((code == Http2Error.ENHANCE_YOUR_CALM.code()) ? CloseReason.HTTP2_FLOOD : CloseReason.HTTP2_ERROR);
		}
		this.timeline.goingAway(failed, this.clock.now());
	}

	private void count(@Nullable StreamFault fault) {
		if (fault != null) {
			this.malformed |= fault == StreamFault.PROTOCOL_ERROR && this.timeline.requests() == 0;
			this.connections.streamReset(fault);
		}
	}

	// --- bytes in

	@Override
	public void channelRead(ChannelHandlerContext context, Object message) {
		if (!(message instanceof ByteBuf bytes)) {
			context.fireChannelRead(message);
			return;
		}
		int size = bytes.readableBytes();
		follow(bytes);
		this.read += size;
		this.mayBeDeaf = true;
		this.traffic.read(size);
		if (isLeaving()) {
			bytes.release();
		}
		else if (this.http2 || (this.timeline.phase() == ConnectionPhase.UPGRADED && !this.feed.isHolding())) {
			context.fireChannelRead(bytes);
		}
		else {
			if (!isBlank(bytes)) {
				this.timeline.bytesRead(this.clock.now());
			}
			this.feed.take(context, bytes);
			if (this.feed.isHolding() && this.channel.config().isAutoRead()) {
				// Epoll reads on by itself as long as this says so: no handler is asked.
				this.autoReadStopped = true;
				this.channel.config().setAutoRead(false);
			}
		}
	}

	private void follow(ByteBuf bytes) {
		if (this.read == 0 && ReceivedFrames.mayBegin(bytes)) {
			this.frames = new ReceivedFrames();
		}
		if (this.frames != null && !isLeaving()) {
			this.frames.read(bytes);
			if (this.frames.isLost()) {
				this.frames = null;
			}
		}
	}

	// Line ends between requests are no request (RFC 9112, 2.2).
	private static boolean isBlank(ByteBuf bytes) {
		for (int i = bytes.readerIndex(); i < bytes.writerIndex(); i++) {
			if (bytes.getByte(i) != '\r' && bytes.getByte(i) != '\n') {
				return false;
			}
		}
		return true;
	}

	@Override
	public boolean isLeaving() {
		return this.timeline.isLeaving();
	}

	@Override
	public boolean isInBody() {
		return this.timeline.isInBody() || this.http2;
	}

	private void resume() {
		ChannelHandlerContext context = this.context;
		if (context != null && this.feed.isHolding() && mayResume()) {
			this.upgradeAsked = false;
			this.pipelinedBytes = 0;
			this.feed.resume(context);
			if (!this.feed.isHolding()) {
				readOn(context);
			}
		}
	}

	private boolean mayResume() {
		if (this.timeline.phase() == ConnectionPhase.UPGRADED) {
			return false;
		}
		return this.timeline.outstanding() <= (this.upgradeAsked ? 0 : this.policy.maxPipelined().count());
	}

	private void readOn(ChannelHandlerContext context) {
		if (this.autoReadStopped) {
			this.autoReadStopped = false;
			this.channel.config().setAutoRead(true);
		}
		if (this.readWanted) {
			this.readWanted = false;
			context.read();
		}
	}

	@Override
	public void read(ChannelHandlerContext context) {
		if (this.feed.isHolding()) {
			this.readWanted = true;
		}
		else {
			context.read();
		}
	}

	// --- bytes out

	@Override
	@SuppressWarnings("FutureReturnValueIgnored")
	public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
		if (this.timeline.phase() == ConnectionPhase.LINGERING) {
			ReferenceCountUtil.release(message);
			// The one exception of which neither Reactor Netty nor Spring makes an error.
			promise.tryFailure(new AbortedException("The connection is being closed"));
			return;
		}
		long size = (message instanceof ByteBuf bytes) ? bytes.readableBytes()
				: (message instanceof FileRegion file) ? file.count() - file.transferred() : 0;
		if (this.timeline.phase() == ConnectionPhase.UPGRADED && message instanceof ByteBuf bytes
				&& isComplaint(bytes)) {
			// The codec writes it and closes at once, and says why only afterwards.
			closing(CloseReason.MALFORMED);
		}
		this.written += size;
		this.traffic.written(size);
		if (this.sent != null && message instanceof ByteBuf bytes) {
			count(this.sent.reset(bytes));
		}
		context.write(message, promise);
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
		if (context != null) {
			write(context, CONTINUE.duplicate(), promise);
		}
	}

	// The frame with which a WebSocket ends because of what the client sent.
	private static boolean isComplaint(ByteBuf frame) {
		int start = frame.readerIndex();
		if (frame.readableBytes() < 4 || frame.getUnsignedByte(start) != CLOSE_FRAME) {
			return false;
		}
		int status = frame.getUnsignedShort(start + 2);
		return status == WebSocketCloseStatus.PROTOCOL_ERROR.code()
				|| status == WebSocketCloseStatus.INVALID_PAYLOAD_DATA.code()
				|| status == WebSocketCloseStatus.MESSAGE_TOO_BIG.code();
	}

	// --- TLS

	@Override
	public void userEventTriggered(ChannelHandlerContext context, Object event) {
		if (event instanceof SslHandshakeCompletionEvent handshake && !handshake.isSuccess()) {
			// Whoever comes next would write it to the log, each time.
			failed();
			return;
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
		boolean early = this.timeline.phase() == ConnectionPhase.HANDSHAKE
				|| this.reason == CloseReason.HANDSHAKE_FAILED;
		if (cause instanceof SSLException || cause.getCause() instanceof SSLException
				|| (early && !(cause instanceof IOException))) {
			failed();
			return;
		}
		if (cause instanceof IOException) {
			// The client has gone, and its requests hear of it when the channel closes:
			// as
			// an error they would be logged as the application's, with a stack each.
			closing(CloseReason.CLIENT);
			cut();
			return;
		}
		context.fireExceptionCaught(cause);
	}

	// Not a line in the log for each of them. TLS has yet to tell the client why, and
	// closes when it has: here it is only seen to that this does not last.
	private void failed() {
		if (this.timeline.phase() != ConnectionPhase.HANDSHAKE) {
			leave(CloseReason.FAILED);
			return;
		}
		if (this.reason == null) {
			this.connections.handshake(Handshake.FAILED);
		}
		leave(CloseReason.HANDSHAKE_FAILED);
	}

	/**
	 * The client wants to shake hands again, which costs it nothing.
	 */
	void renegotiated() {
		closing(CloseReason.HANDSHAKE_FAILED);
		cut();
	}

	// --- the end

	@Override
	@SuppressWarnings("FutureReturnValueIgnored")
	public void close(ChannelHandlerContext context, ChannelPromise promise) {
		if (this.timeline.isLeaving() && this.closePromise != null) {
			// Told already: whoever asks again hears of it too.
			this.channel.closeFuture().addListener((closed) -> promise.trySuccess());
			return;
		}
		closing(this.timeline.ownReason());
		boolean unread = this.timeline.hasUnread() || this.feed.isHolding();
		if (unread && this.channel.isActive() && this.channel instanceof DuplexChannel duplex && !this.http2) {
			linger(context, duplex, promise);
		}
		else {
			// Behind TLS that waits for the client, and need not end.
			if (this.channel.isOpen()) {
				this.timeline.close(this.clock.now());
				this.registration.resume();
			}
			context.close(promise);
		}
	}

	// Say goodbye, and read on for a while: closing a socket with bytes unread resets it,
	// and takes from the client the answer that told it why.
	@SuppressWarnings("FutureReturnValueIgnored")
	private void linger(ChannelHandlerContext context, DuplexChannel duplex, ChannelPromise promise) {
		this.timeline.linger(this.clock.now());
		this.closePromise = promise;
		this.feed.discard();
		this.registration.resume();
		SslHandler tls = this.channel.pipeline().get(SslHandler.class);
		if (tls != null) {
			tls.closeOutbound().addListener((done) -> duplex.shutdownOutput());
		}
		else {
			duplex.shutdownOutput();
		}
		this.channel.config().setAutoRead(true);
		context.read();
	}

	@Override
	public String toString() {
		return this.channel.remoteAddress() + ", " + this.timeline.requests() + " requests, " + this.read
				+ " bytes in, " + this.written + " bytes out, " + (this.http2 ? "HTTP/2" : "HTTP/1.1");
	}

	/**
	 * Put the watch on a connection, in front of whichever codec it has.
	 * @param channel the connection, initialized
	 * @param connections where it is counted
	 * @param policy its clocks
	 * @param clock the clock of its event loop
	 */
	static void install(Channel channel, Connections connections, ConnectionPolicy policy, LoopClock clock) {
		boolean secured = channel.pipeline().get(NettyPipeline.SslHandler) != null;
		ConnectionHandler handler = new ConnectionHandler(channel, connections, policy, clock, secured);
		String name = "serverHardeningConnection";
		String codec = codec(channel);
		if (codec != null) {
			channel.pipeline().addBefore(codec, name, handler);
		}
		else {
			channel.pipeline().addFirst(name, handler);
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

}
