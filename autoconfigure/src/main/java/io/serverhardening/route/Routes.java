package io.serverhardening.route;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

import io.serverhardening.Stage;
import org.jspecify.annotations.Nullable;

/**
 * The routes in force. Requests read the current table once; a re-tune compiles another
 * and swaps it whole.
 */
public final class Routes {

	private final Map<String, RouteActivity> activities = new ConcurrentHashMap<>();

	private volatile RouteTable table;

	/**
	 * Create the routes.
	 * @param compiler compiles the first table, given the counts of each route by its id
	 */
	public Routes(Function<Function<String, RouteActivity>, RouteTable> compiler) {
		this.table = compiler.apply(this::activity);
	}

	/**
	 * Return the counts of a route, which outlive its tables.
	 * @param id the route's id, from the configuration
	 * @return the counts
	 */
	public RouteActivity activity(String id) {
		return this.activities.computeIfAbsent(id, (key) -> new RouteActivity());
	}

	/**
	 * Swap the table for another.
	 * @param compiler compiles it, given the counts of each route by its id
	 */
	public void recompile(Function<Function<String, RouteActivity>, RouteTable> compiler) {
		this.table = compiler.apply(this::activity);
	}

	/**
	 * Whether any route has guards of a stage.
	 * @param stage the stage
	 * @return {@code false} if the filter of the stage would do nothing
	 */
	public boolean hasGuards(Stage stage) {
		return policies().stream().anyMatch((policy) -> !policy.guards(stage).isEmpty());
	}

	RouteTable table() {
		return this.table;
	}

	/**
	 * Return the policies in the order in which they are asked, the default last.
	 * @return the policies in force
	 */
	public List<RoutePolicy> policies() {
		return this.table.policies();
	}

	/**
	 * Return the counts of a route in force.
	 * @param id the route's id
	 * @return the counts, or {@code null} if there is no such route
	 */
	public @Nullable RouteActivity activityOf(String id) {
		return this.table.activity(id);
	}

}
