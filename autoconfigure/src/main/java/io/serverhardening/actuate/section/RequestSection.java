package io.serverhardening.actuate.section;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

import io.serverhardening.Rejection.Outcome;
import io.serverhardening.Timeout;
import io.serverhardening.actuate.HardeningSection;
import io.serverhardening.actuate.RejectionTally;
import io.serverhardening.request.RequestGuard;
import io.serverhardening.request.RequestPolicy;
import io.serverhardening.route.RoutePolicy;
import io.serverhardening.route.Routes;

/**
 * How the bodies of each route may arrive, and what was refused of them.
 */
public final class RequestSection implements HardeningSection {

	private final Routes routes;

	private final RejectionTally tally;

	/**
	 * Create the section.
	 * @param routes the routes in force
	 * @param tally the refusals
	 */
	public RequestSection(Routes routes, RejectionTally tally) {
		this.routes = routes;
		this.tally = tally;
	}

	@Override
	public String name() {
		return RequestGuard.NAME;
	}

	@Override
	public Object describe() {
		Map<String, Object> result = new LinkedHashMap<>();
		for (RoutePolicy policy : this.routes.policies()) {
			for (RoutePolicy.Binding binding : policy.guards()) {
				if (binding.guard() instanceof RequestGuard guard) {
					result.put(policy.route().id(), describe(policy.route().id(), binding, guard.policy()));
				}
			}
		}
		return result;
	}

	private Map<String, Object> describe(String route, RoutePolicy.Binding binding, RequestPolicy limits) {
		Map<String, Object> result = new LinkedHashMap<>();
		result.put("mode", binding.mode().name().toLowerCase(Locale.ROOT));
		result.put("bodyTimeout", limits.bodyTimeout().toString());
		result.put("minRate", limits.minRate().toString());
		result.put("rateGrace", Timeout.of(limits.rateGrace()).toString());
		result.put("maxBodySize", limits.maxBodySize().toString());
		result.put("refused", this.tally.of(RequestGuard.NAME, route, Outcome.REFUSED));
		result.put("observed", this.tally.of(RequestGuard.NAME, route, Outcome.OBSERVED));
		return result;
	}

}
