package io.serverhardening.autoconfigure;

import io.serverhardening.Route;

/**
 * What one route says, and where.
 *
 * @param route the route
 * @param property the prefix of its properties
 * @param own what it says
 * @param inForce what is in force: what it says, and what it inherits
 */
record RouteSettings(Route route, String property, RouteProperties own, ResolvedRoute inForce) {

	/**
	 * Return under which name a group counts: a route that says nothing of it shares with
	 * all others that do not.
	 * @param own whether the route says something
	 * @return the name
	 */
	String nameOf(boolean own) {
		return own ? this.route.id() : Route.DEFAULT_ID;
	}

	/**
	 * Return where an operator would change a group.
	 * @param own whether the route says something of it
	 * @param group the name of the group
	 * @return the prefix of its properties
	 */
	String propertyOf(boolean own, String group) {
		return (own ? this.property : HardeningProperties.PREFIX) + "." + group;
	}

}
