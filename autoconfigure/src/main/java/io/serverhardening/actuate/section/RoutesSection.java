package io.serverhardening.actuate.section;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.serverhardening.Ending;
import io.serverhardening.actuate.HardeningSection;
import io.serverhardening.route.RouteActivity;
import io.serverhardening.route.RoutePolicy;
import io.serverhardening.route.Routes;

import org.springframework.http.HttpMethod;

/**
 * The routes in the order in which they are asked, and what became of their requests.
 */
public final class RoutesSection implements HardeningSection {

	private final Routes routes;

	/**
	 * Create the section.
	 * @param routes the routes in force
	 */
	public RoutesSection(Routes routes) {
		this.routes = routes;
	}

	@Override
	public String name() {
		return "routes";
	}

	@Override
	public Object describe() {
		return this.routes.policies().stream().map(this::describe).toList();
	}

	private Map<String, Object> describe(RoutePolicy policy) {
		Map<String, Object> result = new LinkedHashMap<>();
		result.put("id", policy.route().id());
		result.put("path", policy.route().path());
		List<String> methods = policy.route().methods().stream().map(HttpMethod::name).sorted().toList();
		result.put("methods", methods.isEmpty() ? List.of("*") : methods);
		result.put("guards", policy.guards().stream().map((binding) -> binding.guard().name()).toList());
		RouteActivity activity = this.routes.activityOf(policy.route().id());
		if (activity != null) {
			result.put("requests", requests(activity));
		}
		return result;
	}

	static Map<String, Object> requests(RouteActivity activity) {
		Map<String, Object> result = new LinkedHashMap<>();
		result.put("inFlight", activity.inFlight());
		result.put("completed", activity.count(Ending.COMPLETED));
		result.put("failed", activity.count(Ending.FAILED));
		result.put("timedOut", activity.count(Ending.TIMED_OUT));
		result.put("cancelled", activity.count(Ending.CANCELLED));
		result.put("refused", activity.count(Ending.REFUSED));
		result.put("upgraded", activity.count(Ending.UPGRADED));
		return result;
	}

}
