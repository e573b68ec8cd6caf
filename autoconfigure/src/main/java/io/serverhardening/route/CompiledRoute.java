package io.serverhardening.route;

import java.util.List;

import io.serverhardening.Route;
import io.serverhardening.Stage;
import io.serverhardening.route.RoutePolicy.Binding;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpMethod;
import org.springframework.http.server.PathContainer;

/**
 * A policy with its guards linked into one chain per stage.
 *
 * @param policy the policy
 * @param activity the counts of the route
 * @param edge the guards before Spring Security, {@code null} if there are none
 * @param preflight the same for CORS preflight requests
 * @param identity the guards after Spring Security, {@code null} if there are none
 * @param identityPreflight the same for CORS preflight requests
 */
record CompiledRoute(RoutePolicy policy, RouteActivity activity, @Nullable GuardLink edge,
		@Nullable GuardLink preflight, @Nullable GuardLink identity, @Nullable GuardLink identityPreflight) {

	static CompiledRoute compile(RoutePolicy policy, RouteActivity activity) {
		String id = policy.route().id();
		List<Binding> edge = policy.guards(Stage.EDGE);
		List<Binding> identity = policy.guards(Stage.IDENTITY);
		return new CompiledRoute(policy, activity, GuardLink.chain(edge, id, Stage.EDGE),
				GuardLink.chain(ofPreflights(edge), id, Stage.EDGE), GuardLink.chain(identity, id, Stage.IDENTITY),
				GuardLink.chain(ofPreflights(identity), id, Stage.IDENTITY));
	}

	private static List<Binding> ofPreflights(List<Binding> bindings) {
		return bindings.stream().filter((binding) -> binding.guard().guardsPreflights()).toList();
	}

	boolean takes(PathContainer path, HttpMethod method) {
		return route().accepts(method) && this.policy.takes(path);
	}

	Route route() {
		return this.policy.route();
	}

}
