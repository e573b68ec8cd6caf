package io.serverhardening.deduplication.access;

import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;

/**
 * A step of the store's, taken each time that somebody waits for it.
 *
 * @param <T> what the store says
 */
final class AskedStep<T> extends Mono<T> {

	private final StoreSteps steps;

	private final String id;

	private final Mono<T> source;

	private final @Nullable StoreGrant<T> grant;

	private final boolean mayBeEmpty;

	/**
	 * Create the step.
	 * @param steps keep its time
	 * @param id what the message is known by
	 * @param source the step
	 * @param grant takes what is granted, {@code null} for what is taken back when nobody
	 * waits for it any more
	 * @param mayBeEmpty whether the store may have nothing to say
	 */
	AskedStep(StoreSteps steps, String id, Mono<T> source, @Nullable StoreGrant<T> grant, boolean mayBeEmpty) {
		this.steps = steps;
		this.id = id;
		this.source = source;
		this.grant = grant;
		this.mayBeEmpty = mayBeEmpty;
	}

	@Override
	public void subscribe(CoreSubscriber<? super T> actual) {
		StoreStep<T> step = new StoreStep<>(this.steps, this.id, actual, this.grant, this.mayBeEmpty);
		actual.onSubscribe(step);
		if (step.isDone()) {
			return;
		}
		this.steps.begin(step);
		try {
			this.source.subscribe(step);
		}
		catch (RuntimeException ex) {
			step.onError(ex);
		}
	}

}
