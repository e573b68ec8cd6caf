package io.serverhardening.response;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.AttributeKey;
import io.netty.util.concurrent.ScheduledFuture;
import io.serverhardening.GuardedRequest;
import io.serverhardening.internal.channel.ChannelLoss;
import io.serverhardening.internal.channel.ResponseParts;
import org.jspecify.annotations.Nullable;
import reactor.netty.NettyPipeline;

/**
 * Watches one channel, an HTTP/1.1 connection or an HTTP/2 stream, for what the response
 * clocks need to know, and is their timer. It lives as long as the channel, so that a
 * request on a kept connection costs it two assignments: the timer that an earlier
 * request armed is left to fire and then set to when it is needed.
 * <p>
 * All of it happens on the channel's event loop.
 */
final class ChannelProgress extends ChannelDuplexHandler implements Runnable {

	private static final AttributeKey<ChannelProgress> KEY = AttributeKey.valueOf(ChannelProgress.class, "progress");

	private static final String NAME = "serverHardeningResponse";

	private final Channel channel;

	private final ChannelLoss loss;

	private final LongSupplier time;

	/** The deadline of the request under way. */
	private @Nullable Watched current;

	private @Nullable ScheduledFuture<?> timer;

	private long timerAt;

	private final BodyWait body = new BodyWait();

	private long lastWrite;

	/** Whether anything of the response has been written. */
	private boolean begun;

	/** Whether the handler is done and its response has not begun. */
	private boolean leaving;

	private boolean looksAtBacklog;

	private final @Nullable WritePace pace;

	/** What waits for the channel to become writable, since there is something. */
	private @Nullable Producers producers;

	ChannelProgress(Channel channel, LongSupplier time, @Nullable WritePace pace) {
		this.channel = channel;
		this.loss = ChannelLoss.of(channel);
		this.loss.answersAreTold();
		this.time = time;
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

	/**
	 * Have a body that is about to be produced told when the channel becomes writable.
	 * @param producer the body
	 */
	void producer(PacedBody<?> producer) {
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
		this.channel.attr(KEY).set(this);
		this.channel.pipeline().addBefore(NettyPipeline.ReactiveBridge, NAME, this);
	}

	static @Nullable ChannelProgress of(Channel channel) {
		return channel.attr(KEY).get();
	}

	/**
	 * Watch the request that has just begun.
	 * @param deadline its deadline
	 * @param now the time
	 * @param delay when to look first, in nanoseconds
	 */
	void arm(Watched deadline, long now, long delay) {
		Watched earlier = this.current;
		if (earlier != null && this.begun) {
			earlier.outlive(this.lastWrite);
		}
		this.lastWrite = now;
		this.begun = false;
		this.leaving = false;
		this.looksAtBacklog = false;
		this.current = deadline;
		schedule(now, delay);
	}

	/**
	 * Stop watching a request whose handler is done, once its response has begun: what
	 * stands between the two, such as a hook that saves a session, may take for ever too.
	 * @param deadline its deadline
	 */
	void disarm(Watched deadline) {
		if (this.current == deadline) {
			if (this.begun) {
				this.current = null;
			}
			else {
				this.leaving = true;
			}
		}
	}

	/**
	 * Stop watching a request, whatever has become of its response.
	 * @param deadline its deadline
	 */
	void forget(Watched deadline) {
		if (this.current == deadline) {
			this.current = null;
		}
	}

	private void schedule(long now, long delay) {
		if (delay >= ResponseClock.NEVER) {
			return;
		}
		long at = now + delay;
		if (this.timer != null) {
			if (this.timerAt - at <= 0) {
				return;
			}
			this.timer.cancel(false);
		}
		this.timerAt = at;
		this.timer = this.channel.eventLoop().schedule(this, delay, TimeUnit.NANOSECONDS);
	}

	@Override
	public void run() {
		this.timer = null;
		look();
	}

	private void look() {
		Watched deadline = this.current;
		if (deadline != null) {
			long now = this.time.getAsLong();
			long delay = deadline.check(now);
			if (this.current == deadline) {
				schedule(now, delay);
			}
		}
	}

	Channel channel() {
		return this.channel;
	}

	BodyWait body() {
		return this.body;
	}

	boolean hasBegun() {
		return this.begun;
	}

	/**
	 * Whether the handler is done and its response has not begun.
	 * @return {@code true} if something after the handler holds the response up
	 */
	boolean isLeaving() {
		return this.leaving;
	}

	/**
	 * Whether bytes are waiting for the client to take them.
	 * @return {@code true} if the handler's silence, if it is one, is not its own choice
	 */
	boolean hasBacklog() {
		return this.channel.bytesBeforeUnwritable() < this.channel.config().getWriteBufferHighWaterMark();
	}

	long silentSince(long now) {
		if (hasBacklog()) {
			this.looksAtBacklog = true;
			return now;
		}
		if (this.looksAtBacklog) {
			// Taken since the last look, a second ago at most: silence begins here.
			this.looksAtBacklog = false;
			this.lastWrite = now;
		}
		return this.lastWrite;
	}

	@Override
	public void channelRead(ChannelHandlerContext context, Object message) {
		// By class first, as Reactor Netty does: testing one class for several interfaces
		// from several threads has them fight for a cache line (JDK-8180450).
		if (message.getClass() == DefaultHttpRequest.class) {
			requestArrived(false);
		}
		else if (message == LastHttpContent.EMPTY_LAST_CONTENT) {
			bodyArrived(true);
		}
		else if (message instanceof HttpRequest) {
			requestArrived(message instanceof LastHttpContent);
		}
		else if (message instanceof HttpContent) {
			bodyArrived(message instanceof LastHttpContent);
		}
		context.fireChannelRead(message);
	}

	private void requestArrived(boolean complete) {
		this.body.begin(complete);
		this.producers = null;
		if (this.pace != null) {
			this.pace.begin();
		}
	}

	private void bodyArrived(boolean last) {
		Watched deadline = this.current;
		boolean awaited = this.body.isOpen();
		if (awaited && deadline != null && deadline.readsBody()) {
			this.body.arrive(this.time.getAsLong(), last);
			// The clock runs again from here, perhaps with less to go than until the next
			// look.
			look();
		}
		else {
			this.body.abandon();
			this.body.arrive(0, last);
		}
	}

	@Override
	public void read(ChannelHandlerContext context) throws Exception {
		Watched deadline = this.current;
		if (deadline != null && deadline.readsBody()) {
			this.body.ask(this.time.getAsLong());
		}
		super.read(context);
	}

	@Override
	public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) throws Exception {
		Watched deadline = this.current;
		if (deadline != null) {
			this.lastWrite = this.time.getAsLong();
			if (!this.begun && !ResponseParts.isInterim(message)) {
				this.begun = true;
				deadline.begun(this.lastWrite);
			}
			if (this.leaving) {
				this.current = null;
			}
		}
		boolean last = ResponseParts.isLast(message);
		if (last) {
			this.producers = null;
			this.loss.answering(promise);
		}
		if (this.pace != null) {
			this.pace.writing(last);
		}
		super.write(context, message, promise);
	}

	@Override
	public void handlerRemoved(ChannelHandlerContext context) {
		ScheduledFuture<?> timer = this.timer;
		if (timer != null) {
			timer.cancel(false);
			this.timer = null;
		}
		Watched last = this.current;
		if (last != null && this.begun) {
			this.current = null;
			last.outlive(this.lastWrite);
		}
		if (this.pace != null) {
			this.pace.end();
		}
	}

	/**
	 * What is looked at when its time may have come.
	 */
	interface Watched {

		/**
		 * Look at the clocks, and act on what ran out.
		 * @param now the time
		 * @return when to look again, in nanoseconds
		 */
		long check(long now);

		/**
		 * The first of the response is being written.
		 * @param now the time
		 */
		void begun(long now);

		/**
		 * The channel is at its next request, or gone, and this one goes on although all
		 * of its response has been written: its clock does too, beside that of the
		 * channel. What happens on that is not its affair any more.
		 * @param answered when the last of it was written
		 */
		void outlive(long answered);

		/**
		 * Whether anybody still reads the body.
		 * @return {@code false} once the handler has stopped reading
		 */
		boolean readsBody();

	}

}
