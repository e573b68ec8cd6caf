package io.serverhardening.actuate.section;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import io.github.resilience4j.circuitbreaker.CircuitBreaker.Metrics;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import io.serverhardening.Timeout;
import io.serverhardening.actuate.HardeningSection;
import io.serverhardening.actuate.RejectionTally;
import io.serverhardening.circuitbreaker.CircuitBreakerGuard;
import io.serverhardening.circuitbreaker.CircuitBreakerPolicy;
import io.serverhardening.circuitbreaker.RouteBreaker;
import io.serverhardening.route.Routes;

/**
 * The breakers: their states, what they have seen, and how they changed.
 */
public final class CircuitBreakerSection implements HardeningSection {

	private final Routes routes;

	private final SharedGuards guards;

	/**
	 * Create the section.
	 * @param routes the routes in force
	 * @param tally the refusals
	 */
	public CircuitBreakerSection(Routes routes, RejectionTally tally) {
		this.routes = routes;
		this.guards = new SharedGuards(routes, tally);
	}

	@Override
	public String name() {
		return CircuitBreakerGuard.NAME;
	}

	@Override
	public Object describe() {
		return this.guards.describe(CircuitBreakerGuard.class, (guard) -> guard.breaker().breaker().getName(),
				(guard, policies) -> describe(guard.breaker()));
	}

	/**
	 * Return the names of the breakers that are open.
	 * @return the names
	 */
	public List<String> open() {
		return this.routes.policies()
			.stream()
			.flatMap((policy) -> policy.guards().stream())
			.filter((binding) -> binding.guard() instanceof CircuitBreakerGuard)
			.map((binding) -> ((CircuitBreakerGuard) binding.guard()).breaker())
			.filter(RouteBreaker::isOpen)
			.map((breaker) -> breaker.breaker().getName())
			.distinct()
			.toList();
	}

	private static Map<String, Object> describe(RouteBreaker breaker) {
		Metrics metrics = breaker.breaker().getMetrics();
		CircuitBreakerPolicy policy = breaker.policy();
		Map<String, Object> result = new LinkedHashMap<>();
		result.put("state", code(breaker.breaker().getState()));
		result.put("failureRate", rate(metrics.getFailureRate()));
		result.put("slowCallRate", rate(metrics.getSlowCallRate()));
		result.put("calls", metrics.getNumberOfBufferedCalls());
		result.put("failedCalls", metrics.getNumberOfFailedCalls());
		result.put("slowCalls", metrics.getNumberOfSlowCalls());
		Map<String, Object> limits = new LinkedHashMap<>();
		limits.put("failureRate", policy.failureRate());
		limits.put("slowCallRate", policy.slowCallRate());
		limits.put("slowCallAfter", policy.slowCallAfter().toString());
		limits.put("window", policy.window());
		limits.put("minCalls", policy.minCalls());
		limits.put("openPeriod", Timeout.of(policy.openPeriod()).toString());
		limits.put("probes", policy.probes());
		result.put("limits", limits);
		result.put("transitions", breaker.transitions().stream().map((transition) -> {
			Map<String, Object> described = new LinkedHashMap<>();
			described.put("at", transition.at().toString());
			described.put("from", code(transition.from()));
			described.put("to", code(transition.to()));
			return described;
		}).toList());
		return result;
	}

	// Resilience4j has -1 for "too few calls to tell".
	private static Object rate(float rate) {
		return (rate < 0) ? "unknown" : Math.round(rate * 10) / 10.0;
	}

	private static String code(State state) {
		return state.name().toLowerCase(Locale.ROOT).replace('_', '-');
	}

}
