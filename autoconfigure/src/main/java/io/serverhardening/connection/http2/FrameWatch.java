package io.serverhardening.connection.http2;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.serverhardening.connection.registry.Connections;
import io.serverhardening.connection.registry.StreamFault;
import io.serverhardening.connection.timeline.ConnectionTimeline;
import org.jspecify.annotations.Nullable;

/**
 * What a connection has to know of the frames of HTTP/2, as they lie on the wire: whether
 * a block of headers has begun, and which streams are reset for what their client did.
 * {@link Http2Messages}, behind the codec, watches what they mean.
 */
public final class FrameWatch {

	private final Connections connections;

	private final ConnectionTimeline timeline;

	/** Follows what comes while it may be HTTP/2. */
	private @Nullable ReceivedFrames received;

	private @Nullable SentFrames sent;

	private @Nullable Http2Messages messages;

	private final boolean limitsResets;

	/** For HTTP/2, where the codec's own is out of the way. */
	private @Nullable ResetLimit limit;

	/** What came so far was no request. */
	private boolean malformed;

	public FrameWatch(Connections connections, ConnectionTimeline timeline, boolean limitsResets) {
		this.connections = connections;
		this.timeline = timeline;
		this.limitsResets = limitsResets;
	}

	/**
	 * This is a connection of HTTP/2.
	 * @param messages who watches its frames
	 * @param now the time
	 */
	void begin(Http2Messages messages, long now) {
		this.messages = messages;
		this.sent = new SentFrames();
		this.limit = this.limitsResets ? new ResetLimit(now) : null;
		if (this.received == null) {
			// Upgraded from HTTP/1.1: the preface follows.
			this.received = new ReceivedFrames();
		}
	}

	public boolean isHttp2() {
		return this.messages != null;
	}

	/**
	 * Bytes have come.
	 * @param bytes the bytes, which are left as they are
	 * @param first whether they are the first of the connection
	 * @param now the time
	 */
	public void read(ByteBuf bytes, boolean first, long now) {
		if (first && ReceivedFrames.mayBegin(bytes)) {
			this.received = new ReceivedFrames();
		}
		if (this.received != null && !this.timeline.isLeaving()) {
			this.received.read(bytes);
			for (int late = this.received.late(); late > 0; late--) {
				if (this.limit != null && this.limit.late(now)) {
					failFlood();
				}
			}
			if (this.received.isLost()) {
				this.received = null;
			}
		}
	}

	/**
	 * Bytes are being written.
	 * @param bytes the bytes, which are left as they are
	 * @param now the time
	 * @return whether they reset one stream too many
	 */
	public boolean write(ByteBuf bytes, long now) {
		long reset = (this.sent != null) ? this.sent.reset(bytes) : SentFrames.NONE;
		return reset != SentFrames.NONE && reset(StreamFault.of(reset), now);
	}

	private boolean reset(@Nullable StreamFault fault, long now) {
		if (fault != null) {
			this.malformed |= fault == StreamFault.PROTOCOL_ERROR && this.timeline.requests() == 0;
			this.connections.streamReset(fault);
		}
		if (this.received != null && this.messages != null) {
			// While the reset waits for its client, the codec ignores what comes for the
			// stream, and logs each frame of it.
			this.received.watch(this.messages.commands()::isReset);
		}
		return this.limit != null && this.limit.reset(fault, now);
	}

	/**
	 * End the connection whose streams have been reset too often.
	 */
	public void failFlood() {
		if (this.messages != null) {
			this.messages.commands().fail(Http2Error.ENHANCE_YOUR_CALM, "too many resets");
		}
	}

	/**
	 * Tell the timeline what has become of the frames since the last look.
	 * @param now the time
	 */
	public void tick(long now) {
		if (this.messages != null) {
			this.messages.tick(now);
			if (this.received != null) {
				this.timeline.block(this.received.block(), now);
			}
		}
	}

	/**
	 * A head has been a request.
	 */
	void requested() {
		this.malformed = false;
		this.timeline.streamRequested();
	}

	public void requested(Http2StreamChannel stream) {
		if (this.messages != null) {
			this.messages.requested(stream);
		}
	}

	/**
	 * End the connection whose block of headers does not end: nothing else can come.
	 */
	public void failBlock() {
		if (this.messages != null) {
			this.messages.commands().fail(Http2Error.PROTOCOL_ERROR, "half a block of headers");
		}
	}

	/**
	 * Whether nothing that came so far was a request.
	 * @return {@code true} if a head that was none is all there was
	 */
	public boolean isMalformed() {
		return this.malformed;
	}

}
