package io.serverhardening.autoconfigure;

import java.lang.reflect.RecordComponent;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

import io.serverhardening.actuate.EffectiveSettings;
import io.serverhardening.actuate.EffectiveSettings.Setting;
import io.serverhardening.autoconfigure.SettingNames.Name;
import org.jspecify.annotations.Nullable;

import org.springframework.util.ReflectionUtils;

/**
 * Lists every setting in force with where it comes from.
 */
final class EffectiveSettingsReader {

	private static final String DEFAULT_ORIGIN = "default";

	private static final Set<String> SECRETS = Set.of("secrets", "aes-keys");

	private final HardeningProperties properties;

	private final SettingOrigins origins;

	private final Map<String, Setting> defaults;

	/**
	 * Create the reader.
	 * @param properties the settings as bound
	 * @param origins finds where they were written
	 * @param defaults those that were found out at start, by property name
	 */
	EffectiveSettingsReader(HardeningProperties properties, SettingOrigins origins, Map<String, Setting> defaults) {
		this.properties = properties;
		this.origins = origins;
		this.defaults = defaults;
	}

	EffectiveSettings read(long version) {
		Map<String, Setting> settings = new LinkedHashMap<>();
		for (Name name : SettingNames.KNOWN.leaves()) {
			if (!name.isRoute()) {
				name.expand(this::keysOf).forEach((path) -> add(settings, path));
			}
		}
		for (String id : this.properties.routes().keySet()) {
			for (Name name : SettingNames.KNOWN.leaves()) {
				if (name.isRoute()) {
					name.expand((path) -> (path.size() > 1) ? keysOf(path) : List.of(id))
						.forEach((path) -> add(settings, path));
				}
			}
		}
		return new EffectiveSettings(version, settings);
	}

	private void add(Map<String, Setting> settings, List<String> path) {
		Setting setting = setting(path);
		if (setting != null) {
			settings.put(property(path), setting);
		}
	}

	private @Nullable Setting setting(List<String> path) {
		Object value = valueOf(path);
		if (value instanceof Map<?, ?>) {
			// A route's name of a webhook has no counterpart: at the top are the
			// webhooks.
			return null;
		}
		if (value != null) {
			String origin = this.origins.find(property(path));
			return new Setting(isSecret(path) ? hidden(value) : present(value),
					(origin != null) ? origin : DEFAULT_ORIGIN);
		}
		Setting found = this.defaults.get(property(path));
		if (found != null) {
			return found;
		}
		List<String> parent = parentOf(path);
		Setting inherited = (parent != null) ? setting(parent) : null;
		if (parent == null || inherited == null) {
			return null;
		}
		String origin = inherited.origin().startsWith("inherited from ") ? inherited.origin()
				: "inherited from " + property(parent) + " (" + inherited.origin() + ")";
		return new Setting(inherited.value(), origin);
	}

	// Return where a leaf that is left out takes its value from: a route from the top, a
	// tier from outside the tiers, a group's mode from the mode of all.
	private static @Nullable List<String> parentOf(List<String> path) {
		if (path.get(0).equals("routes")) {
			return path.subList(2, path.size());
		}
		String leaf = path.get(path.size() - 1);
		if (path.size() == 4 && path.get(1).equals("tiers")) {
			return List.of(path.get(0), leaf);
		}
		return (path.size() > 1 && leaf.equals("mode")) ? List.of("mode") : null;
	}

	// A map of a route has what it says and what it inherits.
	private Collection<String> keysOf(List<String> path) {
		Set<String> keys = new LinkedHashSet<>();
		if (path.get(0).equals("routes")) {
			keys.addAll(keysOf(path.subList(2, path.size())));
		}
		if (valueOf(path) instanceof Map<?, ?> map) {
			map.keySet().forEach((key) -> keys.add(String.valueOf(key)));
		}
		return keys;
	}

	private @Nullable Object valueOf(List<String> path) {
		Object value = this.properties;
		for (String element : path) {
			if (value instanceof Map<?, ?> map) {
				value = map.get(element);
			}
			else {
				value = (value != null) ? component(value, element) : null;
			}
		}
		return value;
	}

	private static @Nullable Object component(Object holder, String element) {
		for (RecordComponent component : holder.getClass().getRecordComponents()) {
			if (component.getName().equalsIgnoreCase(element.replace("-", ""))) {
				ReflectionUtils.makeAccessible(component.getAccessor());
				return ReflectionUtils.invokeMethod(component.getAccessor(), holder);
			}
		}
		// A route without a top-level counterpart: there is nothing to inherit.
		return null;
	}

	private static boolean isSecret(List<String> path) {
		return path.get(0).equals("webhook") && SECRETS.contains(path.get(path.size() - 1));
	}

	// How many there are is worth knowing when they are rotated.
	private static String hidden(Object value) {
		return ((value instanceof Collection<?> values) ? values.size() : 1) + " hidden";
	}

	private static Object present(Object value) {
		if (value instanceof Number || value instanceof Boolean) {
			return value;
		}
		if (value instanceof Collection<?> collection) {
			return collection.stream().map(EffectiveSettingsReader::present).toList();
		}
		if (value instanceof Enum<?> constant && !(value instanceof RouteMethod)) {
			return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
		}
		return value.toString();
	}

	private static String property(List<String> path) {
		return HardeningProperties.PREFIX + "." + String.join(".", path);
	}

}
