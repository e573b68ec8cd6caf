package io.serverhardening.autoconfigure.diagnostics;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

import io.serverhardening.autoconfigure.settings.HardeningProperties;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName.Form;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.IterableConfigurationPropertySource;
import org.springframework.core.env.CompositePropertySource;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.Environment;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.util.StringUtils;

/**
 * Refuses names under {@code server.hardening} that nobody knows, wherever they come
 * from. Binding alone looks the other way for environment variables and system
 * properties, and a misspelt limit there protects nobody.
 */
public final class UnknownSettings {

	private static final ConfigurationPropertyName PREFIX = ConfigurationPropertyName.of(HardeningProperties.PREFIX);

	private static final String VARIABLE_PREFIX = "SERVER_HARDENING_";

	private static final Pattern ROUTE_ID = Pattern.compile("[a-z0-9]+");

	private final SettingNames known;

	/**
	 * Create the check.
	 * @param known every name there is
	 */
	public UnknownSettings(SettingNames known) {
		this.known = known;
	}

	/**
	 * Look at every name that is written.
	 * @param environment has the sources that settings come from
	 * @throws InvalidSettingException if nobody knows a name, or a source has one twice
	 */
	public void refuse(Environment environment) {
		for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
			if (source.getUnderlyingSource() instanceof SystemEnvironmentPropertySource variables) {
				refuseVariables(variables);
			}
			else if (source instanceof IterableConfigurationPropertySource names) {
				names.stream().filter(PREFIX::isAncestorOf).forEach((name) -> refuseName(source, name));
				if (source.getUnderlyingSource() instanceof PropertySource<?> written) {
					refuseTwice(written);
				}
			}
		}
	}

	private void refuseVariables(SystemEnvironmentPropertySource variables) {
		Map<String, String> written = new HashMap<>();
		for (String variable : variables.getPropertyNames()) {
			String upper = variable.toUpperCase(Locale.ROOT);
			if (upper.startsWith(VARIABLE_PREFIX)) {
				String name = upper.substring(VARIABLE_PREFIX.length());
				if (!this.known.isVariable(name)) {
					throw new InvalidSettingException(variable, null,
							unknown(this.known.withDashes(name.toLowerCase(Locale.ROOT)),
									(nearest) -> ", in the environment " + variable(nearest)),
							variables.getName());
				}
				refuseTwice(variables, variable, written.put(name.replace("_", ""), variable));
			}
		}
	}

	private static void refuseTwice(PropertySource<?> source) {
		if (source instanceof CompositePropertySource parts) {
			parts.getPropertySources().forEach(UnknownSettings::refuseTwice);
		}
		else if (source instanceof EnumerablePropertySource<?> names) {
			Map<ConfigurationPropertyName, String> written = new HashMap<>();
			for (String name : names.getPropertyNames()) {
				ConfigurationPropertyName property = ConfigurationPropertyName.adapt(name, '.');
				if (PREFIX.isAncestorOf(property)) {
					refuseTwice(source, name, written.put(property, name));
				}
			}
		}
	}

	// Which of the two were in force would depend on their spelling and their order.
	private static void refuseTwice(PropertySource<?> source, String name, @Nullable String earlier) {
		if (earlier != null
				&& !Objects.toString(source.getProperty(earlier)).equals(Objects.toString(source.getProperty(name)))) {
			throw new InvalidSettingException(name, null, "is written twice in one property source, the other time as "
					+ earlier + " and with another value: leave one out", source.getName());
		}
	}

	private String unknown(String name, UnaryOperator<String> further) {
		String nearest = this.known.nearest(name);
		if (nearest == null) {
			return "is not known, and no known key is like it. The configuration reference lists them all";
		}
		String property = HardeningProperties.PREFIX + "." + nearest;
		return "is not known. The nearest known key is " + property + further.apply(property);
	}

	private static String variable(String property) {
		return property.replace("-", "").replace('.', '_').toUpperCase(Locale.ROOT);
	}

	private void refuseName(ConfigurationPropertySource source, ConfigurationPropertyName name) {
		StringBuilder below = new StringBuilder();
		for (int i = PREFIX.getNumberOfElements(); i < name.getNumberOfElements(); i++) {
			if (name.isNumericIndex(i)) {
				below.append('[').append(name.getElement(i, Form.ORIGINAL)).append(']');
			}
			else {
				below.append(below.isEmpty() ? "" : ".").append(name.getElement(i, Form.ORIGINAL));
			}
		}
		ConfigurationProperty property = source.getConfigurationProperty(name);
		String origin = SettingOrigins.describe(source, (property != null) ? property.getOrigin() : null);
		Object value = (property != null) ? property.getValue() : null;
		refuseName(below.toString(), value, origin);
		refuseRouteId(name, origin);
	}

	private void refuseName(String name, @Nullable Object value, String origin) {
		if (this.known.isLeaf(name)) {
			return;
		}
		String property = HardeningProperties.PREFIX + "." + name;
		if (this.known.isGroup(name)) {
			if (value != null && StringUtils.hasText(value.toString())) {
				throw new InvalidSettingException(property, value, "is a group: it has keys below it and no value",
						origin);
			}
			throw new InvalidSettingException(property, null, "is empty: write its keys below it, or leave it out",
					origin);
		}
		throw new InvalidSettingException(property, null, unknown(name, (nearest) -> ""), origin);
	}

	private static void refuseRouteId(ConfigurationPropertyName name, String origin) {
		int index = PREFIX.getNumberOfElements() + 1;
		if (name.getNumberOfElements() > index && name.getElement(index - 1, Form.UNIFORM).equals("routes")) {
			String id = name.getElement(index, Form.ORIGINAL);
			if (!ROUTE_ID.matcher(id).matches()) {
				throw new InvalidSettingException(HardeningProperties.PREFIX + ".routes." + id, null,
						"is not a route id: only lowercase letters and digits, so that files and environment variables "
								+ "name the same route",
						origin);
			}
		}
	}

}
