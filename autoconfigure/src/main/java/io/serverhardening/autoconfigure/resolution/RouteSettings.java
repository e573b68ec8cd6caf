package io.serverhardening.autoconfigure.resolution;

import io.serverhardening.Route;
import io.serverhardening.autoconfigure.settings.HardeningProperties;
import io.serverhardening.autoconfigure.settings.RouteProperties;

/**
 * What one route says, and where.
 *
 * @param route the route
 * @param property the prefix of its properties
 * @param own what it says
 * @param inForce what is in force: what it says, and what it inherits
 */
public record RouteSettings(Route route, String property, RouteProperties own, ResolvedRoute inForce) {

	/**
	 * Return under which name a group counts: a route that says nothing of it shares with
	 * all others that do not.
	 * @param own whether the route says something
	 * @return the name
	 */
	public String nameOf(boolean own) {
		return own ? this.route.id() : Route.DEFAULT_ID;
	}

	/**
	 * Return where an operator would change a group.
	 * @param own whether the route says something of it
	 * @param group the name of the group
	 * @return the prefix of its properties
	 */
	public String propertyOf(boolean own, String group) {
		return (own ? this.property : HardeningProperties.PREFIX) + "." + group;
	}

}
