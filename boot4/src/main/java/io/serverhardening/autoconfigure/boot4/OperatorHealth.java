package io.serverhardening.autoconfigure.boot4;

import java.util.stream.Stream;

import io.serverhardening.actuate.OperatorCall;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

import org.springframework.boot.health.contributor.CompositeHealthContributor;
import org.springframework.boot.health.contributor.CompositeReactiveHealthContributor;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthContributor;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.ReactiveHealthContributor;
import org.springframework.boot.health.contributor.ReactiveHealthIndicator;

/**
 * A blocking health indicator on threads of the starter's own.
 */
final class OperatorHealth implements ReactiveHealthIndicator {

	private final OperatorCall<Health> call;

	private OperatorHealth(HealthIndicator indicator, Scheduler scheduler) {
		this.call = new OperatorCall<>(indicator::health, scheduler);
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
		return this.call.result();
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
		public Stream<Entry> stream() {
			return this.contributors.stream()
				.map((entry) -> new Entry(entry.name(), of(entry.contributor(), this.scheduler)));
		}

	}

}
