package io.serverhardening.deduplication.run;

import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;

import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;

/**
 * What becomes of a run, for the one attempt that asked for it.
 */
final class RunOutcome extends Mono<RunResult> implements Subscription {

	/** Stands for whoever has been told, or has left. */
	private static final Object OVER = new Object();

	private static final AtomicReferenceFieldUpdater<RunOutcome, Object> STATE = AtomicReferenceFieldUpdater
		.newUpdater(RunOutcome.class, Object.class, "state");

	private final Runnable onCancel;

	/** Nothing, a result, whoever waits for one, or {@link #OVER}. */
	private volatile @Nullable Object state;

	private @Nullable CoreSubscriber<? super RunResult> attempt;

	/**
	 * Create the outcome.
	 * @param onCancel is told when whoever waits leaves
	 */
	RunOutcome(Runnable onCancel) {
		this.onCancel = onCancel;
	}

	/**
	 * Say what has become of the run. The first to say so is heard.
	 * @param result the result
	 */
	void give(RunResult result) {
		Object before = this.state;
		if (before == null) {
			if (STATE.compareAndSet(this, null, result)) {
				return;
			}
			before = this.state;
		}
		if (before == this && STATE.compareAndSet(this, this, OVER)) {
			tell(result);
		}
	}

	private void tell(RunResult result) {
		CoreSubscriber<? super RunResult> attempt = this.attempt;
		this.attempt = null;
		if (attempt != null) {
			attempt.onNext(result);
			attempt.onComplete();
		}
	}

	@Override
	public void subscribe(CoreSubscriber<? super RunResult> actual) {
		if (this.attempt != null || this.state == OVER) {
			Operators.error(actual, new IllegalStateException("A run belongs to one attempt"));
			return;
		}
		this.attempt = actual;
		actual.onSubscribe(this);
	}

	@Override
	public void request(long n) {
		if (Operators.validate(n) && !STATE.compareAndSet(this, null, this)) {
			Object given = this.state;
			if (given instanceof RunResult result && STATE.compareAndSet(this, given, OVER)) {
				tell(result);
			}
		}
	}

	@Override
	public void cancel() {
		STATE.set(this, OVER);
		this.attempt = null;
		this.onCancel.run();
	}

}
