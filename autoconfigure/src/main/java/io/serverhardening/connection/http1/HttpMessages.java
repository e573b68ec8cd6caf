package io.serverhardening.connection.http1;

import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerUpgradeHandler.UpgradeEvent;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http2.CleartextHttp2ServerUpgradeHandler.PriorKnowledgeUpgradeEvent;
import io.netty.util.ReferenceCountUtil;
import io.serverhardening.connection.http2.Http2Messages;
import io.serverhardening.connection.registry.HeadFault;
import io.serverhardening.connection.timeline.ConnectionPolicy;
import io.serverhardening.internal.channel.ResponseParts;
import org.jspecify.annotations.Nullable;
import reactor.netty.NettyPipeline;
import reactor.netty.channel.AbortedException;

/**
 * Sees the messages of an HTTP/1.1 connection as the codec decoded them, requests that
 * wait behind others included, and refuses what is not HTTP. For HTTP/2 there is
 * {@link Http2Messages}.
 */
public final class HttpMessages extends ChannelDuplexHandler {

	private static final String NAME = "serverHardeningMessages";

	private final PipelinedConnection connection;

	private final boolean strict;

	private final LastRequest lastRequest = new LastRequest();

	private final ReusedConnection reuse;

	private final MalformedAnswer malformed;

	private boolean discarding;

	/** Whether the request that is being read asks for another protocol. */
	private boolean upgradeAsked;

	private HttpMessages(PipelinedConnection connection, ConnectionPolicy policy) {
		this.connection = connection;
		this.strict = policy.strict();
		this.reuse = new ReusedConnection(connection, policy, this.lastRequest);
		this.malformed = new MalformedAnswer(connection, this.reuse);
	}

	/**
	 * Watch the messages of a connection, if they are those of HTTP/1.1.
	 * @param channel the connection
	 * @param connection whom to tell
	 * @param policy what to announce
	 */
	public static void install(Channel channel, PipelinedConnection connection, ConnectionPolicy policy) {
		ChannelPipeline pipeline = channel.pipeline();
		if (pipeline.get(NAME) == null && pipeline.get(NettyPipeline.HttpTrafficHandler) != null) {
			pipeline.addBefore(NettyPipeline.HttpTrafficHandler, NAME, new HttpMessages(connection, policy));
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
		if (this.discarding || (this.reuse.hasEnded() && message instanceof HttpRequest)) {
			// Reactor Netty would take its body for more of the one before.
			this.discarding = true;
			ReferenceCountUtil.release(message);
		}
		else if (message.decoderResult().isFailure()) {
			ReferenceCountUtil.release(message);
			refuse(context, MalformedAnswer.status(message), message instanceof HttpRequest);
		}
		else {
			if (message instanceof HttpRequest request) {
				HeadFault fault = fault(request);
				if (fault != null || request.protocolVersion().majorVersion() != 1) {
					ReferenceCountUtil.release(message);
					refuse(context, MalformedAnswer.status(fault), true);
					return;
				}
				begin(request, context.channel());
				if (request instanceof FullHttpRequest whole) {
					UpgradeGuard.divide(context, whole);
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
			this.connection.malformed(fault);
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
		this.malformed.refuse(context, status, head);
	}

	@Override
	@SuppressWarnings("FutureReturnValueIgnored")
	public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
		if (this.malformed.isAnswered()) {
			// Of the request whose body was refused.
			ReferenceCountUtil.release(message);
			promise.tryFailure(new AbortedException("The request was refused"));
			return;
		}
		HttpResponse head = ResponseParts.head(message);
		if (head != null && head.status().code() == HttpResponseStatus.CONTINUE.code()) {
			ReferenceCountUtil.release(message);
			this.connection.writeContinue(promise);
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
		if (last && this.reuse.isClosing()) {
			context.write(message, promise.unvoid()).addListener((done) -> MalformedAnswer.close(context));
		}
		else {
			context.write(message, promise);
		}
		if (last) {
			this.connection.responseDone();
			this.malformed.responseDone(context);
		}
	}

	private void begin(HttpResponse response, ChannelPromise promise) {
		if (response.status().code() == HttpResponseStatus.SWITCHING_PROTOCOLS.code()) {
			this.connection.upgraded(promise);
		}
		else if (!ResponseParts.isInformational(response)) {
			this.reuse.responseBegun(response);
		}
	}

	@Override
	public void userEventTriggered(ChannelHandlerContext context, Object event) {
		if (event instanceof PriorKnowledgeUpgradeEvent || event instanceof UpgradeEvent) {
			// From here on the codec is that of HTTP/2.
			this.connection.becomesHttp2(context, this);
		}
		context.fireUserEventTriggered(event);
	}

	@Override
	public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
		// An upgrade whose client has left fails, which is no line in the log. Whoever
		// waits for the connection hears of its end.
		if (!this.malformed.fails(cause) && context.channel().isActive()) {
			context.fireExceptionCaught(cause);
		}
	}

}
