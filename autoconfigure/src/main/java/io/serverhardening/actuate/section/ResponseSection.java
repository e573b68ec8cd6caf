package io.serverhardening.actuate.section;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

import io.serverhardening.Ending;
import io.serverhardening.Rejection.Outcome;
import io.serverhardening.Timeout;
import io.serverhardening.actuate.HardeningSection;
import io.serverhardening.actuate.RejectionTally;
import io.serverhardening.response.ResponseGuard;
import io.serverhardening.response.ResponsePolicy;
import io.serverhardening.route.RouteActivity;
import io.serverhardening.route.RoutePolicy;
import io.serverhardening.route.Routes;

/**
 * The response clocks of each route, and how many requests ran out of time.
 */
public final class ResponseSection implements HardeningSection {

	private final Routes routes;

	private final RejectionTally tally;

	/**
	 * Create the section.
	 * @param routes the routes in force
	 * @param tally the refusals
	 */
	public ResponseSection(Routes routes, RejectionTally tally) {
		this.routes = routes;
		this.tally = tally;
	}

	@Override
	public String name() {
		return ResponseGuard.NAME;
	}

	@Override
	public Object describe() {
		Map<String, Object> result = new LinkedHashMap<>();
		for (RoutePolicy policy : this.routes.policies()) {
			for (RoutePolicy.Binding binding : policy.guards()) {
				if (binding.guard() instanceof ResponseGuard guard) {
					result.put(policy.route().id(), describe(policy, binding, guard.policy()));
				}
			}
		}
		return result;
	}

	private Map<String, Object> describe(RoutePolicy policy, RoutePolicy.Binding binding, ResponsePolicy clocks) {
		Map<String, Object> result = new LinkedHashMap<>();
		result.put("mode", binding.mode().name().toLowerCase(Locale.ROOT));
		result.put("timeout", clocks.timeout().toString());
		result.put("totalTimeout", clocks.totalTimeout().toString());
		result.put("timeoutStatus", clocks.timeoutStatus().value());
		result.put("writeTimeout", clocks.writes().writeTimeout().toString());
		result.put("minRate", clocks.writes().minRate().toString());
		result.put("rateGrace", Timeout.of(clocks.writes().rateGrace()).toString());
		RouteActivity activity = this.routes.activityOf(policy.route().id());
		if (activity != null) {
			result.put("inFlight", activity.inFlight());
			result.put("timedOut", activity.count(Ending.TIMED_OUT));
		}
		result.put("refused", this.tally.of(ResponseGuard.NAME, policy.route().id(), Outcome.REFUSED));
		result.put("observed", this.tally.of(ResponseGuard.NAME, policy.route().id(), Outcome.OBSERVED));
		return result;
	}

}
