package io.serverhardening.connection.feed;

import io.netty.buffer.ByteBuf;
import io.serverhardening.connection.http2.FrameWatch;
import io.serverhardening.connection.timeline.ConnectionTimeline;
import org.jspecify.annotations.Nullable;

/**
 * The request that the codec of a connection is at, as far as what decodes it and what
 * follows its chunks know of it.
 */
final class PresentRequest implements CodecState {

	private final ConnectionTimeline timeline;

	private final FrameWatch frames;

	private final ChunkedBodies bodies;

	/**
	 * Create the request.
	 * @param timeline what the connection does
	 * @param frames whether it is one of HTTP/2
	 * @param badChunk refuses the body that is being decoded
	 */
	PresentRequest(ConnectionTimeline timeline, FrameWatch frames, Runnable badChunk) {
		this.timeline = timeline;
		this.frames = frames;
		this.bodies = new ChunkedBodies(badChunk);
	}

	/**
	 * Its body is chunked.
	 * @param present what has come of it, or {@code null} if nothing has
	 * @return {@code false} if it begins with what is no size
	 */
	boolean chunksBegin(@Nullable ByteBuf present) {
		return this.bodies.begin(present);
	}

	@Override
	public void reads(ByteBuf part) {
		this.bodies.read(part);
	}

	@Override
	public boolean isLeaving() {
		return this.timeline.isLeaving();
	}

	@Override
	public boolean isInBody() {
		return this.timeline.isInBody() || this.frames.isHttp2();
	}

}
