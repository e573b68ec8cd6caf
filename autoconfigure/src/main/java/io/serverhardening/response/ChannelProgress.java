package io.serverhardening.response;

import java.util.function.LongSupplier;

import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.serverhardening.GuardedRequest;
import io.serverhardening.internal.channel.ChannelLoss;
import io.serverhardening.internal.channel.RequestChannel;
import io.serverhardening.internal.channel.ResponseParts;
import io.serverhardening.response.body.PacedBody;
import io.serverhardening.response.body.PacedChannel;
import io.serverhardening.response.body.Producers;
import io.serverhardening.response.pace.WriteLimits;
import io.serverhardening.response.pace.WritePace;
import org.jspecify.annotations.Nullable;
import reactor.netty.NettyPipeline;

/**
 * Watches one channel, an HTTP/1.1 connection or an HTTP/2 stream, for what the response
 * clocks need to know: it tells the {@link ResponseTimer}, the {@link WritePace} and the
 * bodies that wait for room. It lives as long as the channel.
 * <p>
 * All of it happens on the channel's event loop.
 */
final class ChannelProgress extends ChannelDuplexHandler implements PacedChannel {

	private static final String NAME = "serverHardeningResponse";

	private final Channel channel;

	private final ChannelLoss loss;

	private final ResponseTimer timer;

	private final @Nullable WritePace pace;

	/** What waits for the channel to become writable, since there is something. */
	private @Nullable Producers producers;

	ChannelProgress(Channel channel, LongSupplier time, @Nullable WritePace pace) {
		this.channel = channel;
		this.loss = ChannelLoss.of(channel);
		this.loss.answersAreTold();
		this.timer = new ResponseTimer(channel, time);
		this.pace = pace;
	}

	/**
	 * Watch the pace of the response to a request by the limits of its route.
	 * @param limits the limits
	 * @param request the request
	 */
	void guard(WriteLimits limits, GuardedRequest request) {
		if (this.pace != null) {
			if (this.channel.eventLoop().inEventLoop()) {
				this.pace.guard(limits, request);
			}
			else {
				this.channel.eventLoop().execute(() -> this.pace.guard(limits, request));
			}
		}
	}

	@Override
	public void producer(PacedBody<?> producer) {
		if (this.channel.eventLoop().inEventLoop()) {
			add(producer);
		}
		else {
			this.channel.eventLoop().execute(() -> {
				add(producer);
				// The channel may have become writable since it was asked last.
				producer.run();
			});
		}
	}

	private void add(PacedBody<?> producer) {
		if (this.producers == null) {
			this.producers = new Producers();
		}
		this.producers.add(producer);
	}

	@Override
	public void channelWritabilityChanged(ChannelHandlerContext context) {
		Producers producers = this.producers;
		if (producers != null && this.channel.isWritable()) {
			// Not at once: the flush that made room is not over.
			this.channel.eventLoop().execute(producers);
		}
		context.fireChannelWritabilityChanged();
	}

	/**
	 * Begin to watch the channel.
	 */
	void install() {
		this.channel.attr(PacedChannel.KEY).set(this);
		this.channel.pipeline().addBefore(NettyPipeline.ReactiveBridge, NAME, this);
	}

	static @Nullable ChannelProgress of(Channel channel) {
		return (PacedChannel.of(channel) instanceof ChannelProgress progress) ? progress : null;
	}

	@Override
	public Channel channel() {
		return this.channel;
	}

	ResponseTimer timer() {
		return this.timer;
	}

	@Override
	public void channelRead(ChannelHandlerContext context, Object message) {
		// By class first, as Reactor Netty does: testing one class for several interfaces
		// from several threads has them fight for a cache line (JDK-8180450).
		if (message.getClass() == DefaultHttpRequest.class) {
			requestArrived(false);
		}
		else if (message == LastHttpContent.EMPTY_LAST_CONTENT) {
			this.timer.bodyArrived(true);
		}
		else if (message instanceof HttpRequest) {
			requestArrived(message instanceof LastHttpContent);
		}
		else if (message instanceof HttpContent) {
			this.timer.bodyArrived(message instanceof LastHttpContent);
		}
		context.fireChannelRead(message);
	}

	private void requestArrived(boolean complete) {
		this.timer.body().begin(complete);
		this.producers = null;
		if (this.pace != null) {
			this.pace.begin();
		}
	}

	@Override
	public void read(ChannelHandlerContext context) throws Exception {
		this.timer.reading();
		super.read(context);
	}

	@Override
	public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) throws Exception {
		this.timer.writing(message);
		this.loss.writing(message);
		boolean last = ResponseParts.isLast(message);
		if (last) {
			this.producers = null;
			this.loss.answering(promise);
		}
		if (this.pace != null) {
			this.pace.writing(last);
		}
		super.write(context, message, promise);
		if (last && promise.isDone() && !promise.isSuccess()) {
			// A handler that is cancelled on another thread may release its body while it
			// is being written. The server takes it for sent, and is done with it.
			this.channel.eventLoop().execute(this::lost);
		}
	}

	private void lost() {
		if (this.channel.isActive()) {
			RequestChannel.reset(this.channel);
		}
	}

	@Override
	public void handlerRemoved(ChannelHandlerContext context) {
		this.timer.end();
		if (this.pace != null) {
			this.pace.end();
		}
	}

}
