package io.serverhardening.autoconfigure.route;

import io.serverhardening.autoconfigure.diagnostics.InvalidSettingException;
import io.serverhardening.autoconfigure.resolution.Resolution;

import org.springframework.aop.framework.AopInfrastructureBean;

/**
 * Something that is told of other settings while the application runs.
 */
@FunctionalInterface
public interface SettingsPart extends AopInfrastructureBean {

	/**
	 * Prepare for other settings. Nothing that is in force changes yet.
	 * @param resolution the settings
	 * @return puts them in force, and does not fail
	 * @throws InvalidSettingException if a setting is wrong
	 */
	Runnable draft(Resolution resolution);

}
