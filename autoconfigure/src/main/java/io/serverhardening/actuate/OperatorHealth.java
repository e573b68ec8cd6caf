package io.serverhardening.actuate;

import java.util.Iterator;
import java.util.concurrent.atomic.AtomicReference;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

import org.springframework.boot.actuate.health.CompositeHealthContributor;
import org.springframework.boot.actuate.health.CompositeReactiveHealthContributor;
import org.springframework.boot.actuate.health.Health;
import org.springframework.boot.actuate.health.HealthContributor;
import org.springframework.boot.actuate.health.HealthIndicator;
import org.springframework.boot.actuate.health.NamedContributor;
import org.springframework.boot.actuate.health.ReactiveHealthContributor;
import org.springframework.boot.actuate.health.ReactiveHealthIndicator;

/**
 * A blocking health indicator on threads of the starter's own. Whoever asks while it has
 * not answered yet waits for the same answer: one that hangs holds one thread, however
 * often it is asked.
 */
final class OperatorHealth implements ReactiveHealthIndicator {

	private final HealthIndicator indicator;

	private final Scheduler scheduler;

	private final AtomicReference<Sinks.@Nullable One<Health>> running = new AtomicReference<>();

	private OperatorHealth(HealthIndicator indicator, Scheduler scheduler) {
		this.indicator = indicator;
		this.scheduler = scheduler;
	}

	static ReactiveHealthContributor of(HealthContributor contributor, Scheduler scheduler) {
		if (contributor instanceof HealthIndicator indicator) {
			return new OperatorHealth(indicator, scheduler);
		}
		if (contributor instanceof CompositeHealthContributor composite) {
			return new Composite(composite, scheduler);
		}
		return ReactiveHealthContributor.adapt(contributor);
	}

	@Override
	public Mono<Health> health() {
		return Mono.defer(() -> {
			Sinks.One<Health> mine = Sinks.one();
			Sinks.One<Health> others = this.running.compareAndExchange(null, mine);
			if (others != null) {
				return others.asMono();
			}
			Mono.fromCallable(this.indicator::health)
				.subscribeOn(this.scheduler)
				.doFinally((signal) -> this.running.set(null))
				.subscribe(mine::tryEmitValue, mine::tryEmitError, mine::tryEmitEmpty);
			return mine.asMono();
		});
	}

	/**
	 * Several of them.
	 */
	private static final class Composite implements CompositeReactiveHealthContributor {

		private final CompositeHealthContributor contributors;

		private final Scheduler scheduler;

		Composite(CompositeHealthContributor contributors, Scheduler scheduler) {
			this.contributors = contributors;
			this.scheduler = scheduler;
		}

		@Override
		public @Nullable ReactiveHealthContributor getContributor(String name) {
			HealthContributor contributor = this.contributors.getContributor(name);
			return (contributor != null) ? of(contributor, this.scheduler) : null;
		}

		@Override
		public Iterator<NamedContributor<ReactiveHealthContributor>> iterator() {
			return this.contributors.stream()
				.map((named) -> NamedContributor.of(named.getName(), of(named.getContributor(), this.scheduler)))
				.iterator();
		}

	}

}
