package io.serverhardening.connection;

import java.nio.charset.StandardCharsets;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.DuplexChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.ssl.SslHandler;
import io.serverhardening.connection.feed.PipelineBrake;
import io.serverhardening.connection.http2.FrameWatch;
import io.serverhardening.connection.registry.Connections;
import io.serverhardening.connection.registry.Handshake;
import io.serverhardening.connection.timeline.ConnectionPhase;
import io.serverhardening.connection.timeline.ConnectionTimeline;
import io.serverhardening.internal.channel.CloseReason;
import io.serverhardening.internal.channel.RequestChannel;
import io.serverhardening.internal.channel.Wire;
import io.serverhardening.internal.time.LoopClock;
import io.serverhardening.internal.time.Registration;
import org.jspecify.annotations.Nullable;

/**
 * How a connection ends, and why. Whoever tells it to close, it is closed a bounded time
 * later.
 */
final class ConnectionEnding {

	private static final ByteBuf REQUEST_TIMEOUT = Unpooled.unreleasableBuffer(
			Unpooled
				.copiedBuffer("HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
						StandardCharsets.US_ASCII)
				.asReadOnly());

	private final Channel channel;

	private final Connections connections;

	private final LoopClock clock;

	private final Registration registration;

	private final ConnectionTimeline timeline;

	private final FrameWatch frames;

	private final PipelineBrake brake;

	private @Nullable CloseReason reason;

	private @Nullable ChannelPromise closePromise;

	ConnectionEnding(Channel channel, Connections connections, LoopClock clock, Registration registration,
			ConnectionTimeline timeline, FrameWatch frames, PipelineBrake brake) {
		this.channel = channel;
		this.connections = connections;
		this.clock = clock;
		this.registration = registration;
		this.timeline = timeline;
		this.frames = frames;
		this.brake = brake;
	}

	/**
	 * Return why the connection has ended.
	 * @return the first reason that was given, or that the client has left
	 */
	CloseReason reason() {
		return (this.reason != null) ? this.reason : CloseReason.CLIENT;
	}

	boolean hasFailedHandshake() {
		return this.reason == CloseReason.HANDSHAKE_FAILED;
	}

	void because(CloseReason reason) {
		if (this.reason == null) {
			this.reason = reason;
		}
	}

	void becauseUnguarded(CloseReason reason) {
		if (this.reason == null) {
			this.connections.unguarded(reason);
		}
		because(reason);
	}

	/**
	 * No clock is looked at until the connection ends.
	 */
	void stopClock() {
		this.registration.cancel();
	}

	/**
	 * A clock has run out.
	 * @param expired which
	 * @param context where to write the last answer
	 */
	@SuppressWarnings("FutureReturnValueIgnored")
	void expire(CloseReason expired, @Nullable ChannelHandlerContext context) {
		ConnectionPhase phase = this.timeline.phase();
		if (expired == CloseReason.SLOW_READER) {
			// What it does not take belongs to nobody's request.
			becauseUnguarded(expired);
			RequestChannel.reset(this.channel);
			return;
		}
		if (phase == ConnectionPhase.HEAD && context != null && !this.frames.isHttp2()) {
			leave(expired);
			context.writeAndFlush(REQUEST_TIMEOUT.duplicate()).addListener((done) -> this.channel.close());
			return;
		}
		because((this.frames.isMalformed() && expired == CloseReason.HEADER_TIMEOUT) ? CloseReason.MALFORMED : expired);
		if (phase == ConnectionPhase.HANDSHAKE) {
			this.connections.handshake(Handshake.TIMED_OUT);
			cut();
		}
		else if (this.timeline.isLeaving() || phase == ConnectionPhase.PARTING) {
			cut();
		}
		else if (this.frames.isHttp2() && phase == ConnectionPhase.OPEN) {
			this.frames.failBlock();
		}
		else {
			// It has been waited for: no need to linger for it as well.
			this.timeline.forgetBody();
			this.channel.close();
		}
	}

	/**
	 * Close past the handlers, which may have more to say. A client that has not taken
	 * what was said is reset: the kernel would go on offering it what it has.
	 */
	void cut() {
		dropWhatIsNotTaken();
		this.channel.unsafe()
			.close((this.closePromise != null) ? this.closePromise : this.channel.unsafe().voidPromise());
	}

	private void dropWhatIsNotTaken() {
		if (this.channel instanceof SocketChannel socket && socket.isActive() && Wire.unsent(socket) > 0) {
			socket.config().setSoLinger(0);
		}
	}

	/**
	 * Listen no more: the last answer follows.
	 * @param reason why
	 */
	void leave(CloseReason reason) {
		because(reason);
		this.timeline.leave(this.clock.now());
		if (this.channel.isOpen()) {
			this.registration.resume();
		}
	}

	/**
	 * TLS has failed. That is not a line in the log for each. While it shakes hands, TLS
	 * has yet to tell the client why, and closes when it has: here it is only seen to
	 * that this does not last. Later it has said what it has to say, and does not close
	 * for what is no TLS at all.
	 */
	void failed() {
		if (this.timeline.phase() != ConnectionPhase.HANDSHAKE) {
			leave(CloseReason.FAILED);
			if (!hasFailedHandshake()) {
				cut();
			}
			return;
		}
		if (this.reason == null) {
			this.connections.handshake(Handshake.FAILED);
		}
		leave(CloseReason.HANDSHAKE_FAILED);
	}

	/**
	 * {@code GOAWAY} is being written.
	 * @param code why
	 */
	void goingAway(long code) {
		boolean failed = code != Http2Error.NO_ERROR.code();
		if (failed) {
			because((code == Http2Error.ENHANCE_YOUR_CALM.code()) ? CloseReason.HTTP2_FLOOD : CloseReason.HTTP2_ERROR);
		}
		this.timeline.goingAway(failed, this.clock.now());
	}

	/**
	 * The connection is told to close.
	 * @param context who is next to be told
	 * @param promise when it is closed
	 */
	@SuppressWarnings("FutureReturnValueIgnored")
	void close(ChannelHandlerContext context, ChannelPromise promise) {
		if (this.timeline.isLeaving() && this.closePromise != null) {
			// Told already: whoever asks again hears of it too.
			this.channel.closeFuture().addListener((closed) -> promise.trySuccess());
			return;
		}
		because(this.timeline.ownReason());
		boolean unread = this.timeline.hasUnread() || this.brake.isHolding();
		if (unread && this.channel.isActive() && this.channel instanceof DuplexChannel duplex && !this.frames.isHttp2()
				&& RequestChannel.isAllSent(this.channel)) {
			linger(context, duplex, promise);
			return;
		}
		// Behind TLS that waits for the client, and need not end.
		if (this.channel.isOpen()) {
			this.timeline.close(this.clock.now());
			this.registration.resume();
		}
		if (this.reason == CloseReason.HTTP2_FLOOD) {
			// It does not read: the kernel would hold for it what it has been answered.
			dropWhatIsNotTaken();
		}
		context.close(promise);
	}

	// Say goodbye, and read on for a while: closing a socket with bytes unread resets it,
	// and takes from the client the answer that told it why.
	@SuppressWarnings("FutureReturnValueIgnored")
	private void linger(ChannelHandlerContext context, DuplexChannel duplex, ChannelPromise promise) {
		this.timeline.linger(this.clock.now());
		this.closePromise = promise;
		this.brake.discard();
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

}
