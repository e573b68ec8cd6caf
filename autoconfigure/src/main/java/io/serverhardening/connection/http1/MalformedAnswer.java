package io.serverhardening.connection.http1;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.CorruptedFrameException;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.serverhardening.connection.registry.Connections;
import io.serverhardening.connection.registry.HeadFault;
import io.serverhardening.internal.channel.CloseReason;
import org.jspecify.annotations.Nullable;

/**
 * The answer to what is not HTTP. It is the last of its connection, and waits for its
 * turn: that of what came before.
 */
public final class MalformedAnswer {

	private final PipelinedConnection connection;

	private final ReusedConnection reuse;

	/** What to answer once it is its turn. */
	private @Nullable HttpResponseStatus failure;

	/** How many requests are under way when it is. */
	private int turn;

	private boolean answered;

	MalformedAnswer(PipelinedConnection connection, ReusedConnection reuse) {
		this.connection = connection;
		this.reuse = reuse;
	}

	/**
	 * Return what to answer to something that could not be decoded.
	 * @param message what came
	 * @return the status
	 */
	static HttpResponseStatus status(HttpObject message) {
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

	/**
	 * Return what to answer to a head that was decoded and is not to pass.
	 * @param fault what is wrong with it, {@code null} for its version
	 * @return the status
	 */
	static HttpResponseStatus status(@Nullable HeadFault fault) {
		return (fault == HeadFault.WEBSOCKET_VERSION) ? HttpResponseStatus.UPGRADE_REQUIRED
				: HttpResponseStatus.BAD_REQUEST;
	}

	/**
	 * Refuse a body in chunks whose sizes are none.
	 * @param channel the connection
	 * @param connections where that is counted
	 */
	public static void chunk(Channel channel, Connections connections) {
		HttpMessages messages = channel.pipeline().get(HttpMessages.class);
		if (messages != null) {
			connections.malformed(HeadFault.CHUNK_SIZE);
			messages.refuseBody(channel.pipeline().context(messages));
		}
	}

	/**
	 * Refuse what came, now or when it is its turn.
	 * @param context the context of the handler that writes the answer
	 * @param status what to answer
	 * @param head whether a head is refused, or the body of a request that is under way
	 */
	void refuse(ChannelHandlerContext context, HttpResponseStatus status, boolean head) {
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
			answer(context);
		}
	}

	/**
	 * The response to a request before it is done.
	 * @param context the context of the handler that writes the answer
	 */
	void responseDone(ChannelHandlerContext context) {
		if (this.failure != null && this.connection.outstanding() == this.turn) {
			answer(context);
		}
	}

	/**
	 * Something has failed: perhaps the codec, which has been sent a frame of a WebSocket
	 * that is none, and says goodbye by itself. Reactor Netty would write each to the
	 * log, as if the application had failed.
	 * @param cause what has
	 * @return {@code false} if the other handlers are to hear of it
	 */
	boolean fails(Throwable cause) {
		if (!(cause instanceof CorruptedFrameException)) {
			return false;
		}
		boolean tooBig = cause instanceof CorruptedWebSocketFrameException frame
				&& frame.closeStatus().code() == WebSocketCloseStatus.MESSAGE_TOO_BIG.code();
		this.connection.malformed(tooBig ? HeadFault.WEBSOCKET_FRAME_SIZE : HeadFault.WEBSOCKET_FRAME);
		this.connection.leave(CloseReason.MALFORMED);
		return true;
	}

	@SuppressWarnings("FutureReturnValueIgnored")
	private void answer(ChannelHandlerContext context) {
		HttpResponseStatus status = this.failure;
		this.failure = null;
		if (status != null && !this.reuse.hasEnded()) {
			this.answered = true;
			this.connection.leave(CloseReason.MALFORMED);
			context.writeAndFlush(response(status)).addListener((done) -> close(context));
		}
	}

	private static FullHttpResponse response(HttpResponseStatus status) {
		FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, Unpooled.EMPTY_BUFFER);
		response.headers()
			.set(HttpHeaderNames.CONTENT_LENGTH, HttpHeaderValues.ZERO)
			.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
		if (status.code() == HttpResponseStatus.UPGRADE_REQUIRED.code()) {
			response.headers()
				.set(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET)
				.set(HttpHeaderNames.SEC_WEBSOCKET_VERSION, "13");
		}
		return response;
	}

	@SuppressWarnings("FutureReturnValueIgnored")
	static void close(ChannelHandlerContext context) {
		context.channel().close();
	}

	/**
	 * Whether the answer has been given.
	 * @return {@code true} if nothing is written after it
	 */
	boolean isAnswered() {
		return this.answered;
	}

}
