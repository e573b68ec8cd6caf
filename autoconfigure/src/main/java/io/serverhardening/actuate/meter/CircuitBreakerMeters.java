package io.serverhardening.actuate.meter;

import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import io.github.resilience4j.micrometer.tagged.CircuitBreakerMetricNames;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.serverhardening.circuitbreaker.CallListener;
import io.serverhardening.circuitbreaker.RouteBreaker;

/**
 * Shows breakers under the names of Resilience4j's own meters, and as they do: dashboards
 * go on working. Theirs listen to events, which cost every call five times what the
 * timers do.
 */
public final class CircuitBreakerMeters extends NamedMeters<RouteBreaker> {

	private final CircuitBreakerMetricNames names = CircuitBreakerMetricNames.ofDefaults();

	/**
	 * Create the meters.
	 * @param breakers the breakers by name
	 */
	public CircuitBreakerMeters(Supplier<Map<String, RouteBreaker>> breakers) {
		super(breakers);
	}

	@Override
	void bind(Register register, String breakerName, RouteBreaker breaker) {
		Tags name = Tags.of("name", breakerName);
		for (State state : State.values()) {
			gauge(register, breaker, this.names.getStateMetricName(), "The states of the circuit breaker",
					name.and("state", state.name().toLowerCase(Locale.ROOT)),
					(each) -> (each.getState() == state) ? 1 : 0);
		}
		String buffered = this.names.getBufferedCallsMetricName();
		gauge(register, breaker, buffered, "The calls of the window", name.and("kind", "failed"),
				(each) -> each.getMetrics().getNumberOfFailedCalls());
		gauge(register, breaker, buffered, "The calls of the window", name.and("kind", "successful"),
				(each) -> each.getMetrics().getNumberOfSuccessfulCalls());
		String slow = this.names.getSlowCallsMetricName();
		gauge(register, breaker, slow, "The slow calls of the window", name.and("kind", "failed"),
				(each) -> each.getMetrics().getNumberOfSlowFailedCalls());
		gauge(register, breaker, slow, "The slow calls of the window", name.and("kind", "successful"),
				(each) -> each.getMetrics().getNumberOfSlowSuccessfulCalls());
		gauge(register, breaker, this.names.getFailureRateMetricName(), "The percentage of failed calls", name,
				(each) -> each.getMetrics().getFailureRate());
		gauge(register, breaker, this.names.getSlowCallRateMetricName(), "The percentage of slow calls", name,
				(each) -> each.getMetrics().getSlowCallRate());
		listen(register, breaker, name);
	}

	private void listen(Register register, RouteBreaker breaker, Tags name) {
		Timer successful = timer(register, name.and("kind", "successful"));
		Timer failed = timer(register, name.and("kind", "failed"));
		Timer ignored = timer(register, name.and("kind", "ignored"));
		Counter notPermitted = register.add(Counter.builder(this.names.getNotPermittedCallsMetricName())
			.description("The calls that were not permitted")
			.tags(name.and("kind", "not_permitted"))
			.register(register.registry()));
		CallListener listener = (kind, nanos) -> {
			switch (kind) {
				case SUCCESSFUL -> successful.record(nanos, TimeUnit.NANOSECONDS);
				case FAILED -> failed.record(nanos, TimeUnit.NANOSECONDS);
				case IGNORED -> ignored.record(nanos, TimeUnit.NANOSECONDS);
				case NOT_PERMITTED -> notPermitted.increment();
			}
		};
		breaker.listen(listener);
		register.ends().add(() -> breaker.forget(listener));
	}

	private Timer timer(Register register, Tags tags) {
		return register.add(Timer.builder(this.names.getCallsMetricName())
			.description("The calls by what became of them")
			.tags(tags)
			.register(register.registry()));
	}

	private static void gauge(Register register, RouteBreaker breaker, String meter, String description, Tags tags,
			ToDoubleFunction<CircuitBreaker> value) {
		register.add(Gauge.builder(meter, breaker, (each) -> value.applyAsDouble(each.breaker()))
			.description(description)
			.tags(tags)
			.register(register.registry()));
	}

}
