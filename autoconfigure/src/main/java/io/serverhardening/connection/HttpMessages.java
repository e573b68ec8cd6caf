package io.serverhardening.connection;

import java.time.Duration;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.CorruptedFrameException;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerUpgradeHandler.UpgradeEvent;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.handler.codec.http2.CleartextHttp2ServerUpgradeHandler.PriorKnowledgeUpgradeEvent;
import io.netty.util.AsciiString;
import io.netty.util.ReferenceCountUtil;
import io.serverhardening.internal.channel.CloseReason;
import io.serverhardening.internal.channel.ResponseParts;
import org.jspecify.annotations.Nullable;
import reactor.netty.NettyPipeline;
import reactor.netty.channel.AbortedException;

/**
 * Sees the messages of an HTTP/1.1 connection as the codec decoded them, requests that
 * wait behind others included, and tells the {@link ConnectionHandler}. What is not HTTP
 * is answered here, without the line in the log that the server would write for each. For
 * HTTP/2 there is {@link Http2Messages}.
 */
final class HttpMessages extends ChannelDuplexHandler {

	private static final String NAME = "serverHardeningMessages";

	private static final AsciiString KEEP_ALIVE = AsciiString.cached("keep-alive");

	private final ConnectionHandler connection;

	private final @Nullable AsciiString keepAlive;

	private final boolean strict;

	/** What to answer to what could not be decoded, once it is its turn. */
	private @Nullable HttpResponseStatus failure;

	/** How many requests are under way when it is. */
	private int turn;

	private boolean discarding;

	/** The connection ends with an answer that has begun. */
	private boolean lastBegun;

	private final LastRequest lastRequest = new LastRequest();

	/** Whether that answer has been given, which is the last. */
	private boolean answered;

	/** Whether the request that is being read asks for another protocol. */
	private boolean upgradeAsked;

	/** Whether the response that is being written ends the connection by our will. */
	private boolean closing;

	private HttpMessages(ConnectionHandler connection, ConnectionPolicy policy) {
		this.connection = connection;
		this.keepAlive = keepAlive(policy);
		this.strict = policy.strict();
	}

	private static @Nullable AsciiString keepAlive(ConnectionPolicy policy) {
		Duration idle = policy.idleTimeout().duration();
		return (idle != null && idle.toSeconds() > 0) ? AsciiString.cached("timeout=" + idle.toSeconds()) : null;
	}

	/**
	 * Watch the messages of a connection, unless its protocol is still unknown.
	 * @param channel the connection
	 * @param connection whom to tell
	 * @param policy what to announce
	 */
	static void install(Channel channel, ConnectionHandler connection, ConnectionPolicy policy) {
		ChannelPipeline pipeline = channel.pipeline();
		if (pipeline.get(NAME) != null) {
			return;
		}
		if (pipeline.get(NettyPipeline.HttpTrafficHandler) != null) {
			pipeline.addBefore(NettyPipeline.HttpTrafficHandler, NAME, new HttpMessages(connection, policy));
		}
		else {
			Http2Messages.install(channel, connection, policy.strict());
		}
	}

	@Override
	public void channelRead(ChannelHandlerContext context, Object message) {
		// By class first: see RequestBody.
		if (message.getClass() == DefaultHttpRequest.class) {
			read(context, (DefaultHttpRequest) message);
		}
		else if (message == LastHttpContent.EMPTY_LAST_CONTENT) {
			if (!this.discarding) {
				requestRead();
				context.fireChannelRead(message);
			}
		}
		else if (message instanceof HttpObject object) {
			read(context, object);
		}
		else {
			context.fireChannelRead(message);
		}
	}

	private void read(ChannelHandlerContext context, HttpObject message) {
		if (this.discarding || (this.lastBegun && message instanceof HttpRequest)) {
			// Reactor Netty would take its body for more of the one before.
			this.discarding = true;
			ReferenceCountUtil.release(message);
		}
		else if (message.decoderResult().isFailure()) {
			ReferenceCountUtil.release(message);
			refuse(context, status(message), message instanceof HttpRequest);
		}
		else {
			if (message instanceof HttpRequest request) {
				HeadFault fault = fault(request);
				if (fault != null || request.protocolVersion().majorVersion() != 1) {
					ReferenceCountUtil.release(message);
					refuse(context, (fault == HeadFault.WEBSOCKET_VERSION) ? HttpResponseStatus.UPGRADE_REQUIRED
							: HttpResponseStatus.BAD_REQUEST, true);
					return;
				}
				begin(request, context.channel());
				if (request instanceof FullHttpRequest whole) {
					divide(context, whole);
					return;
				}
			}
			else if (message instanceof HttpContent content) {
				this.connection.brake().bodyRead(content.content().readableBytes());
				if (message instanceof LastHttpContent) {
					requestRead();
				}
			}
			context.fireChannelRead(message);
		}
	}

	// Netty's upgrade to HTTP/2 puts a request together, without a body, and may decline
	// it. Reactor Netty has it wait behind an answer that is not flushed, and forgets to
	// release it there when the connection ends.
	private static void divide(ChannelHandlerContext context, FullHttpRequest request) {
		HttpRequest head = new DefaultHttpRequest(request.protocolVersion(), request.method(), request.uri(),
				request.headers());
		request.release();
		context.fireChannelRead(head);
		context.fireChannelRead(LastHttpContent.EMPTY_LAST_CONTENT);
	}

	private void begin(HttpRequest request, Channel channel) {
		this.lastRequest.begins(request, channel, this.connection.outstanding());
		this.connection.requestBegun();
		boolean upgradeAsked = request.headers().contains(HttpHeaderNames.UPGRADE);
		if (upgradeAsked && !StrictHead.hasBody(request.headers())) {
			// Before it is handled: the codec is taken away when it is granted, and what
			// it still has then is lost, and leaks.
			this.connection.brake().upgradeAsked();
		}
		else {
			this.upgradeAsked = upgradeAsked;
		}
		if (request instanceof LastHttpContent) {
			requestRead();
		}
	}

	private void requestRead() {
		this.connection.requestRead();
		this.lastRequest.completes();
		this.discarding = this.lastRequest.isRead();
		if (this.upgradeAsked) {
			this.upgradeAsked = false;
			this.connection.brake().upgradeAsked();
		}
	}

	private @Nullable HeadFault fault(HttpRequest request) {
		HeadFault fault = StrictHead.fault(request, this.strict);
		if (fault == null && request.headers().contains(HttpHeaderNames.TRANSFER_ENCODING)
				&& !this.connection.brake().chunksBegin()) {
			fault = HeadFault.CHUNK_SIZE;
		}
		if (fault != null) {
			this.connection.connections().malformed(fault);
		}
		return fault;
	}

	/**
	 * Refuse a body of which the codec would take more than it should.
	 * @param context the context of this handler
	 */
	void refuseBody(ChannelHandlerContext context) {
		if (!this.discarding) {
			refuse(context, HttpResponseStatus.BAD_REQUEST, false);
		}
	}

	private void refuse(ChannelHandlerContext context, HttpResponseStatus status, boolean head) {
		this.discarding = true;
		if (!context.channel().isActive()) {
			// The rest of a message whose sender has left.
			return;
		}
		this.failure = status;
		// A body belongs to the last of the requests under way, a head to none yet.
		this.turn = head ? 0 : 1;
		if (this.connection.outstanding() > this.turn) {
			return;
		}
		if (this.connection.isResponding() || this.connection.outstanding() < this.turn) {
			// Another answer would be taken for that to the next request.
			this.connection.closing(CloseReason.MALFORMED);
			close(context);
		}
		else {
			answerFailure(context);
		}
	}

	private static HttpResponseStatus status(HttpObject message) {
		Throwable cause = message.decoderResult().cause();
		if (!(message instanceof HttpRequest)) {
			return HttpResponseStatus.BAD_REQUEST;
		}
		if (cause instanceof TooLongHttpLineException) {
			return HttpResponseStatus.REQUEST_URI_TOO_LONG;
		}
		return (cause instanceof TooLongHttpHeaderException) ? HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
				: HttpResponseStatus.BAD_REQUEST;
	}

	@SuppressWarnings("FutureReturnValueIgnored")
	private void answerFailure(ChannelHandlerContext context) {
		HttpResponseStatus status = this.failure;
		this.failure = null;
		if (status != null && !this.lastBegun) {
			FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status,
					Unpooled.EMPTY_BUFFER);
			response.headers()
				.set(HttpHeaderNames.CONTENT_LENGTH, HttpHeaderValues.ZERO)
				.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
			if (status.code() == HttpResponseStatus.UPGRADE_REQUIRED.code()) {
				response.headers()
					.set(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET)
					.set(HttpHeaderNames.SEC_WEBSOCKET_VERSION, "13");
			}
			this.answered = true;
			this.connection.ending().leave(CloseReason.MALFORMED);
			context.writeAndFlush(response).addListener((done) -> close(context));
		}
	}

	@SuppressWarnings("FutureReturnValueIgnored")
	private static void close(ChannelHandlerContext context) {
		context.channel().close();
	}

	@Override
	@SuppressWarnings("FutureReturnValueIgnored")
	public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
		if (this.answered) {
			// Of the request whose body was refused.
			ReferenceCountUtil.release(message);
			promise.tryFailure(new AbortedException("The request was refused"));
			return;
		}
		HttpResponse head = ResponseParts.head(message);
		if (head != null && head.status().code() == HttpResponseStatus.CONTINUE.code()) {
			ReferenceCountUtil.release(message);
			if (this.connection.isResponding() || this.connection.outstanding() == 0) {
				// A handler on another thread reads late: its answer has begun.
				promise.trySuccess();
			}
			else {
				this.connection.writeContinue(promise);
			}
			return;
		}
		// Before it is written: a full response may be gone afterwards.
		boolean last = ResponseParts.isLast(message);
		if (head != null) {
			begin(head, promise);
		}
		else if (message instanceof CloseWebSocketFrame) {
			// What the codec has to say to its client does not pass here.
			this.connection.saysGoodbye();
		}
		if (last && this.closing) {
			context.write(message, promise.unvoid()).addListener((done) -> close(context));
		}
		else {
			context.write(message, promise);
		}
		if (last) {
			end(context);
		}
	}

	private void end(ChannelHandlerContext context) {
		this.connection.responseDone();
		if (this.failure != null && this.connection.outstanding() == this.turn) {
			answerFailure(context);
		}
	}

	private void begin(HttpResponse response, ChannelPromise promise) {
		if (response.status().code() == HttpResponseStatus.SWITCHING_PROTOCOLS.code()) {
			this.connection.upgraded(promise);
		}
		else if (!ResponseParts.isInformational(response)) {
			if (this.lastRequest.isAnswered(this.connection.outstanding())) {
				LastRequest.announce(response);
				this.closing = true;
			}
			boolean keptAlive = isKeptAlive(response);
			if (keptAlive && this.connection.isLastOfAll()) {
				// The server is being shut down: whoever hears of it does not send on.
				response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
				keptAlive = false;
				this.closing = true;
			}
			this.lastBegun = !keptAlive;
			this.connection.responseBegun(!keptAlive, isEventStream(response));
			if (keptAlive && this.keepAlive != null) {
				response.headers().set(KEEP_ALIVE, this.keepAlive);
			}
		}
	}

	@Override
	public void userEventTriggered(ChannelHandlerContext context, Object event) {
		if (event instanceof PriorKnowledgeUpgradeEvent || event instanceof UpgradeEvent) {
			// From here on the codec is that of HTTP/2.
			Http2Messages.takeOver(context, this, this.connection, this.strict);
		}
		context.fireUserEventTriggered(event);
	}

	@Override
	public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
		if (cause instanceof CorruptedFrameException) {
			// The codec says goodbye to a WebSocket by itself. Reactor Netty would write
			// each to the log, as if the application had failed.
			boolean tooBig = cause instanceof CorruptedWebSocketFrameException frame
					&& frame.closeStatus().code() == WebSocketCloseStatus.MESSAGE_TOO_BIG.code();
			this.connection.connections()
				.malformed(tooBig ? HeadFault.WEBSOCKET_FRAME_SIZE : HeadFault.WEBSOCKET_FRAME);
			this.connection.ending().leave(CloseReason.MALFORMED);
			return;
		}
		if (!context.channel().isActive()) {
			// An upgrade whose client has left fails, which is no line in the log.
			// Whoever waits for the connection hears of its end.
			return;
		}
		context.fireExceptionCaught(cause);
	}

	private static boolean isEventStream(HttpResponse response) {
		String type = response.headers().get(HttpHeaderNames.CONTENT_TYPE);
		return type != null && type.startsWith("text/event-stream");
	}

	private static boolean isKeptAlive(HttpResponse response) {
		// Nearly always there is no such header, which is quicker to find out.
		return response.headers().contains(HttpHeaderNames.CONNECTION) ? HttpUtil.isKeepAlive(response)
				: response.protocolVersion().isKeepAliveDefault();
	}

}
