package io.serverhardening.route.path;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

import org.springframework.http.server.PathContainer;
import org.springframework.http.server.PathContainer.Element;
import org.springframework.http.server.PathContainer.PathSegment;
import org.springframework.util.StringUtils;

/**
 * What a path may mean to those who read it less literally than Spring's mappings do:
 * they resolve dot segments, merge slashes, and some decode more, or once more. What is
 * behind a gateway, files, and whoever the handler asks may be among them.
 */
public final class PathReadings {

	private static final PathContainer.Options AS_IT_IS = PathContainer.Options.create('/', false);

	/** A dot and a slash in two bytes, which UTF-8 forbids and old decoders take. */
	private static final Pattern OVERLONG = Pattern.compile("%c0%a([ef])", Pattern.CASE_INSENSITIVE);

	private PathReadings() {
	}

	/**
	 * Whether there is nothing in a path that anyone reads in two ways. Every request
	 * pays for this look.
	 * @param path the path as it was sent
	 * @return {@code true} if all read it alike
	 */
	public static boolean isPlain(String path) {
		int length = path.length();
		for (int i = 0; i < length; i++) {
			char c = path.charAt(i);
			if (c == '/') {
				char next = (i + 1 < length) ? path.charAt(i + 1) : 'a';
				if (next == '/' || next == '.') {
					return false;
				}
			}
			else if (c == '%' || c == ';' || c == '\\') {
				return false;
			}
		}
		return true;
	}

	/**
	 * Return the other readings of a path.
	 * @param path the path
	 * @param forwarded whether requests go on to others as they came: encoded slashes,
	 * backslashes and parameters are then read in every way, and not only where they make
	 * dot segments
	 * @return the readings that differ from Spring's
	 */
	public static List<PathContainer> of(PathContainer path, boolean forwarded) {
		List<String> read = segments(path, true);
		Set<List<String>> readings = new LinkedHashSet<>();
		List<String> merged = merge(read);
		addResolved(readings, merged);
		addResolved(readings, read);
		for (List<String> decoded : decoded(read)) {
			if (forwarded || hasDots(decoded)) {
				addResolved(readings, merge(decoded));
				addResolved(readings, decoded);
			}
		}
		if (forwarded) {
			readings.add(segments(path, false));
		}
		readings.remove(read);
		return readings.stream().map(PathReadings::container).toList();
	}

	private static void addResolved(Set<List<String>> readings, List<String> segments) {
		List<String> resolved = resolve(segments);
		readings.add(resolved);
		// Where dots were last, some leave a slash, and some leave none.
		int last = resolved.size() - 1;
		if (resolved != segments && last > 0 && resolved.get(last).isEmpty()) {
			readings.add(resolved.subList(0, last));
		}
	}

	// Return what encoded slashes, backslashes and what is encoded twice make of segments
	// that have been decoded.
	private static List<List<String>> decoded(List<String> segments) {
		List<String> slashes = split(segments, "/");
		List<String> backslashes = split(slashes, "\\");
		List<String> twice = backslashes.stream().map(PathReadings::decodeAgain).toList();
		return List.of(slashes, backslashes, split(split(twice, "/"), "\\"));
	}

	private static List<String> split(List<String> segments, String separator) {
		List<String> parts = new ArrayList<>();
		for (String segment : segments) {
			for (String part : segment.split(Pattern.quote(separator), -1)) {
				int parameters = part.indexOf(';');
				parts.add((parameters >= 0) ? part.substring(0, parameters) : part);
			}
		}
		return parts;
	}

	private static String decodeAgain(String segment) {
		if (segment.indexOf('%') < 0) {
			return segment;
		}
		String text = OVERLONG.matcher(segment).replaceAll("%2$1");
		try {
			return StringUtils.uriDecode(text, StandardCharsets.UTF_8);
		}
		catch (IllegalArgumentException ex) {
			// Nobody decodes a lone percent sign.
			return segment;
		}
	}

	// Return what stands between the slashes, an empty text where nothing does.
	private static List<String> segments(PathContainer path, boolean decoded) {
		List<String> segments = new ArrayList<>();
		String segment = "";
		boolean first = true;
		for (Element element : path.elements()) {
			if (element instanceof PathSegment text) {
				segment = decoded ? overlong(text) : StringUtils.uriDecode(text.value(), StandardCharsets.UTF_8);
			}
			else if (first) {
				segment = "";
			}
			else {
				segments.add(segment);
				segment = "";
			}
			first = false;
		}
		segments.add(segment);
		return segments;
	}

	// What is overlong is lost in decoding: it stays encoded, for those who decode again.
	private static String overlong(PathSegment segment) {
		return OVERLONG.matcher(segment.value()).find() ? segment.value() : segment.valueToMatch();
	}

	private static List<String> merge(List<String> segments) {
		List<String> merged = new ArrayList<>();
		for (int i = 0; i < segments.size(); i++) {
			if (!segments.get(i).isEmpty() || i == segments.size() - 1) {
				merged.add(segments.get(i));
			}
		}
		return merged;
	}

	private static boolean hasDots(List<String> segments) {
		return segments.contains(".") || segments.contains("..");
	}

	// As RFC 3986 has it: nobody gets above the root.
	private static List<String> resolve(List<String> segments) {
		if (!hasDots(segments)) {
			return segments;
		}
		List<String> resolved = new ArrayList<>();
		for (int i = 0; i < segments.size(); i++) {
			String segment = segments.get(i);
			boolean up = segment.equals("..");
			if (up && !resolved.isEmpty()) {
				resolved.remove(resolved.size() - 1);
			}
			if (!up && !segment.equals(".")) {
				resolved.add(segment);
			}
			else if (i == segments.size() - 1) {
				resolved.add("");
			}
		}
		return resolved;
	}

	private static PathContainer container(List<String> segments) {
		StringBuilder path = new StringBuilder();
		segments.forEach((segment) -> path.append('/').append(segment.replace("/", "%2F")));
		return PathContainer.parsePath(path.toString(), AS_IT_IS);
	}

}
