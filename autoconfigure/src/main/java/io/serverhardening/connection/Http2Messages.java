package io.serverhardening.connection;

import java.nio.channels.ClosedChannelException;

import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameStream;
import io.netty.handler.codec.http2.Http2FrameStreamException;
import io.netty.handler.codec.http2.Http2HeadersEncoder;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2PingFrame;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2SettingsFrame;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.codec.http2.Http2UnknownFrame;
import io.netty.util.ReferenceCountUtil;
import io.serverhardening.connection.Http2Streams.Entry;
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
final class Http2Messages extends ChannelDuplexHandler {

	private static final String NAME = "serverHardeningHttp2Messages";

	/** How many frames that ask for an answer come between two looks. */
	private static final int CONTROL_FRAMES = 1024;

	/**
	 * How many writes may wait for the client. Half of what the codec itself takes as a
	 * flood, with a stack trace for each connection.
	 */
	private static final int MAX_WAITING = 5000;

	/**
	 * How large the table of what was sent may become, whatever the client has room for:
	 * as much as browsers have. The codec keeps all that fits, and looks for each header
	 * in it.
	 */
	private static final long MAX_TABLE = 64 * 1024;

	/**
	 * How often a client may change its size. The codec keeps each change until the next
	 * response.
	 */
	private static final int MAX_TABLE_CHANGES = 100;

	private final ConnectionHandler connection;

	private final Http2FrameCodec codec;

	private final Http2Streams streams;

	private final boolean strict;

	private @Nullable ChannelHandlerContext context;

	private int controlFrames;

	private int tableChanges;

	/** How many requests have come that were sent before any of them was answered. */
	private int together;

	private Http2Messages(ConnectionHandler connection, Http2FrameCodec codec, boolean strict) {
		this.connection = connection;
		this.codec = codec;
		this.streams = new Http2Streams(connection, codec.connection());
		this.strict = strict;
	}

	/**
	 * Watch the frames of a connection, if it is one of HTTP/2 already.
	 * @param channel the connection
	 * @param connection whom to tell
	 * @param strict whether what RFC 9113 calls malformed is refused even where it does
	 * no harm here
	 */
	static void install(Channel channel, ConnectionHandler connection, boolean strict) {
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
	static void takeOver(ChannelHandlerContext context, ChannelHandler messages, ConnectionHandler connection,
			boolean strict) {
		Http2FrameCodec codec = context.pipeline().get(Http2FrameCodec.class);
		if (codec != null) {
			context.pipeline().replace(messages, NAME, new Http2Messages(connection, codec, strict));
		}
	}

	@Override
	public void handlerAdded(ChannelHandlerContext context) throws Http2Exception {
		this.context = context;
		this.connection.frames().begin(this, this.connection.now());
		this.streams.watch();
		limitTable();
	}

	private void limitTable() throws Http2Exception {
		Http2HeadersEncoder.Configuration headers = this.codec.encoder().configuration().headersConfiguration();
		if (headers.maxHeaderTableSize() > MAX_TABLE) {
			headers.maxHeaderTableSize(MAX_TABLE);
		}
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
			this.streams.tick(now, this::end);
		}
		catch (Http2Exception ex) {
			throw new IllegalStateException("Looking at streams does not throw", ex);
		}
	}

	@SuppressWarnings("FutureReturnValueIgnored")
	private void end(int id, Http2Error error) {
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
				control(context);
			}
			else if (message instanceof Http2SettingsFrame frame) {
				control(context);
				set(frame.settings());
			}
			context.fireChannelRead(message);
		}
	}

	private void set(Http2Settings settings) throws Http2Exception {
		if (settings.headerTableSize() != null) {
			limitTable();
			this.tableChanges++;
			if (this.tableChanges == MAX_TABLE_CHANGES) {
				fail(Http2Error.ENHANCE_YOUR_CALM, "too many sizes of the header table");
			}
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
			else if (isOneTooMany()) {
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

	// Where handlers answer at once, the codec counts no stream as open for long: the
	// thousands that one read may bring would be handled while everybody else on the
	// loop waits. For their client, which had read none of the answers, all were open.
	private boolean isOneTooMany() {
		this.together++;
		return this.together > this.codec.connection().remote().maxActiveStreams();
	}

	@Override
	public void channelReadComplete(ChannelHandlerContext context) {
		this.together = 0;
		context.fireChannelReadComplete();
	}

	private void reset(@Nullable Http2FrameStream stream) {
		Entry entry = (stream != null) ? this.streams.find(stream.id()) : null;
		if (entry != null) {
			entry.reset();
			this.together--;
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

	// Each is answered, and the answers wait for a client that need not read them.
	private void control(ChannelHandlerContext context) {
		this.controlFrames++;
		if (this.controlFrames % CONTROL_FRAMES == 0) {
			context.flush();
			ChannelOutboundBuffer buffer = context.channel().unsafe().outboundBuffer();
			if (buffer != null && buffer.size() > MAX_WAITING) {
				fail(Http2Error.ENHANCE_YOUR_CALM, buffer.size() + " answers wait to be read");
			}
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
