package io.serverhardening.actuate.meter;

import java.util.Collection;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import io.github.resilience4j.micrometer.tagged.CircuitBreakerMetricNames;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.serverhardening.circuitbreaker.RouteBreaker;

/**
 * Shows breakers under the names of Resilience4j's own meters, and as they do: dashboards
 * go on working. Theirs listen to events, which cost every call five times what the
 * timers do.
 */
public final class CircuitBreakerMeters implements MeterBinder {

	private final Collection<RouteBreaker> breakers;

	private final CircuitBreakerMetricNames names = CircuitBreakerMetricNames.ofDefaults();

	/**
	 * Create the meters.
	 * @param breakers the breakers
	 */
	public CircuitBreakerMeters(Collection<RouteBreaker> breakers) {
		this.breakers = breakers;
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		this.breakers.forEach((breaker) -> bind(registry, breaker));
	}

	private void bind(MeterRegistry registry, RouteBreaker breaker) {
		Tags name = Tags.of("name", breaker.breaker().getName());
		for (State state : State.values()) {
			gauge(registry, breaker, this.names.getStateMetricName(), "The states of the circuit breaker",
					name.and("state", state.name().toLowerCase(Locale.ROOT)),
					(each) -> (each.getState() == state) ? 1 : 0);
		}
		String buffered = this.names.getBufferedCallsMetricName();
		gauge(registry, breaker, buffered, "The calls of the window", name.and("kind", "failed"),
				(each) -> each.getMetrics().getNumberOfFailedCalls());
		gauge(registry, breaker, buffered, "The calls of the window", name.and("kind", "successful"),
				(each) -> each.getMetrics().getNumberOfSuccessfulCalls());
		String slow = this.names.getSlowCallsMetricName();
		gauge(registry, breaker, slow, "The slow calls of the window", name.and("kind", "failed"),
				(each) -> each.getMetrics().getNumberOfSlowFailedCalls());
		gauge(registry, breaker, slow, "The slow calls of the window", name.and("kind", "successful"),
				(each) -> each.getMetrics().getNumberOfSlowSuccessfulCalls());
		gauge(registry, breaker, this.names.getFailureRateMetricName(), "The percentage of failed calls", name,
				(each) -> each.getMetrics().getFailureRate());
		gauge(registry, breaker, this.names.getSlowCallRateMetricName(), "The percentage of slow calls", name,
				(each) -> each.getMetrics().getSlowCallRate());
		listen(registry, breaker, name);
	}

	private void listen(MeterRegistry registry, RouteBreaker breaker, Tags name) {
		Timer successful = timer(registry, name.and("kind", "successful"));
		Timer failed = timer(registry, name.and("kind", "failed"));
		Timer ignored = timer(registry, name.and("kind", "ignored"));
		Counter notPermitted = Counter.builder(this.names.getNotPermittedCallsMetricName())
			.description("The calls that were not permitted")
			.tags(name.and("kind", "not_permitted"))
			.register(registry);
		breaker.listen((kind, nanos) -> {
			switch (kind) {
				case SUCCESSFUL -> successful.record(nanos, TimeUnit.NANOSECONDS);
				case FAILED -> failed.record(nanos, TimeUnit.NANOSECONDS);
				case IGNORED -> ignored.record(nanos, TimeUnit.NANOSECONDS);
				case NOT_PERMITTED -> notPermitted.increment();
			}
		});
	}

	private Timer timer(MeterRegistry registry, Tags tags) {
		return Timer.builder(this.names.getCallsMetricName())
			.description("The calls by what became of them")
			.tags(tags)
			.register(registry);
	}

	private static void gauge(MeterRegistry registry, RouteBreaker breaker, String meter, String description, Tags tags,
			ToDoubleFunction<CircuitBreaker> value) {
		Gauge.builder(meter, breaker.breaker(), value).description(description).tags(tags).register(registry);
	}

}
