package io.serverhardening.internal.call;

import java.util.Objects;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * A {@link Mono} of the application's that signals what it throws. {@code Mono.defer}
 * would do for exceptions; Reactor takes some errors for fatal and has them fly past all
 * subscribers, which then wait for ever.
 *
 * @param <T> the type of the value
 */
final class ContainedMono<T> extends Mono<T> {

	private final Supplier<? extends @Nullable Mono<T>> code;

	ContainedMono(Supplier<? extends @Nullable Mono<T>> code) {
		this.code = code;
	}

	@Override
	public void subscribe(CoreSubscriber<? super T> actual) {
		Contained<T> contained = new Contained<>(actual);
		try {
			Objects.requireNonNull(this.code.get(), "null instead of a Mono").subscribe(contained);
		}
		catch (Throwable ex) {
			contained.thrown(ex);
		}
	}

	/**
	 * Stands between the two.
	 *
	 * @param <T> the type of the value
	 */
	private static final class Contained<T> implements CoreSubscriber<T>, Subscription {

		private final CoreSubscriber<? super T> actual;

		private volatile @Nullable Subscription upstream;

		/** The rest is our own code's doing, also what it throws. */
		private volatile boolean answered;

		Contained(CoreSubscriber<? super T> actual) {
			this.actual = actual;
		}

		@Override
		public Context currentContext() {
			return this.actual.currentContext();
		}

		@Override
		public void onSubscribe(Subscription subscription) {
			if (Operators.validate(this.upstream, subscription)) {
				this.upstream = subscription;
				this.actual.onSubscribe(this);
			}
		}

		@Override
		public void onNext(T value) {
			if (!this.answered) {
				this.answered = true;
				// What is upstream holds what it was made of, such as a body, for as long
				// as those behind wait.
				this.upstream = Operators.emptySubscription();
				this.actual.onNext(value);
				this.actual.onComplete();
			}
		}

		@Override
		public void onError(Throwable ex) {
			if (!this.answered) {
				this.answered = true;
				this.actual.onError(ex);
			}
		}

		@Override
		public void onComplete() {
			if (!this.answered) {
				this.answered = true;
				this.actual.onComplete();
			}
		}

		@Override
		public void request(long n) {
			Subscription subscription = this.upstream;
			if (subscription != null) {
				try {
					subscription.request(n);
				}
				catch (Throwable ex) {
					thrown(ex);
				}
			}
		}

		@Override
		public void cancel() {
			this.answered = true;
			Subscription subscription = this.upstream;
			if (subscription != null) {
				subscription.cancel();
			}
		}

		private void thrown(Throwable ex) {
			if (this.answered) {
				sneak(ex);
			}
			this.answered = true;
			if (this.upstream == null) {
				this.upstream = Operators.emptySubscription();
				this.actual.onSubscribe(this);
			}
			this.actual.onError(ex);
		}

		@SuppressWarnings("unchecked")
		private static <E extends Throwable> void sneak(Throwable ex) throws E {
			throw (E) ex;
		}

	}

}
