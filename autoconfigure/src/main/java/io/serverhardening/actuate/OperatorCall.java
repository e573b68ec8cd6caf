package io.serverhardening.actuate;

import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/**
 * A blocking call on threads of the starter's own. Whoever asks while it has not returned
 * yet waits for the same result: one that hangs holds one thread, however often it is
 * asked.
 *
 * @param <T> what it returns
 */
public final class OperatorCall<T> {

	private final Callable<T> call;

	private final Scheduler scheduler;

	private final AtomicReference<Sinks.@Nullable One<T>> running = new AtomicReference<>();

	/**
	 * Create it.
	 * @param call the call
	 * @param scheduler has the threads
	 */
	public OperatorCall(Callable<T> call, Scheduler scheduler) {
		this.call = call;
		this.scheduler = scheduler;
	}

	/**
	 * Have it called for each subscriber, unless it runs.
	 * @return its result, empty for {@code null}
	 */
	public Mono<T> result() {
		return Mono.defer(() -> {
			Sinks.One<T> mine = Sinks.one();
			Sinks.One<T> others = this.running.compareAndExchange(null, mine);
			if (others != null) {
				return others.asMono();
			}
			Mono.fromCallable(this.call)
				.subscribeOn(this.scheduler)
				.doFinally((signal) -> this.running.set(null))
				.subscribe(mine::tryEmitValue, mine::tryEmitError, mine::tryEmitEmpty);
			return mine.asMono();
		});
	}

}
