package io.serverhardening.request;

import java.util.function.Supplier;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.AttributeKey;
import io.netty.util.ReferenceCountUtil;
import io.serverhardening.GuardedRequest;
import io.serverhardening.internal.channel.ResponseParts;
import io.serverhardening.internal.channel.Wire;
import io.serverhardening.internal.time.LoopClock;
import io.serverhardening.request.BodyState.Answer;
import org.jspecify.annotations.Nullable;
import reactor.netty.NettyPipeline;
import reactor.netty.channel.ChannelOperations;

/**
 * Measures the bodies that arrive on one channel, an HTTP/1.1 connection or an HTTP/2
 * stream, as the handler gets them. A request without a body costs it a few assignments.
 * {@link BodyState} says what may be passed on, {@link BodyMeter} holds it to the limits,
 * {@link BodyRefusal} ends what exceeds them. All of it happens on the channel's event
 * loop.
 */
final class RequestBody extends IncomingBody {

	private static final AttributeKey<RequestBody> KEY = AttributeKey.valueOf(RequestBody.class, "body");

	/** With this prefix Reactor Netty puts what the application adds before it. */
	private static final String NAME = NettyPipeline.RIGHT + "serverHardeningRequest";

	private RequestBody(Channel channel, Supplier<BodyLimits> unguarded, int maxLine, LoopClock clock) {
		super(channel, unguarded, maxLine, clock);
	}

	/**
	 * Begin to measure a channel, unless it is measured already.
	 * @param channel the channel
	 * @param unguarded the limits in force for requests that no guard sees
	 * @param maxLine how long a request line may be
	 */
	static void watch(Channel channel, Supplier<BodyLimits> unguarded, int maxLine) {
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
	 * Measure the body of a request by the limits of its route.
	 * @param limits the limits
	 * @param request the request
	 * @param operations its operations
	 * @return {@code false} if the body is, or announces, more than the route takes
	 */
	boolean guard(BodyLimits limits, GuardedRequest request, ChannelOperations<?, ?> operations) {
		if (this.channel.eventLoop().inEventLoop()) {
			return (!this.beginning && !isPresent(operations)) || this.meter.attach(limits, request);
		}
		// A filter before the guards has gone to another thread; by the time it is back,
		// the body may be complete, and the connection at its next request.
		boolean fits = this.state.declared() <= limits.maxBodySize();
		this.channel.eventLoop().execute(() -> {
			if (isPresent(operations) && !this.meter.attach(limits, request) && fits) {
				this.meter.refuseLate();
			}
		});
		return fits;
	}

	private boolean isPresent(ChannelOperations<?, ?> operations) {
		return ChannelOperations.get(this.channel) == operations;
	}

	@Override
	public void channelRead(ChannelHandlerContext context, Object message) {
		// By class first: testing one class for several interfaces from several threads
		// has them fight for a cache line (JDK-8180450).
		if (message.getClass() == DefaultHttpRequest.class) {
			begin(context, (DefaultHttpRequest) message, 0, false);
		}
		else if (message == LastHttpContent.EMPTY_LAST_CONTENT) {
			if (this.state.end()) {
				ended();
				context.fireChannelRead(message);
			}
		}
		else if (message.getClass() == DefaultFullHttpRequest.class) {
			DefaultFullHttpRequest request = (DefaultFullHttpRequest) message;
			begin(context, request, request.content().readableBytes(), true);
		}
		else if (message instanceof HttpRequest request) {
			int bytes = (message instanceof HttpContent content) ? content.content().readableBytes() : 0;
			begin(context, request, bytes, message instanceof LastHttpContent);
		}
		else if (message instanceof HttpContent content) {
			arrived(context, content);
		}
		else {
			context.fireChannelRead(message);
		}
	}

	@Override
	public void channelReadComplete(ChannelHandlerContext context) {
		this.meter.reading(false);
		context.fireChannelReadComplete();
	}

	@Override
	public void read(ChannelHandlerContext context) {
		this.meter.reading(true);
		openLate();
		context.read();
	}

	@Override
	@SuppressWarnings("FutureReturnValueIgnored")
	public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
		if (this.state.isSettled()) {
			context.write(message, promise);
			return;
		}
		if (this.state.isAnsweredHere()) {
			ReferenceCountUtil.release(message);
			if (!promise.isVoid()) {
				promise.trySuccess();
			}
			return;
		}
		HttpResponse response = ResponseParts.head(message);
		if (response != null) {
			openLate();
			if (!begin(response)) {
				ReferenceCountUtil.release(message);
				promise.trySuccess();
				return;
			}
		}
		if (ResponseParts.isLast(message) && this.state.answer() == Answer.BEGUN) {
			this.refusal.writeLast(context, message, promise);
		}
		else {
			context.write(message, promise);
		}
	}

	// On a stream a second head would be the end of its connection.
	private boolean begin(HttpResponse response) {
		if (ResponseParts.isInformational(response)) {
			return this.state.informed();
		}
		if (this.state.answerBegun() && !this.stream) {
			response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
		}
		return true;
	}

	@Override
	public void handlerRemoved(ChannelHandlerContext context) {
		this.meter.close();
	}

}
