package io.serverhardening.actuate.section;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import io.serverhardening.Priority;
import io.serverhardening.actuate.HardeningSection;
import io.serverhardening.actuate.RejectionTally;
import io.serverhardening.concurrency.ConcurrencyGuard;
import io.serverhardening.concurrency.PriorityBulkhead;
import io.serverhardening.route.RoutePolicy;
import io.serverhardening.route.Routes;

/**
 * The requests in flight, how many there have been at the most, and how many each
 * priority may see.
 */
public final class ConcurrencySection implements HardeningSection {

	private final SharedGuards guards;

	/**
	 * Create the section.
	 * @param routes the routes in force
	 * @param tally the refusals
	 */
	public ConcurrencySection(Routes routes, RejectionTally tally) {
		this.guards = new SharedGuards(routes, tally);
	}

	@Override
	public String name() {
		return ConcurrencyGuard.NAME;
	}

	@Override
	public Object describe() {
		return this.guards.describe(ConcurrencyGuard.class, (guard) -> guard.bulkhead().getName(),
				ConcurrencySection::describe);
	}

	private static Map<String, Object> describe(ConcurrencyGuard guard, List<RoutePolicy> policies) {
		PriorityBulkhead bulkhead = guard.bulkhead();
		Map<String, Object> result = new LinkedHashMap<>();
		result.put("maxRequests", bulkhead.getBulkheadConfig().getMaxConcurrentCalls());
		result.put("reserve", bulkhead.policy().reserve().toString());
		result.put("inFlight", bulkhead.inFlight());
		result.put("highest", bulkhead.highest());
		Map<String, Object> shares = new LinkedHashMap<>();
		for (Priority priority : Priority.values()) {
			shares.put(priority.name().toLowerCase(Locale.ROOT), bulkhead.share(priority));
		}
		result.put("admittedBelow", shares);
		Map<String, Object> priorities = new LinkedHashMap<>();
		policies.forEach((policy) -> policy.guards()
			.stream()
			.filter((binding) -> binding.guard() instanceof ConcurrencyGuard)
			.map((binding) -> (ConcurrencyGuard) binding.guard())
			.forEach((each) -> priorities.put(policy.route().id(), each.priority().name().toLowerCase(Locale.ROOT))));
		result.put("priorities", priorities);
		return result;
	}

}
