package io.serverhardening.route;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;

import io.serverhardening.Route;
import org.jspecify.annotations.Nullable;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.web.util.pattern.PathPatternParser;

/**
 * The routes in force. Requests read the current table once; a re-tune compiles another
 * and swaps it whole.
 */
public final class Routes implements AopInfrastructureBean {

	private volatile RouteTable table;

	/**
	 * Create the routes: none yet, and no guards.
	 */
	public Routes() {
		this.table = RouteTable.compile(new RoutePolicy(new Route(Route.DEFAULT_ID, "/**", Set.of()), List.of()),
				List.of(), PathPatternParser.defaultInstance, (id) -> new RouteActivity());
	}

	/**
	 * Compile another table. The counts of a route outlive its tables.
	 * @param compiler compiles it, given the counts of each route by its id
	 * @return the table, which is not in force yet
	 */
	public RouteTable compile(Function<Function<String, RouteActivity>, RouteTable> compiler) {
		Map<String, RouteActivity> activities = new HashMap<>();
		return compiler.apply((id) -> activities.computeIfAbsent(id, this::activity));
	}

	private RouteActivity activity(String id) {
		RouteActivity known = activityOf(id);
		return (known != null) ? known : new RouteActivity();
	}

	/**
	 * Put another table in force. Requests that have begun keep the one before.
	 * @param table the table
	 */
	public void swap(RouteTable table) {
		this.table = table;
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
	 * Return the counts of the routes in force.
	 * @return the counts by the ids of the routes
	 */
	public Map<String, RouteActivity> activities() {
		RouteTable table = this.table;
		Map<String, RouteActivity> activities = new LinkedHashMap<>();
		table.policies().forEach((policy) -> {
			String id = policy.route().id();
			activities.put(id, Objects.requireNonNull(table.activity(id)));
		});
		return activities;
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
