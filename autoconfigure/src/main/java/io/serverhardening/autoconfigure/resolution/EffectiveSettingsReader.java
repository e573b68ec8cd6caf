package io.serverhardening.autoconfigure.resolution;

import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

import io.serverhardening.actuate.EffectiveSettings;
import io.serverhardening.actuate.EffectiveSettings.Setting;
import io.serverhardening.autoconfigure.diagnostics.SettingNames;
import io.serverhardening.autoconfigure.diagnostics.SettingNames.Name;
import io.serverhardening.autoconfigure.diagnostics.SettingOrigins;
import io.serverhardening.autoconfigure.settings.HardeningProperties;
import io.serverhardening.autoconfigure.settings.RouteMethod;
import io.serverhardening.autoconfigure.settings.RouteProperties;
import org.jspecify.annotations.Nullable;

import org.springframework.util.ReflectionUtils;

/**
 * Lists every setting in force with where it comes from.
 */
public final class EffectiveSettingsReader {

	private static final String DEFAULT_ORIGIN = "default";

	/** What is inherited, and resolved. */
	private static final Set<String> GROUPS = Set.of("request", "response", "rate-limit", "concurrency",
			"circuit-breaker");

	private static final Set<String> SECRETS = Set.of("secrets", "aes-keys");

	private final Resolution resolution;

	private final HardeningProperties written;

	private final SettingOrigins origins;

	private final List<Map<String, Setting>> found;

	/**
	 * Create the reader.
	 * @param resolution the settings in force
	 * @param origins finds where they were written
	 * @param found those that were found out at the start, by the names of their
	 * properties
	 */
	public EffectiveSettingsReader(Resolution resolution, SettingOrigins origins, List<Map<String, Setting>> found) {
		this.resolution = resolution;
		this.written = resolution.written();
		this.origins = origins;
		this.found = found;
	}

	/**
	 * Read the settings.
	 * @param version how often there have been others
	 * @return the settings in force
	 */
	public EffectiveSettings read(long version) {
		Map<String, Setting> settings = new LinkedHashMap<>();
		for (Name name : SettingNames.KNOWN.leaves()) {
			if (!name.isRoute()) {
				name.expand(this::keysOf).forEach((path) -> add(settings, path));
			}
		}
		for (String id : this.written.routes().keySet()) {
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
		List<String> source = source(path);
		Object value = inForce(path);
		if (value == null && source != null) {
			value = valueOf(this.written, source);
		}
		if (value == null) {
			return found(property(path));
		}
		return new Setting(isSecret(path) ? hidden(value) : present(value), origin(path, source));
	}

	private @Nullable Setting found(String property) {
		return this.found.stream()
			.map((settings) -> settings.get(property))
			.filter(Objects::nonNull)
			.findFirst()
			.orElse(null);
	}

	private String origin(List<String> path, @Nullable List<String> source) {
		if (source == null) {
			return DEFAULT_ORIGIN;
		}
		String written = Objects.requireNonNullElse(this.origins.find(property(source)), DEFAULT_ORIGIN);
		return source.equals(path) ? written : "inherited from " + property(source) + " (" + written + ")";
	}

	// Where a leaf takes its value from: the first that says something.
	private @Nullable List<String> source(List<String> path) {
		for (List<String> source : sources(path)) {
			if (valueOf(this.written, source) != null) {
				return source;
			}
		}
		return null;
	}

	private List<List<String>> sources(List<String> path) {
		List<List<String>> sources = new ArrayList<>();
		sources.add(path);
		boolean route = path.get(0).equals("routes");
		List<String> below = route ? path.subList(2, path.size()) : path;
		if (route && !inherits(path.get(1), below)) {
			return sources;
		}
		String leaf = below.get(below.size() - 1);
		if (route) {
			sources.add(below);
		}
		if (below.size() == 4 && below.get(1).equals("tiers")) {
			if (route) {
				sources.add(List.of("routes", path.get(1), below.get(0), leaf));
			}
			sources.add(List.of(below.get(0), leaf));
		}
		if (below.size() == 2 && leaf.equals("mode")) {
			sources.add(List.of(leaf));
		}
		return sources;
	}

	private boolean inherits(String id, List<String> below) {
		RouteProperties own = Objects.requireNonNull(this.written.routes().get(id));
		return switch (below.get(0) + "." + ((below.size() > 1) ? below.get(1) : "")) {
			// A name of a webhook, where the top has the webhooks.
			case "webhook." -> false;
			case "concurrency.reserve" -> !own.concurrency().isSet();
			case "circuit-breaker.fallback" -> !own.circuitBreaker().fallback().isSet();
			default -> true;
		};
	}

	// What there is in a map, and what a route inherits of it.
	private Collection<String> keysOf(List<String> path) {
		Set<String> keys = new LinkedHashSet<>();
		if (inForce(path) instanceof Map<?, ?> map) {
			map.keySet().forEach((key) -> keys.add(String.valueOf(key)));
		}
		return keys;
	}

	private @Nullable Object inForce(List<String> path) {
		boolean route = path.get(0).equals("routes") && path.size() > 2;
		ResolvedRoute resolved = route ? this.resolution.routes().get(path.get(1)) : this.resolution.everywhere();
		List<String> below = route ? path.subList(2, path.size()) : path;
		return (resolved != null && GROUPS.contains(below.get(0))) ? valueOf(resolved, below)
				: valueOf(this.written, path);
	}

	private static @Nullable Object valueOf(Object from, List<String> path) {
		Object value = from;
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
