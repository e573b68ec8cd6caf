package io.serverhardening.deduplication;

import java.io.ByteArrayOutputStream;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

import io.serverhardening.deduplication.record.Answer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.core.publisher.Sinks;
import reactor.util.context.Context;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;

/**
 * Takes the body that a handler writes. What is short is kept; what is not is offered,
 * from its beginning, to whoever waits for it, and goes on to its end also when they
 * leave: the handler is never the one that is cut off.
 */
final class RecordedBody extends Flux<DataBuffer> implements CoreSubscriber<DataBuffer>, Subscription {

	private static final int RECORDING = 0;

	/** Too long to keep; nobody has taken it yet. */
	private static final int OFFERED = 1;

	private static final int STREAMING = 2;

	/** Read to its end for nobody. */
	private static final int DRAINING = 3;

	private final ByteArrayOutputStream kept = new ByteArrayOutputStream(256);

	private final AtomicInteger phase = new AtomicInteger(RECORDING);

	private final AtomicInteger draining = new AtomicInteger();

	private final AtomicLong demand = new AtomicLong();

	private final Sinks.Empty<Void> done = Sinks.empty();

	private final boolean streamed;

	private final Consumer<RecordedBody> offer;

	private final Runnable onLong;

	private final Context context;

	private @Nullable Subscription upstream;

	private volatile @Nullable CoreSubscriber<? super DataBuffer> downstream;

	private volatile boolean asked;

	private volatile boolean begun;

	private volatile boolean ended;

	private volatile @Nullable Throwable error;

	/**
	 * Create the body.
	 * @param streamed whether it is meant to be sent as it is written
	 * @param offer offers a body that is not kept
	 * @param onLong is told once a body is too long to be kept; of one that is streamed
	 * nobody can tell before its end whether it has failed
	 * @param context the context of the handler
	 */
	RecordedBody(boolean streamed, Consumer<RecordedBody> offer, Runnable onLong, Context context) {
		this.streamed = streamed;
		this.offer = offer;
		this.onLong = onLong;
		this.context = context;
	}

	/**
	 * Take a body.
	 * @param body the body
	 * @return completes when it has been taken to its end
	 */
	Mono<Void> record(Publisher<? extends DataBuffer> body) {
		Flux.from(body).subscribe(this);
		return this.done.asMono();
	}

	/**
	 * Return what was kept.
	 * @return the body, {@code null} if it was too long
	 */
	byte @Nullable [] bytes() {
		return (this.phase.get() == RECORDING) ? this.kept.toByteArray() : null;
	}

	/**
	 * Return what has ended a body before its end.
	 * @return the error, {@code null} for a body that is whole, or goes on
	 */
	@Nullable Throwable brokenBy() {
		return this.error;
	}

	/**
	 * Read on for nobody: whoever waited has left.
	 */
	void abandon() {
		if (this.phase.compareAndSet(OFFERED, DRAINING)) {
			upstream().request(Long.MAX_VALUE);
		}
	}

	/**
	 * Whether the handler waits for whoever reads.
	 * @return {@code true} if all that was asked for has been given
	 */
	boolean awaitsReader() {
		return this.phase.get() == STREAMING && this.demand.get() == 0;
	}

	private Subscription upstream() {
		Subscription upstream = this.upstream;
		return (upstream != null) ? upstream : Operators.emptySubscription();
	}

	@Override
	public Context currentContext() {
		return this.context;
	}

	@Override
	public void onSubscribe(Subscription subscription) {
		this.upstream = subscription;
		if (this.streamed) {
			this.phase.set(OFFERED);
			this.offer.accept(this);
		}
		else {
			subscription.request(1);
		}
	}

	@Override
	public void onNext(DataBuffer buffer) {
		switch (this.phase.get()) {
			case RECORDING -> {
				int size = buffer.readableByteCount();
				byte[] bytes = new byte[size];
				buffer.read(bytes);
				DataBufferUtils.release(buffer);
				this.kept.write(bytes, 0, size);
				if (this.kept.size() > Answer.MAX_BODY) {
					this.phase.set(OFFERED);
					this.onLong.run();
					this.offer.accept(this);
				}
				else {
					upstream().request(1);
				}
			}
			case STREAMING -> {
				given();
				CoreSubscriber<? super DataBuffer> downstream = this.downstream;
				if (downstream != null) {
					downstream.onNext(buffer);
				}
				else {
					DataBufferUtils.release(buffer);
				}
			}
			default -> DataBufferUtils.release(buffer);
		}
	}

	private void given() {
		this.demand.updateAndGet((left) -> (left == Long.MAX_VALUE) ? left : Math.max(0, left - 1));
	}

	@Override
	public void onError(Throwable error) {
		this.error = error;
		this.ended = true;
		drain();
		this.done.tryEmitError(error);
	}

	@Override
	public void onComplete() {
		this.ended = true;
		drain();
		this.done.tryEmitEmpty();
	}

	@Override
	public void subscribe(CoreSubscriber<? super DataBuffer> subscriber) {
		if (this.phase.compareAndSet(OFFERED, STREAMING)) {
			this.downstream = subscriber;
			subscriber.onSubscribe(this);
		}
		else {
			Operators.error(subscriber, new IllegalStateException("The body is not offered, or not any more"));
		}
	}

	@Override
	public void request(long n) {
		if (!Operators.validate(n)) {
			return;
		}
		this.demand.updateAndGet((left) -> Operators.addCap(left, n));
		if (this.begun) {
			upstream().request(n);
			return;
		}
		this.asked = true;
		drain();
		if (n == Long.MAX_VALUE) {
			upstream().request(n);
		}
		else if (n > 1 || this.kept.size() == 0) {
			upstream().request((this.kept.size() == 0) ? n : n - 1);
		}
	}

	// Two may come at once: who asks, from the connection, and who ends, from the
	// handler.
	private void drain() {
		if (this.draining.getAndIncrement() != 0) {
			return;
		}
		do {
			CoreSubscriber<? super DataBuffer> downstream = this.downstream;
			if (downstream != null && this.phase.get() == STREAMING) {
				if (this.asked && !this.begun) {
					this.begun = true;
					if (this.kept.size() > 0) {
						given();
						downstream.onNext(DefaultDataBufferFactory.sharedInstance.wrap(this.kept.toByteArray()));
					}
				}
				if (this.ended && (this.begun || this.kept.size() == 0)) {
					this.downstream = null;
					Throwable error = this.error;
					if (error != null) {
						downstream.onError(error);
					}
					else {
						downstream.onComplete();
					}
				}
			}
		}
		while (this.draining.decrementAndGet() != 0);
	}

	@Override
	public void cancel() {
		if (this.phase.compareAndSet(STREAMING, DRAINING)) {
			this.downstream = null;
			upstream().request(Long.MAX_VALUE);
		}
	}

	/**
	 * Stop the handler that writes it, unless all of it is there.
	 */
	void stop() {
		if (!this.ended) {
			try {
				upstream().cancel();
			}
			finally {
				// Whoever reads it must not wait for the rest.
				onError(new CancellationException("The handler was stopped"));
			}
		}
	}

}
