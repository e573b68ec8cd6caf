package io.serverhardening.autoconfigure;

import io.serverhardening.route.RoutePolicy.Binding;
import org.jspecify.annotations.Nullable;

/**
 * Makes the guards of one group.
 */
interface GuardFactory {

	/**
	 * Return which group.
	 * @return the name of the group
	 */
	String group();

	/**
	 * Make the guard of a route.
	 * @param settings what the route says
	 * @return the guard and its mode, or {@code null} where the group is off
	 * @throws InvalidSettingException if a setting is wrong
	 */
	@Nullable Binding guard(RouteSettings settings);

}
