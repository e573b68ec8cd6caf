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
 * @param last the guards after the application's filters, {@code null} if there are none
 * @param lastPreflight the same for CORS preflight requests
 */
record CompiledRoute(RoutePolicy policy, RouteActivity activity, @Nullable GuardLink edge,
		@Nullable GuardLink preflight, @Nullable GuardLink identity, @Nullable GuardLink identityPreflight,
		@Nullable GuardLink last, @Nullable GuardLink lastPreflight) {

	static CompiledRoute compile(RoutePolicy policy, RouteActivity activity) {
		return new CompiledRoute(policy, activity, link(policy, Stage.EDGE, false), link(policy, Stage.EDGE, true),
				link(policy, Stage.IDENTITY, false), link(policy, Stage.IDENTITY, true),
				link(policy, Stage.LAST, false), link(policy, Stage.LAST, true));
	}

	private static @Nullable GuardLink link(RoutePolicy policy, Stage stage, boolean preflight) {
		List<Binding> guards = policy.guards(stage);
		return GuardLink.chain(preflight ? ofPreflights(guards) : guards, policy.route().id(), stage);
	}

	private static List<Binding> ofPreflights(List<Binding> bindings) {
		return bindings.stream().filter((binding) -> binding.guard().guardsPreflights()).toList();
	}

	/**
	 * Return where a stage begins.
	 * @param stage the stage
	 * @param preflight whether the request is a CORS preflight
	 * @return its first guard, {@code null} if it has none
	 */
	@Nullable GuardLink first(Stage stage, boolean preflight) {
		return switch (stage) {
			case EDGE -> preflight ? this.preflight : this.edge;
			case IDENTITY -> preflight ? this.identityPreflight : this.identity;
			case LAST -> preflight ? this.lastPreflight : this.last;
		};
	}

	/**
	 * Whether no guard comes after {@link Stage#EDGE}.
	 * @param preflight whether the request is a CORS preflight
	 * @return {@code true} if none does
	 */
	boolean endsAtEdge(boolean preflight) {
		return first(Stage.IDENTITY, preflight) == null && first(Stage.LAST, preflight) == null;
	}

	boolean takes(PathContainer path, HttpMethod method) {
		return route().accepts(method) && this.policy.takes(path);
	}

	Route route() {
		return this.policy.route();
	}

}
