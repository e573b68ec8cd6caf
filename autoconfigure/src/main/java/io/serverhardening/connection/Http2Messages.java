package io.serverhardening.connection;

import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameStreamException;
import io.serverhardening.internal.CloseReason;
import reactor.netty.NettyPipeline;

/**
 * Sees the frames of an HTTP/2 connection as the codec decoded them, and tells the
 * {@link ConnectionHandler}.
 */
final class Http2Messages extends ChannelDuplexHandler {

	private static final String NAME = "serverHardeningHttp2Messages";

	private final ConnectionHandler connection;

	private Http2Messages(ConnectionHandler connection) {
		this.connection = connection;
	}

	/**
	 * Watch the frames of a connection, if it is one of HTTP/2 already.
	 * @param channel the connection
	 * @param connection whom to tell
	 */
	static void install(Channel channel, ConnectionHandler connection) {
		ChannelPipeline pipeline = channel.pipeline();
		if (pipeline.get(NAME) == null && pipeline.get(NettyPipeline.H2MultiplexHandler) != null) {
			pipeline.addBefore(NettyPipeline.H2MultiplexHandler, NAME, new Http2Messages(connection));
		}
	}

	/**
	 * Watch the frames of a connection that has become one of HTTP/2.
	 * @param context the context of the handler that has watched its messages
	 * @param messages that handler
	 * @param connection whom to tell
	 */
	static void takeOver(ChannelHandlerContext context, ChannelHandler messages, ConnectionHandler connection) {
		context.pipeline().replace(messages, NAME, new Http2Messages(connection));
	}

	@Override
	public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
		if (!(cause instanceof Http2FrameStreamException) && cause instanceof Http2Exception http2) {
			// The codec says goodbye by itself, and nobody behind it would know what to
			// do with it but write it to the log.
			this.connection.closing((http2.error() == Http2Error.ENHANCE_YOUR_CALM) ? CloseReason.HTTP2_FLOOD
					: CloseReason.HTTP2_ERROR);
			return;
		}
		context.fireExceptionCaught(cause);
	}

}
