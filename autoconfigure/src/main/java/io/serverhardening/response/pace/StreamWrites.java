package io.serverhardening.response.pace;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.util.ReferenceCountUtil;
import io.serverhardening.internal.channel.ResponseParts;
import org.jspecify.annotations.Nullable;
import reactor.netty.NettyPipeline;

/**
 * What flows out of one HTTP/2 stream. Large contents are written in pieces, each of
 * which completes when it is sent: a whole one would show no progress for as long as it
 * takes.
 * <p>
 * A stream waits for its client only while its own window is closed. While it is open,
 * the stream waits for the connection, and for the others on it.
 */
public final class StreamWrites extends ChannelOutboundHandlerAdapter implements Outflow {

	private static final String NAME = "serverHardeningStream";

	/** The smallest maximum of a frame that a peer may set (RFC 9113, 4.2). */
	private static final int PIECE = 16 * 1024;

	private final Http2StreamChannel channel;

	private final StreamBacklog backlog;

	/** Whether the head of the final response has been written. */
	private boolean begun;

	private long written;

	private long completed;

	/** The oldest piece that is not sent, perhaps in part. */
	private @Nullable Piece oldest;

	private @Nullable Piece newest;

	public StreamWrites(Http2StreamChannel channel, StreamBacklog backlog) {
		this.channel = channel;
		this.backlog = backlog;
		channel.pipeline().addBefore(NettyPipeline.ReactiveBridge, NAME, this);
	}

	@Override
	@SuppressWarnings("FutureReturnValueIgnored")
	public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) throws Exception {
		if (isTooLate(message)) {
			ReferenceCountUtil.release(message);
			promise.trySuccess();
		}
		else if (message instanceof FullHttpResponse response && response.content().readableBytes() > PIECE) {
			context.write(new DefaultHttpResponse(response.protocolVersion(), response.status(), response.headers()));
			writeContent(context, response.content(),
					new DefaultLastHttpContent(context.alloc().buffer(0), response.trailingHeaders()), promise);
		}
		else if (message instanceof HttpContent content && content.content().isReadable()) {
			if (content.content().readableBytes() > PIECE) {
				writeContent(context, content.content(),
						(message instanceof LastHttpContent last)
								? new DefaultLastHttpContent(context.alloc().buffer(0), last.trailingHeaders()) : null,
						promise);
			}
			else {
				writeCounted(context, content, content.content().readableBytes(), promise);
			}
		}
		else if (message instanceof ByteBuf bytes && bytes.isReadable()) {
			writeContent(context, bytes, null, promise);
		}
		else {
			super.write(context, message, promise);
		}
	}

	// A handler on another thread asks for the body in the moment in which the request is
	// answered. The codec ends the whole connection for a head that follows another.
	private boolean isTooLate(Object message) {
		HttpResponse head = ResponseParts.head(message);
		if (head == null) {
			return false;
		}
		if (ResponseParts.isInformational(head)) {
			return this.begun;
		}
		this.begun = true;
		return false;
	}

	@SuppressWarnings("FutureReturnValueIgnored")
	private void writeContent(ChannelHandlerContext context, ByteBuf bytes, @Nullable LastHttpContent last,
			ChannelPromise promise) {
		try {
			while (bytes.readableBytes() > PIECE) {
				writeCounted(context, new DefaultHttpContent(bytes.readRetainedSlice(PIECE)), PIECE, null);
			}
			int rest = bytes.readableBytes();
			writeCounted(context, new DefaultHttpContent(bytes.readRetainedSlice(rest)), rest,
					(last != null) ? null : promise);
			if (last != null) {
				context.write(last, promise);
			}
		}
		finally {
			ReferenceCountUtil.release(bytes);
		}
	}

	private void writeCounted(ChannelHandlerContext context, HttpContent message, int size,
			@Nullable ChannelPromise promise) {
		Piece piece = new Piece(message.content(), size, promise);
		if (this.newest != null) {
			this.newest.next = piece;
		}
		else {
			this.oldest = piece;
		}
		this.newest = piece;
		this.written += size;
		this.backlog.writing();
		// Not a listener on the promise of others: Reactor Netty's takes none.
		context.write(message).addListener(piece);
	}

	/**
	 * Return what the client has opened its window for, and the connection sent.
	 */
	@Override
	public long taken() {
		return this.completed + ((this.oldest != null) ? this.oldest.sent() : 0);
	}

	private void forget() {
		while (this.oldest != null && this.oldest.done) {
			this.oldest = this.oldest.next;
		}
		if (this.oldest == null) {
			this.newest = null;
		}
	}

	@Override
	public long unsent() {
		long waiting = this.written - this.completed;
		if (waiting == 0) {
			return 0;
		}
		if (window(this.channel) <= 0) {
			return waiting;
		}
		this.backlog.waiting();
		return 0;
	}

	@Override
	public boolean isDone() {
		return this.written == this.completed;
	}

	private static int window(Http2StreamChannel channel) {
		Http2FrameCodec codec = channel.parent().pipeline().get(Http2FrameCodec.class);
		Http2Stream stream = (codec != null) ? codec.connection().stream(channel.stream().id()) : null;
		return (codec != null && stream != null) ? codec.connection().remote().flowController().windowSize(stream)
				: Integer.MAX_VALUE;
	}

	/**
	 * A piece that is being sent. Flow control takes what there is room for off its
	 * front.
	 */
	private final class Piece implements ChannelFutureListener {

		private final ByteBuf bytes;

		private final int size;

		private final @Nullable ChannelPromise promise;

		private @Nullable Piece next;

		private boolean done;

		Piece(ByteBuf bytes, int size, @Nullable ChannelPromise promise) {
			this.bytes = bytes;
			this.size = size;
			this.promise = promise;
		}

		int sent() {
			// Released, or handed on whole, it is not what it was.
			int sent = (this.bytes.refCnt() > 0) ? this.size - this.bytes.readableBytes() : 0;
			return Math.max(0, Math.min(sent, this.size));
		}

		@Override
		public void operationComplete(ChannelFuture future) {
			StreamWrites.this.completed += this.size;
			this.done = true;
			forget();
			if (this.promise == null) {
				return;
			}
			if (future.isSuccess()) {
				this.promise.trySuccess();
			}
			else {
				this.promise.tryFailure(future.cause());
			}
		}

	}

}
