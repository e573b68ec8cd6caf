package io.serverhardening.connection.http2;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2Stream;
import org.jspecify.annotations.Nullable;

/**
 * What is asked of the codec of an HTTP/2 connection past the handlers between: to end a
 * stream, or the connection.
 */
final class CodecCommands {

	private final Http2FrameCodec codec;

	private @Nullable ChannelHandlerContext context;

	CodecCommands(Http2FrameCodec codec) {
		this.codec = codec;
	}

	void added(ChannelHandlerContext context) {
		this.context = context;
	}

	/**
	 * Reset a stream.
	 * @param id its id
	 * @param error what to say
	 */
	@SuppressWarnings("FutureReturnValueIgnored")
	void reset(int id, Http2Error error) {
		ChannelHandlerContext context = this.context;
		if (context != null) {
			this.codec.encoder().writeRstStream(codecContext(context), id, error.code(), context.newPromise());
			context.flush();
		}
	}

	/**
	 * Whether a stream has been reset and the client has not taken that yet.
	 * @param stream its id
	 * @return {@code true} if what comes for it is ignored
	 */
	boolean isReset(int stream) {
		Http2Stream present = this.codec.connection().stream(stream);
		return present != null && present.isResetSent();
	}

	/**
	 * End the connection with whatever is open on it.
	 * @param error what to say
	 * @param text why, for whoever looks at what was sent
	 */
	void fail(Http2Error error, String text) {
		ChannelHandlerContext context = this.context;
		if (context != null) {
			this.codec.onError(codecContext(context), true, Http2Exception.connectionError(error, text));
		}
	}

	private ChannelHandlerContext codecContext(ChannelHandlerContext context) {
		return context.pipeline().context(this.codec);
	}

}
