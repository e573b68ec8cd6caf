package io.serverhardening.route;

import java.util.List;

import io.serverhardening.Guard;
import io.serverhardening.Mode;
import io.serverhardening.Route;
import io.serverhardening.Stage;

import org.springframework.http.server.PathContainer;
import org.springframework.web.util.pattern.PathPattern;

/**
 * What stands before the handler for the requests of one route. Immutable; a re-tune
 * swaps the whole {@link RouteTable}.
 *
 * @param route the route
 * @param guards the guards in the order of the request's life, each with its mode
 * @param only if there are any, the route takes nothing but what one of these patterns
 * takes, and is asked before all others, however specific they are
 */
public record RoutePolicy(Route route, List<Binding> guards, List<PathPattern> only) {

	public RoutePolicy {
		guards = List.copyOf(guards);
		only = List.copyOf(only);
	}

	/**
	 * Create the policy of a route that is asked in the order of its path.
	 * @param route the route
	 * @param guards its guards
	 */
	public RoutePolicy(Route route, List<Binding> guards) {
		this(route, guards, List.of());
	}

	boolean first() {
		return !this.only.isEmpty();
	}

	boolean takes(PathContainer path) {
		for (PathPattern pattern : this.only) {
			if (pattern.matches(path)) {
				return true;
			}
		}
		return this.only.isEmpty();
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
