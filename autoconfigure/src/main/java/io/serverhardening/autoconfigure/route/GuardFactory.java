package io.serverhardening.autoconfigure.route;

import io.serverhardening.autoconfigure.diagnostics.InvalidSettingException;
import io.serverhardening.autoconfigure.resolution.Resolution;
import io.serverhardening.autoconfigure.resolution.RouteSettings;
import io.serverhardening.route.RoutePolicy.Binding;
import org.jspecify.annotations.Nullable;

import org.springframework.aop.framework.AopInfrastructureBean;

/**
 * Makes the guards of one group of settings.
 */
public interface GuardFactory extends AopInfrastructureBean {

	/**
	 * Return which group.
	 * @return the name of the group
	 */
	String group();

	/**
	 * Begin the guards of a table of routes.
	 * @param resolution the settings that the table is made from
	 * @return the draft, which changes nothing that is in force before it is committed
	 */
	Draft draft(Resolution resolution);

	/**
	 * The guards of one group for a table of routes that is being made.
	 */
	interface Draft {

		/**
		 * Make the guard of a route.
		 * @param settings what the route says
		 * @return the guard and its mode, or {@code null} where the group is off
		 * @throws InvalidSettingException if a setting is wrong
		 */
		@Nullable Binding guard(RouteSettings settings);

		/**
		 * Have what outlives guards take what the new ones were made from. Called once
		 * all of the table is right; fails no more.
		 */
		void commit();

	}

}
