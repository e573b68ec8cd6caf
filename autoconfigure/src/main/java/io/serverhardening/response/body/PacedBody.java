package io.serverhardening.response.body;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToIntFunction;

import io.netty.channel.EventLoop;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxOperator;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * A response body that is produced as fast as the client takes it. Reactor Netty asks for
 * 128 elements at once, whatever their size and whether or not the socket takes any; this
 * passes on only as much of that demand as there is room for, so that a connection pins
 * no more than what the channel buffers and one element (or a few small ones).
 *
 * @param <T> the type of the elements
 */
public final class PacedBody<T> extends FluxOperator<T, T> implements Runnable, CoreSubscriber<T>, Subscription {

	/**
	 * What may be on its way to the channel, in bytes: as much as a channel takes before
	 * it is not writable.
	 */
	static final int ROOM = 64 * 1024;

	/** Small elements are asked for in batches, of so many bytes. */
	private static final int BATCH_BYTES = 16 * 1024;

	/** And of so many elements at the most. */
	private static final int BATCH = 16;

	private final PacedChannel channel;

	private final EventLoop loop;

	private final ToIntFunction<T> size;

	private final AtomicInteger work = new AtomicInteger();

	private final AtomicLong demand = new AtomicLong();

	/** Elements asked for that have not come. */
	private final AtomicInteger expected = new AtomicInteger();

	/** Bytes that another thread has passed on and the channel has not seen yet. */
	private final AtomicInteger underway = new AtomicInteger();

	/** One until it is known how large they are. */
	private volatile int batch = 1;

	/** Whether an element has come. */
	private volatile boolean begun;

	private volatile boolean done;

	private @Nullable Subscription upstream;

	private CoreSubscriber<? super T> downstream = Operators.emptySubscriber();

	/**
	 * Pace a body. Whoever subscribes once more, to try again or to repeat it, gets one
	 * that begins anew.
	 * @param <T> the type of the elements
	 * @param source the body as it is
	 * @param channel the channel
	 * @param size tells the size of an element
	 * @return the same, as fast as it is taken
	 */
	static <T> Flux<T> of(Flux<T> source, PacedChannel channel, ToIntFunction<T> size) {
		return Flux.defer(() -> new PacedBody<>(source, channel, size));
	}

	/**
	 * Create the body, which can be subscribed to once.
	 * @param source the body as it is
	 * @param channel the channel
	 * @param size tells the size of an element
	 */
	PacedBody(Flux<T> source, PacedChannel channel, ToIntFunction<T> size) {
		super(source);
		this.channel = channel;
		this.loop = channel.channel().eventLoop();
		this.size = size;
	}

	/**
	 * Say how large elements are.
	 * @param bytes the size of the last one
	 */
	void sized(int bytes) {
		this.batch = Math.max(1, Math.min(BATCH, BATCH_BYTES / Math.max(1, bytes)));
	}

	@Override
	public void subscribe(CoreSubscriber<? super T> actual) {
		this.downstream = actual;
		this.channel.producer(this);
		this.source.subscribe(this);
	}

	@Override
	public Context currentContext() {
		return this.downstream.currentContext();
	}

	@Override
	public void onSubscribe(Subscription subscription) {
		if (Operators.validate(this.upstream, subscription)) {
			this.upstream = subscription;
			this.downstream.onSubscribe(this);
		}
	}

	@Override
	public void request(long n) {
		if (Operators.validate(n)) {
			this.demand.accumulateAndGet(n, Operators::addCap);
			if (this.begun && this.loop.inEventLoop()) {
				// Perhaps out of the midst of a write, when nobody knows whether there is
				// room. The first is asked for at once: a source that does not wait may
				// have it already.
				this.loop.execute(this);
			}
			else {
				run();
			}
		}
	}

	@Override
	public void onNext(T element) {
		if (!this.begun) {
			this.begun = true;
		}
		int bytes = this.size.applyAsInt(element);
		sized(bytes);
		if (this.loop.inEventLoop()) {
			this.downstream.onNext(element);
			this.expected.decrementAndGet();
		}
		else {
			this.underway.addAndGet(bytes);
			this.downstream.onNext(element);
			this.expected.decrementAndGet();
			// After the task that writes it.
			this.loop.execute(() -> {
				this.underway.addAndGet(-bytes);
				run();
			});
		}
		run();
	}

	/**
	 * Ask for more while there is room.
	 */
	@Override
	public void run() {
		Subscription subscription = this.upstream;
		if (subscription == null || this.work.getAndIncrement() != 0) {
			return;
		}
		int missed = 1;
		do {
			while (!this.done && this.expected.get() == 0 && this.demand.get() > 0 && hasRoom()) {
				int n = (int) Math.min(this.demand.get(), this.batch);
				if (this.demand.get() != Long.MAX_VALUE) {
					this.demand.addAndGet(-n);
				}
				this.expected.addAndGet(n);
				subscription.request(n);
			}
			missed = this.work.addAndGet(-missed);
		}
		while (missed != 0);
	}

	boolean isDone() {
		return this.done;
	}

	private boolean hasRoom() {
		return this.underway.get() < ROOM && this.channel.channel().isWritable();
	}

	@Override
	public void onError(Throwable ex) {
		this.done = true;
		this.downstream.onError(ex);
	}

	@Override
	public void onComplete() {
		this.done = true;
		this.downstream.onComplete();
	}

	@Override
	public void cancel() {
		this.done = true;
		Subscription subscription = this.upstream;
		if (subscription != null) {
			subscription.cancel();
		}
	}

}
