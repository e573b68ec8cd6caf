package io.serverhardening.autoconfigure.diagnostics;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.origin.Origin;
import org.springframework.boot.origin.PropertySourceOrigin;
import org.springframework.boot.origin.SystemEnvironmentOrigin;
import org.springframework.core.env.Environment;
import org.springframework.core.env.PropertySource;

/**
 * Finds where a setting was written.
 */
public final class SettingOrigins {

	private final Environment environment;

	/**
	 * Create the origins.
	 * @param environment has the sources that settings come from
	 */
	public SettingOrigins(Environment environment) {
		this.environment = environment;
	}

	/**
	 * Find a setting's origin.
	 * @param property the canonical name of the property
	 * @return file, line and column, or the name of the property source; {@code null} if
	 * nobody set it
	 */
	public @Nullable String find(String property) {
		String origin = find(ConfigurationPropertyName.of(property));
		return (origin != null) ? origin : find(ConfigurationPropertyName.of(property + "[0]"));
	}

	private @Nullable String find(ConfigurationPropertyName name) {
		for (ConfigurationPropertySource source : ConfigurationPropertySources.get(this.environment)) {
			ConfigurationProperty found = source.getConfigurationProperty(name);
			if (found != null) {
				return describe(source, found.getOrigin());
			}
		}
		return null;
	}

	static String describe(ConfigurationPropertySource source, @Nullable Origin origin) {
		String name = (source.getUnderlyingSource() instanceof PropertySource<?> named) ? named.getName()
				: String.valueOf(source.getUnderlyingSource());
		Origin place = (origin instanceof PropertySourceOrigin wrapper) ? wrapper.getOrigin() : origin;
		if (place instanceof SystemEnvironmentOrigin variable) {
			return name + " (" + variable.getProperty() + ")";
		}
		return (place != null) ? place.toString() : name;
	}

}
