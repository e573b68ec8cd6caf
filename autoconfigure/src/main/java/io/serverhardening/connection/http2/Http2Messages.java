package io.serverhardening.connection.http2;

import java.nio.channels.ClosedChannelException;

import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameStream;
import io.netty.handler.codec.http2.Http2FrameStreamException;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2PingFrame;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.codec.http2.Http2SettingsFrame;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.codec.http2.Http2UnknownFrame;
import io.netty.util.ReferenceCountUtil;
import io.serverhardening.connection.http2.Http2Streams.Entry;
import org.jspecify.annotations.Nullable;
import reactor.netty.NettyPipeline;

/**
 * Sees the frames of an HTTP/2 connection as the codec decoded them, before they reach
 * their streams. A head that is no request never does: its stream is reset with
 * {@code PROTOCOL_ERROR}, which counts towards the limit beyond which the connection is
 * closed. So is a stream that breaks the protocol later, and its handler is cancelled as
 * if the client had reset it: what a client does wrong is neither answered nor logged as
 * the application's error.
 */
public final class Http2Messages extends ChannelDuplexHandler {

	private static final String NAME = "serverHardeningHttp2Messages";

	private final MultiplexedConnection connection;

	private final Http2Streams streams;

	private final CodecCommands commands;

	private final ControlFrames controls;

	private final boolean strict;

	private Http2Messages(MultiplexedConnection connection, Http2FrameCodec codec, boolean strict) {
		this.connection = connection;
		this.streams = new Http2Streams(connection, codec.connection());
		this.commands = new CodecCommands(codec);
		this.controls = new ControlFrames(codec, this.commands);
		this.strict = strict;
	}

	/**
	 * Watch the frames of a connection, if it is one of HTTP/2 already.
	 * @param channel the connection
	 * @param connection whom to tell
	 * @param strict whether what RFC 9113 calls malformed is refused even where it does
	 * no harm here
	 */
	public static void install(Channel channel, MultiplexedConnection connection, boolean strict) {
		ChannelPipeline pipeline = channel.pipeline();
		Http2FrameCodec codec = pipeline.get(Http2FrameCodec.class);
		if (codec != null && pipeline.get(NAME) == null && pipeline.get(NettyPipeline.H2MultiplexHandler) != null) {
			pipeline.addBefore(NettyPipeline.H2MultiplexHandler, NAME, new Http2Messages(connection, codec, strict));
		}
	}

	/**
	 * Watch the frames of a connection that has become one of HTTP/2.
	 * @param context the context of the handler that has watched its messages
	 * @param messages that handler
	 * @param connection whom to tell
	 * @param strict as in {@link #install}
	 */
	public static void takeOver(ChannelHandlerContext context, ChannelHandler messages,
			MultiplexedConnection connection, boolean strict) {
		Http2FrameCodec codec = context.pipeline().get(Http2FrameCodec.class);
		if (codec != null) {
			context.pipeline().replace(messages, NAME, new Http2Messages(connection, codec, strict));
		}
	}

	@Override
	public void handlerAdded(ChannelHandlerContext context) throws Http2Exception {
		this.commands.added(context);
		this.connection.frames().begin(this, this.connection.now());
		this.streams.watch();
		this.controls.limitTable();
	}

	/**
	 * The head of a stream has become a request.
	 * @param stream the stream
	 */
	void requested(Http2StreamChannel stream) {
		this.streams.requested(stream);
	}

	/**
	 * Time has gone by.
	 * @param now the time
	 */
	void tick(long now) {
		try {
			this.streams.tick(now, this.commands::reset);
		}
		catch (Http2Exception ex) {
			throw new IllegalStateException("Looking at streams does not throw", ex);
		}
	}

	/**
	 * Return what is asked of the codec.
	 * @return its commands
	 */
	CodecCommands commands() {
		return this.commands;
	}

	@Override
	public void channelRead(ChannelHandlerContext context, Object message) throws Http2Exception {
		if (message.getClass() == DefaultHttp2DataFrame.class) {
			context.fireChannelRead(Http2Parts.apart((DefaultHttp2DataFrame) message, context.alloc()));
		}
		else if (message instanceof Http2HeadersFrame headers) {
			read(context, headers);
		}
		else if (message instanceof Http2UnknownFrame) {
			// To be ignored (RFC 9113, 5.5). Its stream would take what it says for a
			// part of the body that counts towards no limit and no window.
			ReferenceCountUtil.release(message);
		}
		else {
			if (message instanceof Http2ResetFrame reset) {
				reset(reset.stream());
			}
			else if (message instanceof Http2PingFrame) {
				this.controls.read(context);
			}
			else if (message instanceof Http2SettingsFrame frame) {
				this.controls.read(context);
				this.controls.set(frame.settings());
			}
			context.fireChannelRead(message);
		}
	}

	private void read(ChannelHandlerContext context, Http2HeadersFrame frame) {
		Entry entry = this.streams.find(frame.stream().id());
		if (entry == null) {
			context.fireChannelRead(frame);
		}
		else if (entry.isHead() ? Http2Head.isRequest(frame.headers(), this.strict)
				: Http2Head.isTrailers(frame.headers())) {
			if (entry.channel() != null) {
				context.fireChannelRead(frame);
			}
			else if (this.streams.isOneTooMany()) {
				reset(context, frame.stream(), Http2Error.REFUSED_STREAM);
			}
			else {
				this.connection.frames().requested();
				context.fireChannelRead(frame);
			}
		}
		else {
			reset(context, frame.stream(), Http2Error.PROTOCOL_ERROR);
		}
	}

	@Override
	public void channelReadComplete(ChannelHandlerContext context) {
		this.streams.readComplete();
		context.fireChannelReadComplete();
	}

	private void reset(@Nullable Http2FrameStream stream) {
		if (stream != null) {
			this.streams.reset(stream.id());
		}
	}

	// Told now, and at once: of a stream whose reset waits in a buffer, the codec logs
	// every frame that still comes.
	@SuppressWarnings("FutureReturnValueIgnored")
	private void reset(ChannelHandlerContext context, Http2FrameStream stream, Http2Error error) {
		Entry entry = this.streams.find(stream.id());
		context.writeAndFlush(new DefaultHttp2ResetFrame(error).stream(stream));
		Http2StreamChannel channel = (entry != null) ? entry.channel() : null;
		if (channel != null) {
			// Its handler is not to wait until the client has read so.
			channel.close();
		}
	}

	@Override
	@SuppressWarnings("FutureReturnValueIgnored")
	public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
		Object written = message;
		if (message.getClass() == DefaultHttp2ResetFrame.class) {
			written = blame((DefaultHttp2ResetFrame) message);
		}
		else if (message instanceof Http2HeadersFrame headers && isClosed(headers.stream())) {
			// Of a handler that is given the rest of its body because the stream is being
			// closed. The codec would take it for a fault of its own, and end all.
			promise.tryFailure(new ClosedChannelException());
			return;
		}
		context.write(written, promise);
	}

	private static boolean isClosed(@Nullable Http2FrameStream stream) {
		return stream != null && stream.state() == Http2Stream.State.CLOSED;
	}

	// A head that passed and still became no request: cancelled streams are not counted,
	// and this one is to be.
	private DefaultHttp2ResetFrame blame(DefaultHttp2ResetFrame reset) {
		Http2FrameStream stream = reset.stream();
		if (stream != null && reset.errorCode() == Http2Error.CANCEL.code()) {
			Entry entry = this.streams.find(stream.id());
			if (entry != null && entry.channel() == null) {
				return new DefaultHttp2ResetFrame(Http2Error.PROTOCOL_ERROR).stream(stream);
			}
		}
		return reset;
	}

	@Override
	public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
		if (cause instanceof Http2FrameStreamException broken) {
			reset(context, broken.stream(), broken.error());
		}
		else if (!(cause instanceof Http2Exception)) {
			context.fireExceptionCaught(cause);
		}
		// Else the codec says goodbye by itself, and nobody behind it would know what to
		// do with it but write it to the log.
	}

}
