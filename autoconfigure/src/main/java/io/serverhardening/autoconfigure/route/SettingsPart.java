package io.serverhardening.autoconfigure;

/**
 * Something that is told of other settings while the application runs.
 */
@FunctionalInterface
interface SettingsPart {

	/**
	 * Prepare for other settings. Nothing that is in force changes yet.
	 * @param resolution the settings
	 * @return puts them in force, and does not fail
	 * @throws InvalidSettingException if a setting is wrong
	 */
	Runnable draft(Resolution resolution);

}
