package io.serverhardening.route;

import java.util.List;

import io.serverhardening.Guard;
import io.serverhardening.Mode;
import io.serverhardening.Route;
import io.serverhardening.Stage;

/**
 * What stands before the handler for the requests of one route. Immutable; a re-tune
 * swaps the whole {@link RouteTable}.
 *
 * @param route the route
 * @param guards the guards in the order of the request's life, each with its mode
 * @param first whether the route is asked before all others, however specific they are
 */
public record RoutePolicy(Route route, List<Binding> guards, boolean first) {

	public RoutePolicy {
		guards = List.copyOf(guards);
	}

	/**
	 * Create the policy of a route that is asked in the order of its path.
	 * @param route the route
	 * @param guards its guards
	 */
	public RoutePolicy(Route route, List<Binding> guards) {
		this(route, guards, false);
	}

	List<Binding> guards(Stage stage) {
		return this.guards.stream().filter((binding) -> binding.guard().stage() == stage).toList();
	}

	/**
	 * A guard and whether its refusals are carried out.
	 *
	 * @param guard the guard
	 * @param mode the mode on this route
	 */
	public record Binding(Guard guard, Mode mode) {

	}

}
