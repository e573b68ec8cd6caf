package io.serverhardening.autoconfigure.diagnostics;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import io.serverhardening.autoconfigure.settings.HardeningProperties;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.NestedConfigurationProperty;

/**
 * Every name under {@code server.hardening}, read from the properties records, so that it
 * cannot drift from what is bound. {@code *} stands for the id of a route or the name of
 * a tier.
 */
public final class SettingNames {

	/** What the properties of hardening know. */
	public static final SettingNames KNOWN = new SettingNames(HardeningProperties.class);

	private static final String ANY = "*";

	private final List<Name> leaves = new ArrayList<>();

	private final List<Name> groups = new ArrayList<>();

	private SettingNames(Class<? extends Record> properties) {
		collect(properties, List.of());
	}

	private void collect(Class<?> type, List<String> parent) {
		for (RecordComponent component : type.getRecordComponents()) {
			List<String> path = new ArrayList<>(parent);
			path.add(kebabCase(component.getName()));
			if (isGroup(component)) {
				this.groups.add(new Name(path, false));
				collect(component.getType(), path);
			}
			else if (Map.class.isAssignableFrom(component.getType())) {
				this.groups.add(new Name(List.copyOf(path), false));
				path.add(ANY);
				this.groups.add(new Name(List.copyOf(path), false));
				ParameterizedType map = (ParameterizedType) component.getGenericType();
				collect((Class<?>) map.getActualTypeArguments()[1], path);
			}
			else {
				this.leaves.add(new Name(path, Collection.class.isAssignableFrom(component.getType())));
			}
		}
	}

	// As the metadata has it. Any other record is a value.
	private static boolean isGroup(RecordComponent component) {
		Class<?> type = component.getType();
		return type.isRecord() && (type.getEnclosingClass() != null
				|| component.isAnnotationPresent(NestedConfigurationProperty.class));
	}

	private static String kebabCase(String name) {
		return name.replaceAll("(?<=[a-z0-9])([A-Z])", "-$1").toLowerCase(Locale.ROOT);
	}

	/**
	 * Return the names that have a value.
	 * @return the names
	 */
	public List<Name> leaves() {
		return this.leaves;
	}

	boolean isLeaf(String name) {
		return this.leaves.stream().anyMatch((leaf) -> leaf.dotted().matcher(name).matches());
	}

	boolean isGroup(String name) {
		return this.groups.stream().anyMatch((group) -> group.dotted().matcher(name).matches());
	}

	boolean isVariable(String name) {
		return this.leaves.stream().anyMatch((leaf) -> leaf.underscored().matcher(name).matches());
	}

	/**
	 * Return the known name that is nearest to an unknown one. Who writes the right last
	 * word in the wrong group meant that word.
	 * @param name the name below the prefix, as written
	 * @return the nearest known name below the prefix, {@code null} where none is like it
	 */
	public @Nullable String nearest(String name) {
		List<String> candidates = this.leaves.stream().map((leaf) -> leaf.like(name)).toList();
		List<String> ofTheGroup = candidates.stream()
			.filter((candidate) -> isOfRoute(candidate) == isOfRoute(name))
			.filter((candidate) -> lastWord(candidate).equals(lastWord(name)))
			.toList();
		if (!ofTheGroup.isEmpty()) {
			return nearest(ofTheGroup, name);
		}
		String nearest = nearest(candidates, name);
		return (distance(nearest, name) < name.length()) ? nearest : null;
	}

	/**
	 * Return the name of a variable with the dashes that it has in files.
	 * @param name the name below the prefix, in lower case, with underscores
	 * @return the same, with dashes within the words that have them
	 */
	String withDashes(String name) {
		String result = name;
		for (Name leaf : this.leaves) {
			for (String element : leaf.path()) {
				if (element.contains("-")) {
					result = result.replace(element.replace('-', '_'), element);
				}
			}
		}
		return result;
	}

	private static boolean isOfRoute(String name) {
		return name.startsWith("routes.") || name.startsWith("routes_");
	}

	private static String lastWord(String name) {
		int begin = Math.max(name.lastIndexOf('.'), name.lastIndexOf('_')) + 1;
		return name.substring(begin).replace("-", "").toLowerCase(Locale.ROOT);
	}

	/**
	 * Return the text that is nearest to another.
	 * @param candidates the texts that it may be
	 * @param text the other
	 * @return the first of the nearest
	 */
	public static String nearest(List<String> candidates, String text) {
		return candidates.stream().min(Comparator.comparingInt((candidate) -> distance(candidate, text))).orElse("");
	}

	// Levenshtein's distance, with a name's words compared whatever stands between them.
	private static int distance(String left, String right) {
		String a = left.replace("-", "").toLowerCase(Locale.ROOT);
		String b = right.replace("-", "").replace('_', '.').toLowerCase(Locale.ROOT);
		int[] previous = new int[b.length() + 1];
		for (int j = 0; j <= b.length(); j++) {
			previous[j] = j;
		}
		for (int i = 1; i <= a.length(); i++) {
			int[] current = new int[b.length() + 1];
			current[0] = i;
			for (int j = 1; j <= b.length(); j++) {
				int substitution = previous[j - 1] + ((a.charAt(i - 1) == b.charAt(j - 1)) ? 0 : 1);
				current[j] = Math.min(substitution, Math.min(previous[j], current[j - 1]) + 1);
			}
			previous = current;
		}
		return previous[b.length()];
	}

	/**
	 * One known name.
	 *
	 * @param path its elements below the prefix
	 * @param list whether it takes an index
	 * @param dotted matches it in files: dots, dashes optional, any case
	 * @param underscored matches it in the environment: underscores for dots, and for all
	 * dashes or for none
	 */
	public record Name(List<String> path, boolean list, Pattern dotted, Pattern underscored) {

		Name(List<String> path, boolean list) {
			this(List.copyOf(path), list, pattern(path, "\\.", "-?", "[^.]+", list ? "(?:\\[\\d+\\])?" : ""),
					underscored(path, list));
		}

		// As Spring Boot binds them: all dashes are nothing, or all are underscores. With
		// underscores it finds nothing behind an index, and a key of a map only where
		// another source has that key: neither is taken.
		private static Pattern underscored(List<String> path, boolean list) {
			String any = "[A-Z0-9]+";
			String squeezed = pattern(path, "_", "", any, list ? "(?:_\\d+_?)?" : "").pattern();
			if (path.subList(0, path.lastIndexOf(ANY) + 1).stream().anyMatch((element) -> element.contains("-"))) {
				return Pattern.compile(squeezed, Pattern.CASE_INSENSITIVE);
			}
			String spaced = pattern(path, "_", "_", any, list ? "(?:_\\d+)?" : "").pattern();
			return Pattern.compile(squeezed + "|" + spaced, Pattern.CASE_INSENSITIVE);
		}

		private static Pattern pattern(List<String> path, String dot, String dash, String any, String suffix) {
			List<String> elements = path.stream()
				.map((element) -> element.equals(ANY) ? any : element.replace("-", dash))
				.toList();
			return Pattern.compile(String.join(dot, elements) + suffix, Pattern.CASE_INSENSITIVE);
		}

		/**
		 * Whether it is about one route.
		 * @return {@code true} below {@code routes}
		 */
		public boolean isRoute() {
			return this.path.get(0).equals("routes");
		}

		/**
		 * Return the paths that this name stands for.
		 * @param keys gives what is in the map at a path
		 * @return the paths
		 */
		public List<List<String>> expand(Function<List<String>, Collection<String>> keys) {
			List<List<String>> paths = List.of(List.of());
			for (String element : this.path) {
				paths = paths.stream()
					.flatMap((parent) -> (element.equals(ANY) ? keys.apply(parent) : List.of(element)).stream()
						.map((key) -> Stream.concat(parent.stream(), Stream.of(key)).toList()))
					.toList();
			}
			return paths;
		}

		// Return this name with the route id and tier of another.
		String like(String name) {
			String[] other = name.split("[._]", -1);
			List<String> elements = new ArrayList<>(this.path);
			for (int any = elements.indexOf(ANY); any >= 0; any = elements.indexOf(ANY)) {
				elements.set(any, (other.length > any) ? other[any].toLowerCase(Locale.ROOT) : "<id>");
			}
			return String.join(".", elements);
		}

	}

}
