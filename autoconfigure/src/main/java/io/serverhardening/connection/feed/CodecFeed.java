package io.serverhardening.connection.feed;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import org.jspecify.annotations.Nullable;

/**
 * Gives the bytes of an HTTP/1.1 connection to the codec so that two things are known
 * which the codec does not tell: when a request is complete, whether more has come with
 * it; and when enough requests wait, that no further one is decoded.
 * <p>
 * The codec consumes line by line and keeps the beginning of a line. It is never given
 * more than the rest of such a line at once; then it keeps nothing of an earlier buffer,
 * and what it leaves of the present one is what has come of the next request.
 */
public final class CodecFeed {

	/** What the codec is given at once between requests: a flood of small ones stops. */
	private static final int MAX_HEAD_BYTES = 4096;

	private final CodecState reader;

	private final HeldBytes held = new HeldBytes();

	private boolean holding;

	/** Nothing is decoded any more: perhaps in the midst of it, out of a handler. */
	private boolean discarded;

	private @Nullable ByteBuf part;

	private boolean moreParts;

	/** What has been taken away from the codec again. */
	private @Nullable ByteBuf rest;

	/** Whether the codec keeps the beginning of a line. */
	private boolean lineBegun;

	CodecFeed(CodecState reader) {
		this.reader = reader;
	}

	/**
	 * Decode no further than the request that is being decoded.
	 */
	void hold() {
		this.holding = true;
	}

	boolean isHolding() {
		return this.holding;
	}

	/**
	 * What is being decoded, from where the codec has come to.
	 * @return the bytes, or {@code null} while nothing is decoded
	 */
	@Nullable ByteBuf present() {
		return this.part;
	}

	/**
	 * Decode nothing further, not even what has come with the request that has just been
	 * decoded: it may not be HTTP.
	 */
	void holdAll() {
		hold();
		ByteBuf part = this.part;
		if (part != null && part.isReadable()) {
			this.rest = part.readRetainedSlice(part.readableBytes());
		}
	}

	/**
	 * Give what is held to whatever has taken the codec's place.
	 * @param context where that is next
	 */
	void pass(ChannelHandlerContext context) {
		this.holding = false;
		for (ByteBuf bytes = this.held.poll(); bytes != null; bytes = this.held.poll()) {
			context.fireChannelRead(bytes);
			context.fireChannelReadComplete();
		}
	}

	/**
	 * Whether bytes have come after those that have just been decoded.
	 * @return {@code true} if a next request has begun
	 */
	boolean hasMore() {
		return this.moreParts || (this.rest != null && !isBlank(this.rest))
				|| (this.part != null && !isBlank(this.part)) || isHeld();
	}

	/**
	 * Whether bytes are nothing but line ends, which between requests are no request (RFC
	 * 9112, 2.2): there are clients that send one after each body.
	 * @param bytes the bytes
	 * @return {@code true} if no request begins with them
	 */
	public static boolean isBlank(ByteBuf bytes) {
		for (int i = bytes.readerIndex(); i < bytes.writerIndex(); i++) {
			if (bytes.getByte(i) != '\r' && bytes.getByte(i) != '\n') {
				return false;
			}
		}
		return true;
	}

	/**
	 * Whether something waits that the codec has not been given.
	 * @return {@code true} if enough has been read for now
	 */
	boolean isHeld() {
		return !this.held.isEmpty();
	}

	/**
	 * Take bytes from the socket.
	 * @param context where the codec is next
	 * @param bytes the bytes
	 */
	void take(ChannelHandlerContext context, ByteBuf bytes) {
		if (isHeld()) {
			// Behind what came before.
			this.held.addLast(bytes);
			return;
		}
		feed(context, bytes);
	}

	// The connection may be closed while the codec is at it, by an answer that cannot be
	// written.
	private boolean isOver() {
		return this.discarded || this.reader.isLeaving();
	}

	private void feed(ChannelHandlerContext context, ByteBuf bytes) {
		while (!this.holding && !isOver()) {
			int size = portion(bytes);
			if (size == bytes.readableBytes()) {
				give(context, bytes, false);
				putBack(null);
				return;
			}
			give(context, bytes.readRetainedSlice(size), true);
		}
		if (isOver()) {
			bytes.release();
			putBack(null);
			return;
		}
		// At most what one turn of the loop reads: the socket is not read again.
		putBack(bytes);
	}

	// To the front: behind TLS one read gives several buffers, and these may be the first
	// of those that wait.
	private void putBack(@Nullable ByteBuf bytes) {
		if (bytes != null) {
			this.held.addFirst(bytes);
		}
		ByteBuf rest = this.rest;
		this.rest = null;
		if (rest != null && this.discarded) {
			rest.release();
		}
		else if (rest != null) {
			this.held.addFirst(rest);
		}
	}

	private int portion(ByteBuf bytes) {
		int size = bytes.readableBytes();
		if (this.lineBegun) {
			int end = bytes.indexOf(bytes.readerIndex(), bytes.writerIndex(), (byte) '\n');
			return (end >= 0) ? end + 1 - bytes.readerIndex() : size;
		}
		return this.reader.isInBody() ? size : Math.min(size, MAX_HEAD_BYTES);
	}

	private void give(ChannelHandlerContext context, ByteBuf part, boolean more) {
		this.reader.reads(part);
		boolean endsLine = part.getByte(part.writerIndex() - 1) == '\n';
		boolean joined = this.lineBegun;
		this.part = part;
		this.moreParts = more;
		// To be looked at after it has been consumed.
		part.retain();
		try {
			context.fireChannelRead(part);
			this.lineBegun = joined ? !endsLine : part.isReadable();
		}
		finally {
			this.part = null;
			this.moreParts = false;
			part.release();
		}
	}

	/**
	 * Go on with what was held, until it is too much again.
	 * @param context where the codec is next
	 */
	void resume(ChannelHandlerContext context) {
		this.holding = false;
		boolean given = false;
		for (ByteBuf bytes = next(); bytes != null; bytes = next()) {
			given = true;
			feed(context, bytes);
		}
		if (given) {
			context.fireChannelReadComplete();
		}
	}

	private @Nullable ByteBuf next() {
		return this.holding ? null : this.held.poll();
	}

	/**
	 * Throw away what is held, and whatever still comes.
	 */
	void discard() {
		this.discarded = true;
		this.holding = false;
		this.held.release();
	}

}
