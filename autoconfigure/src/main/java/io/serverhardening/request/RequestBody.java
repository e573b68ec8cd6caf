package io.serverhardening.request;

import java.time.Duration;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.util.AttributeKey;
import io.netty.util.ReferenceCountUtil;
import io.serverhardening.GuardedRequest;
import io.serverhardening.Mode;
import io.serverhardening.Rejection;
import io.serverhardening.Rejection.Outcome;
import io.serverhardening.internal.CloseReason;
import io.serverhardening.internal.LoopClock;
import io.serverhardening.internal.RequestChannel;
import io.serverhardening.internal.ResponseParts;
import io.serverhardening.internal.Wire;
import io.serverhardening.request.BodyClock.Expiry;
import org.jspecify.annotations.Nullable;
import reactor.netty.NettyPipeline;
import reactor.netty.channel.ChannelOperations;

import org.springframework.web.server.ServerWebExchange;

/**
 * Measures the bodies that arrive on one channel, an HTTP/1.1 connection or an HTTP/2
 * stream. A request without a body costs it a few assignments.
 * <p>
 * Time counts only while the server has asked for bytes and somebody reads them, and it
 * is the time of the {@link LoopClock}: what the client cannot help is not held against
 * it. All of it happens on the channel's event loop.
 */
final class RequestBody extends ChannelDuplexHandler implements LoopClock.Member {

	private static final AttributeKey<RequestBody> KEY = AttributeKey.valueOf(RequestBody.class, "body");

	private static final String NAME = "serverHardeningRequest";

	/** How long a refusal may take to be written before the channel is reset. */
	private static final long REFUSAL_TIMEOUT = Duration.ofSeconds(1).toNanos();

	/** How long the rest of a body is still taken when its response is done. */
	private static final long DRAIN_TIMEOUT = Duration.ofSeconds(5).toNanos();

	private final Channel channel;

	private final boolean stream;

	private final BodyLimits unguarded;

	private final int maxLine;

	private final LoopClock.Registration registration;

	private BodyLimits limits;

	private BodyClock clock;

	private @Nullable GuardedRequest guarded;

	/** Which request of the connection this is. */
	private int number;

	private long declared;

	private long received;

	/** The time since the refusal, or since the response was done. */
	private long patience;

	private boolean complete = true;

	private boolean reading;

	private boolean over;

	private boolean responding;

	private boolean responded;

	private RequestBody(Channel channel, BodyLimits unguarded, int maxLine, LoopClock clock) {
		this.channel = channel;
		this.stream = channel instanceof Http2StreamChannel;
		this.unguarded = unguarded;
		this.maxLine = maxLine;
		this.limits = unguarded;
		this.clock = new BodyClock(unguarded.policy());
		this.registration = clock.register(this);
		this.registration.cancel();
	}

	/**
	 * Begin to measure a channel, unless it is measured already.
	 * @param channel the channel
	 * @param unguarded the limits of requests that no guard sees
	 * @param maxLine how long a request line may be
	 */
	static void watch(Channel channel, BodyLimits unguarded, int maxLine) {
		if (channel.attr(KEY).get() != null) {
			return;
		}
		Wire wire = Wire.of(channel);
		if (wire != null) {
			RequestBody body = new RequestBody(channel, unguarded, maxLine, wire.clock());
			channel.attr(KEY).set(body);
			channel.pipeline().addBefore(NettyPipeline.ReactiveBridge, NAME, body);
		}
	}

	static @Nullable RequestBody of(Channel channel) {
		return channel.attr(KEY).get();
	}

	/**
	 * Measure the body of the present request by the limits of its route.
	 * @param limits the limits
	 * @param exchange the exchange
	 * @return {@code false} if the body announces more than the route takes
	 */
	boolean guard(BodyLimits limits, ServerWebExchange exchange) {
		if (this.complete) {
			return true;
		}
		boolean fits = this.declared <= limits.maxBodySize();
		if (this.channel.eventLoop().inEventLoop()) {
			guard(limits, GuardedRequest.required(exchange), fits);
		}
		else {
			// A filter before the guards has gone to another thread; by the time it is
			// back, the connection may be at its next request.
			GuardedRequest request = GuardedRequest.required(exchange);
			int number = this.number;
			this.channel.eventLoop().execute(() -> {
				if (number == this.number) {
					guard(limits, request, fits);
				}
			});
		}
		return fits;
	}

	private void guard(BodyLimits limits, GuardedRequest request, boolean fits) {
		if (this.complete) {
			return;
		}
		this.guarded = request;
		if (limits != this.limits) {
			this.limits = limits;
			this.clock = new BodyClock(limits.policy());
		}
		if (!fits) {
			// The guard itself counts it, and in the mode that lets it through too.
			this.over = true;
			if (limits.mode() == Mode.ENFORCE) {
				closing(CloseReason.BODY_TOO_LARGE);
			}
		}
	}

	@Override
	public void channelRead(ChannelHandlerContext context, Object message) {
		// By class first: testing one class for several interfaces from several threads
		// has them fight for a cache line (JDK-8180450).
		if (message.getClass() == DefaultHttpRequest.class) {
			begin(context, (DefaultHttpRequest) message, false);
		}
		else if (message == LastHttpContent.EMPTY_LAST_CONTENT) {
			end();
			context.fireChannelRead(message);
		}
		else if (message instanceof HttpRequest request) {
			begin(context, request, message instanceof LastHttpContent);
		}
		else {
			if (message instanceof HttpContent content && !this.complete) {
				arrived(context, content.content().readableBytes());
				if (message instanceof LastHttpContent) {
					end();
				}
			}
			context.fireChannelRead(message);
		}
	}

	private void begin(ChannelHandlerContext context, HttpRequest request, boolean complete) {
		start(request, complete);
		if (this.stream && lineLength(request) > this.maxLine) {
			ReferenceCountUtil.release(request);
			this.over = true;
			this.channel.eventLoop().execute(() -> answer(context, HttpResponseStatus.REQUEST_URI_TOO_LONG.code()));
		}
		else {
			context.fireChannelRead(request);
		}
	}

	private static int lineLength(HttpRequest request) {
		return request.method().name().length() + request.uri().length() + " HTTP/1.1".length() + 1;
	}

	private void start(HttpRequest request, boolean complete) {
		this.number++;
		this.guarded = null;
		this.received = 0;
		this.patience = 0;
		this.over = false;
		this.responding = false;
		this.responded = false;
		this.complete = complete || !hasBody(request);
		if (!this.complete) {
			this.limits = this.unguarded;
			this.clock = new BodyClock(this.limits.policy());
			this.registration.resume();
		}
	}

	private boolean hasBody(HttpRequest request) {
		HttpHeaders headers = request.headers();
		String length = headers.get(HttpHeaderNames.CONTENT_LENGTH);
		if (length != null) {
			// The codec has refused what is no number.
			this.declared = HttpUtil.getContentLength(request, -1L);
			return this.declared != 0;
		}
		this.declared = -1;
		return this.stream || headers.contains(HttpHeaderNames.TRANSFER_ENCODING);
	}

	private void end() {
		if (!this.complete) {
			this.complete = true;
			this.guarded = null;
			this.registration.cancel();
		}
	}

	private void arrived(ChannelHandlerContext context, int bytes) {
		this.received += bytes;
		this.clock.arrived(bytes);
		if (this.received > this.limits.maxBodySize() && !this.over) {
			this.over = true;
			// Not in the midst of a read: a stream that is answered and ended there
			// releases its bytes twice.
			this.channel.eventLoop().execute(() -> exceed(context, this.limits.tooLarge(), CloseReason.BODY_TOO_LARGE));
		}
	}

	@Override
	public void channelReadComplete(ChannelHandlerContext context) {
		this.reading = false;
		context.fireChannelReadComplete();
	}

	@Override
	public void read(ChannelHandlerContext context) {
		this.reading = true;
		context.read();
	}

	@Override
	public void tick(long charged) {
		if (this.responded) {
			drain(charged);
		}
		else if (this.over) {
			awaitRefusal(charged);
		}
		else if (this.reading && isRead()) {
			Expiry expiry = this.clock.waited(charged);
			if (expiry != null) {
				exceed(this.channel.pipeline().context(this), this.limits.rejection(expiry), CloseReason.SLOW_REQUEST);
			}
		}
	}

	private boolean isRead() {
		ChannelOperations<?, ?> operations = ChannelOperations.get(this.channel);
		return operations != null && !operations.isInboundCancelled();
	}

	// On HTTP/1.1 the connection looks after it.
	@SuppressWarnings("FutureReturnValueIgnored")
	private void drain(long charged) {
		this.patience += charged;
		if (this.patience > DRAIN_TIMEOUT && this.stream) {
			this.registration.cancel();
			this.channel.writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.NO_ERROR));
		}
	}

	private void awaitRefusal(long charged) {
		this.patience += charged;
		if (this.patience > REFUSAL_TIMEOUT && !this.responding && this.limits.mode() == Mode.ENFORCE) {
			this.registration.cancel();
			RequestChannel.reset(this.channel);
		}
	}

	private void exceed(ChannelHandlerContext context, Rejection rejection, CloseReason reason) {
		this.over = true;
		GuardedRequest request = this.guarded;
		if (this.limits.mode() == Mode.OBSERVE) {
			if (request != null) {
				request.tell(rejection, Outcome.OBSERVED);
			}
		}
		else if (request == null) {
			closingUnguarded(reason);
			answer(context, rejection.status().value());
		}
		else {
			closing(reason);
			request.refuse(rejection);
		}
	}

	// A stream has no wire of its own: its connection goes on.
	private void closing(CloseReason reason) {
		Wire wire = this.channel.attr(Wire.KEY).get();
		if (wire != null) {
			wire.closing(reason);
		}
	}

	private void closingUnguarded(CloseReason reason) {
		Wire wire = this.channel.attr(Wire.KEY).get();
		if (wire != null) {
			wire.closingUnguarded(reason);
		}
	}

	@SuppressWarnings("FutureReturnValueIgnored")
	private void answer(ChannelHandlerContext context, int status) {
		if (this.responding) {
			RequestChannel.reset(this.channel);
			return;
		}
		FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1,
				HttpResponseStatus.valueOf(status), Unpooled.EMPTY_BUFFER);
		response.headers().set(HttpHeaderNames.CONTENT_LENGTH, HttpHeaderValues.ZERO);
		write(context, response, context.newPromise());
		context.flush();
	}

	@Override
	@SuppressWarnings("FutureReturnValueIgnored")
	public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
		if (this.complete) {
			context.write(message, promise);
			return;
		}
		HttpResponse response = ResponseParts.head(message);
		if (response != null && !ResponseParts.isInformational(response)) {
			this.responding = true;
			if (isRefused() && !this.stream) {
				// Nobody will read the rest of the body, and what follows is unknown.
				response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
			}
		}
		if (ResponseParts.isLast(message) && this.responding) {
			this.responded = true;
			this.patience = 0;
			if (isRefused() && this.stream) {
				// The response is whole; the client need not send the rest (RFC 9113,
				// 8.1).
				context.write(message, promise.unvoid())
					.addListener((sent) -> this.channel.writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.NO_ERROR)));
				return;
			}
		}
		context.write(message, promise);
	}

	private boolean isRefused() {
		return this.over && this.limits.mode() == Mode.ENFORCE;
	}

	@Override
	public void handlerRemoved(ChannelHandlerContext context) {
		this.registration.cancel();
	}

}
