package io.serverhardening.actuate;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The settings in force.
 *
 * @param version how often they have changed, beginning with 1
 * @param settings each by its property name, in the order of a request's life
 */
public record EffectiveSettings(long version, Map<String, Setting> settings) {

	public EffectiveSettings {
		settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
	}

	/**
	 * One setting.
	 *
	 * @param value the value, as users would write it
	 * @param origin where it comes from: {@code default}, a file with line and column, or
	 * the name of a property source
	 */
	public record Setting(Object value, String origin) {

	}

}
