package io.serverhardening.deduplication.access;

import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;

import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * A step of the store's on its way. Whoever waits for it takes what there is when it is
 * there, as the operators of a {@link Mono} do.
 *
 * @param <T> what the store says
 */
final class StoreStep<T> implements CoreSubscriber<T>, Subscription {

	@SuppressWarnings("rawtypes")
	private static final AtomicIntegerFieldUpdater<StoreStep> OVER = AtomicIntegerFieldUpdater
		.newUpdater(StoreStep.class, "over");

	private final StoreSteps steps;

	private final String id;

	private final @Nullable StoreGrant<T> grant;

	private final boolean mayBeEmpty;

	private final long start;

	/** Let go of when it is over: the timer comes by later. */
	private volatile @Nullable CoreSubscriber<? super T> actual;

	private volatile @Nullable Subscription upstream;

	private volatile int over;

	private boolean answered;

	/**
	 * Create the step.
	 * @param steps keep its time
	 * @param id what the message is known by
	 * @param actual waits for it
	 * @param grant takes what is granted, {@code null} for what is taken back when nobody
	 * waits for it any more
	 * @param mayBeEmpty whether the store may have nothing to say
	 */
	StoreStep(StoreSteps steps, String id, CoreSubscriber<? super T> actual, @Nullable StoreGrant<T> grant,
			boolean mayBeEmpty) {
		this.steps = steps;
		this.id = id;
		this.actual = actual;
		this.grant = grant;
		this.mayBeEmpty = mayBeEmpty;
		this.start = steps.now();
	}

	private @Nullable CoreSubscriber<? super T> end() {
		if (!OVER.compareAndSet(this, 0, 1)) {
			return null;
		}
		CoreSubscriber<? super T> actual = this.actual;
		this.actual = null;
		return actual;
	}

	long leftNanos(long now) {
		return this.start + this.steps.timeoutNanos() - now;
	}

	boolean isDone() {
		return this.over != 0;
	}

	boolean isOver(long now) {
		return isDone() || leftNanos(now) <= 0;
	}

	void expire() {
		CoreSubscriber<? super T> actual = end();
		if (actual != null) {
			takeBack();
			fail(actual, new TimeoutException("The store did not answer in time"));
		}
	}

	private void fail(CoreSubscriber<? super T> actual, Throwable error) {
		this.steps.failed(this.id, error);
		actual.onError(error);
	}

	private void takeBack() {
		Subscription upstream = this.upstream;
		this.upstream = null;
		if (upstream != null && this.grant == null) {
			upstream.cancel();
		}
	}

	@Override
	public Context currentContext() {
		CoreSubscriber<? super T> actual = this.actual;
		return (actual != null) ? actual.currentContext() : Context.empty();
	}

	@Override
	public void onSubscribe(Subscription upstream) {
		if (Operators.validate(this.upstream, upstream)) {
			this.upstream = upstream;
			if (this.over != 0) {
				takeBack();
			}
			upstream.request(Long.MAX_VALUE);
		}
	}

	@Override
	public void onNext(T said) {
		this.answered = true;
		// It holds what was sent and what came, and the timer comes by later.
		this.upstream = null;
		this.steps.times().took(this.steps.now() - this.start);
		StoreGrant<T> grant = this.grant;
		T told = (grant != null) ? grant.arrived(said) : said;
		CoreSubscriber<? super T> actual = end();
		if (actual != null) {
			actual.onNext(told);
			actual.onComplete();
		}
		else if (grant != null) {
			grant.late(told);
		}
	}

	@Override
	public void onComplete() {
		this.upstream = null;
		if (this.answered) {
			return;
		}
		CoreSubscriber<? super T> actual = end();
		if (actual == null) {
			return;
		}
		if (this.mayBeEmpty) {
			this.steps.times().took(this.steps.now() - this.start);
			actual.onComplete();
		}
		else {
			fail(actual, new IllegalStateException("The store did not say anything"));
		}
	}

	@Override
	public void onError(Throwable error) {
		this.upstream = null;
		CoreSubscriber<? super T> actual = end();
		if (actual != null) {
			fail(actual, error);
		}
	}

	@Override
	public void request(long n) {
		Operators.validate(n);
	}

	@Override
	public void cancel() {
		if (end() != null) {
			takeBack();
		}
	}

}
