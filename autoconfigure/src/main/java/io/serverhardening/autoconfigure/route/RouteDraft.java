package io.serverhardening.autoconfigure.route;

import java.util.List;

import io.serverhardening.autoconfigure.route.GuardFactory.Draft;
import io.serverhardening.route.RouteTable;

/**
 * Routes that are made, and not in force yet.
 *
 * @param table the routes
 * @param guards what their guards were made from
 */
record RouteDraft(RouteTable table, List<Draft> guards) {

	/**
	 * Have what outlives guards take what the new ones were made from.
	 */
	void commit() {
		this.guards.forEach(Draft::commit);
	}

}
