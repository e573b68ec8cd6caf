package io.serverhardening.route;

import java.util.List;

import io.serverhardening.Route;
import io.serverhardening.Stage;
import io.serverhardening.route.RoutePolicy.Binding;
import org.jspecify.annotations.Nullable;

/**
 * A policy with its guards linked into one chain per stage.
 *
 * @param policy the policy
 * @param activity the counts of the route
 * @param edge the guards before Spring Security, {@code null} if there are none
 * @param preflight the same for CORS preflight requests
 * @param identity the guards after Spring Security, {@code null} if there are none
 */
record CompiledRoute(RoutePolicy policy, RouteActivity activity, @Nullable GuardLink edge,
		@Nullable GuardLink preflight, @Nullable GuardLink identity) {

	static CompiledRoute compile(RoutePolicy policy, RouteActivity activity) {
		String id = policy.route().id();
		List<Binding> edge = policy.guards(Stage.EDGE);
		List<Binding> preflight = edge.stream().filter((binding) -> binding.guard().guardsPreflights()).toList();
		return new CompiledRoute(policy, activity, GuardLink.chain(edge, id, Stage.EDGE),
				GuardLink.chain(preflight, id, Stage.EDGE),
				GuardLink.chain(policy.guards(Stage.IDENTITY), id, Stage.IDENTITY));
	}

	Route route() {
		return this.policy.route();
	}

}
