package io.serverhardening.actuate.section;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;

import io.serverhardening.Guard;
import io.serverhardening.Rejection.Outcome;
import io.serverhardening.actuate.RejectionTally;
import io.serverhardening.route.RoutePolicy;
import io.serverhardening.route.RoutePolicy.Binding;
import io.serverhardening.route.Routes;

/**
 * Describes guards that routes may share, each once and with the routes that it stands
 * before.
 */
final class SharedGuards {

	private final Routes routes;

	private final RejectionTally tally;

	SharedGuards(Routes routes, RejectionTally tally) {
		this.routes = routes;
		this.tally = tally;
	}

	/**
	 * Describe the guards of a type.
	 * @param <G> the type
	 * @param type the type
	 * @param name gives the name under which a guard counts
	 * @param description describes it, given the routes
	 * @return the descriptions by name
	 */
	<G extends Guard> Map<String, Object> describe(Class<G> type, Function<G, String> name,
			BiFunction<G, List<RoutePolicy>, Map<String, Object>> description) {
		Map<String, List<RoutePolicy>> sharing = new LinkedHashMap<>();
		Map<String, Binding> bindings = new LinkedHashMap<>();
		for (RoutePolicy policy : this.routes.policies()) {
			for (Binding binding : policy.guards()) {
				if (type.isInstance(binding.guard())) {
					String key = name.apply(type.cast(binding.guard()));
					sharing.computeIfAbsent(key, (absent) -> new ArrayList<>()).add(policy);
					bindings.putIfAbsent(key, binding);
				}
			}
		}
		Map<String, Object> result = new LinkedHashMap<>();
		bindings.forEach((key, binding) -> {
			List<RoutePolicy> policies = sharing.getOrDefault(key, List.of());
			List<String> ids = policies.stream().map((policy) -> policy.route().id()).toList();
			Map<String, Object> described = new LinkedHashMap<>();
			described.put("mode", binding.mode().name().toLowerCase(Locale.ROOT));
			described.put("routes", ids);
			described.putAll(description.apply(type.cast(binding.guard()), policies));
			described.put("refused", this.tally.count(binding.guard().name(), ids, Outcome.REFUSED));
			described.put("observed", this.tally.count(binding.guard().name(), ids, Outcome.OBSERVED));
			result.put(key, described);
		});
		return result;
	}

}
