package io.serverhardening.deduplication.answer;

import java.io.ByteArrayOutputStream;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;

/**
 * A body that is not kept. One may read it while the handler writes it, as fast as the
 * reader asks. It goes on to its end also when the reader leaves, or never comes: the
 * handler is never the one that is cut off. <pre>
 * OFFERED ──a reader comes──&gt; STREAMING ──the reader leaves──&gt; DRAINING
 * OFFERED ──nobody comes──&gt; DRAINING
 * </pre>
 */
final class OfferedBody extends Flux<DataBuffer> implements Subscription {

	/** Nobody has taken it yet. */
	private static final int OFFERED = 0;

	private static final int STREAMING = 1;

	/** Read to its end for nobody. */
	private static final int DRAINING = 2;

	/** What was written before it was offered. */
	private final ByteArrayOutputStream beginning;

	private final Subscription upstream;

	private final AtomicInteger phase = new AtomicInteger(OFFERED);

	private final AtomicInteger draining = new AtomicInteger();

	private final AtomicLong demand = new AtomicLong();

	private volatile @Nullable CoreSubscriber<? super DataBuffer> reader;

	private volatile boolean asked;

	private volatile boolean begun;

	private volatile boolean ended;

	private volatile @Nullable Throwable error;

	/**
	 * Offer a body.
	 * @param beginning what was written of it, which is not changed any more
	 * @param upstream asks the handler for the rest
	 */
	OfferedBody(ByteArrayOutputStream beginning, Subscription upstream) {
		this.beginning = beginning;
		this.upstream = upstream;
	}

	/**
	 * Take what the handler has written.
	 * @param buffer the next piece
	 */
	void write(DataBuffer buffer) {
		if (this.phase.get() != STREAMING) {
			DataBufferUtils.release(buffer);
			return;
		}
		given();
		CoreSubscriber<? super DataBuffer> reader = this.reader;
		if (reader != null) {
			reader.onNext(buffer);
		}
		else {
			DataBufferUtils.release(buffer);
		}
	}

	/**
	 * End, once what was written has been given.
	 * @param error why, {@code null} for a body that is whole
	 */
	void end(@Nullable Throwable error) {
		if (error != null) {
			this.error = error;
		}
		this.ended = true;
		drain();
	}

	/**
	 * Read on for nobody: whoever waited has left.
	 */
	void abandon() {
		if (this.phase.compareAndSet(OFFERED, DRAINING)) {
			this.upstream.request(Long.MAX_VALUE);
		}
	}

	/**
	 * Whether the handler waits for whoever reads.
	 * @return {@code true} if all that was asked for has been given
	 */
	boolean awaitsReader() {
		return this.phase.get() == STREAMING && this.demand.get() == 0;
	}

	private void given() {
		this.demand.updateAndGet((left) -> (left == Long.MAX_VALUE) ? left : Math.max(0, left - 1));
	}

	@Override
	public void subscribe(CoreSubscriber<? super DataBuffer> reader) {
		if (this.phase.compareAndSet(OFFERED, STREAMING)) {
			this.reader = reader;
			reader.onSubscribe(this);
		}
		else {
			Operators.error(reader, new IllegalStateException("The body is not offered any more"));
		}
	}

	@Override
	public void request(long n) {
		if (!Operators.validate(n)) {
			return;
		}
		this.demand.updateAndGet((left) -> Operators.addCap(left, n));
		if (this.begun) {
			this.upstream.request(n);
			return;
		}
		this.asked = true;
		drain();
		if (n == Long.MAX_VALUE) {
			this.upstream.request(n);
		}
		else if (n > 1 || this.beginning.size() == 0) {
			this.upstream.request((this.beginning.size() == 0) ? n : n - 1);
		}
	}

	// Two may come at once: who asks, from the connection, and who ends, from the
	// handler.
	private void drain() {
		if (this.draining.getAndIncrement() != 0) {
			return;
		}
		do {
			CoreSubscriber<? super DataBuffer> reader = this.reader;
			if (reader != null && this.phase.get() == STREAMING) {
				if (this.asked && !this.begun) {
					this.begun = true;
					if (this.beginning.size() > 0) {
						given();
						reader.onNext(DefaultDataBufferFactory.sharedInstance.wrap(this.beginning.toByteArray()));
					}
				}
				if (this.ended && (this.begun || this.beginning.size() == 0)) {
					this.reader = null;
					Throwable error = this.error;
					if (error != null) {
						reader.onError(error);
					}
					else {
						reader.onComplete();
					}
				}
			}
		}
		while (this.draining.decrementAndGet() != 0);
	}

	@Override
	public void cancel() {
		if (this.phase.compareAndSet(STREAMING, DRAINING)) {
			this.reader = null;
			this.upstream.request(Long.MAX_VALUE);
		}
	}

}
