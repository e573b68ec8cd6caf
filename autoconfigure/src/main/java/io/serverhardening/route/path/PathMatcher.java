package io.serverhardening.route.path;

import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

import org.springframework.http.server.PathContainer;
import org.springframework.http.server.PathContainer.Element;
import org.springframework.http.server.PathContainer.PathSegment;
import org.springframework.web.util.pattern.PathPattern;

/**
 * Matches one path pattern exactly as {@link PathPattern} does. Patterns of literals,
 * single wildcards and a closing {@code **}, which is what routes are made of, match an
 * ordinary path by comparing segments and allocate nothing; for every other pattern, and
 * for paths with empty segments, {@link PathPattern} itself answers.
 */
public final class PathMatcher {

	private final PathPattern pattern;

	/** The segments before a closing wildcard; {@code null} stands for any segment. */
	private final @Nullable String[] segments;

	/** Whether anything may follow the segments. */
	private final boolean open;

	/** Whether comparing segments is enough. */
	private final boolean simple;

	/** How many leading segments are literal. */
	private final int prefix;

	public PathMatcher(PathPattern pattern, boolean caseSensitive) {
		this.pattern = pattern;
		List<@Nullable String> parsed = new ArrayList<>();
		boolean simple = caseSensitive && pattern.getPatternString().startsWith("/");
		boolean open = false;
		for (String text : split(pattern.getPatternString())) {
			if (open || text.isEmpty()) {
				simple = false;
			}
			else if (isRest(text)) {
				open = true;
			}
			else if (isAny(text)) {
				parsed.add(null);
			}
			else if (isLiteral(text)) {
				parsed.add(text);
			}
			else {
				simple = false;
				parsed.add(null);
			}
		}
		this.simple = simple;
		this.open = open;
		this.segments = parsed.toArray(String[]::new);
		this.prefix = simple ? countLiterals(this.segments) : 0;
	}

	private static String[] split(String pattern) {
		String path = pattern.startsWith("/") ? pattern.substring(1) : pattern;
		return path.split("/", -1);
	}

	private static boolean isRest(String segment) {
		return segment.equals("**") || (segment.startsWith("{*") && segment.endsWith("}"));
	}

	private static boolean isAny(String segment) {
		return segment.equals("*") || (segment.startsWith("{") && segment.endsWith("}") && !segment.contains(":")
				&& segment.indexOf('{', 1) < 0);
	}

	private static boolean isLiteral(String segment) {
		return segment.chars().noneMatch((c) -> "*?{}\\".indexOf(c) >= 0);
	}

	private static int countLiterals(@Nullable String[] segments) {
		int count = 0;
		while (count < segments.length && segments[count] != null) {
			count++;
		}
		return count;
	}

	/**
	 * Return how many leading segments a path must share to match.
	 * @return the number of literal segments at the start of the pattern, zero if they
	 * cannot be told
	 */
	public int prefixLength() {
		return this.prefix;
	}

	public String prefixSegment(int index) {
		String segment = this.segments[index];
		return (segment != null) ? segment : "";
	}

	public PathPattern pattern() {
		return this.pattern;
	}

	/**
	 * Return the pattern with its variables unnamed: two patterns with the same shape
	 * match the same paths.
	 * @return the shape
	 */
	public String shape() {
		return this.pattern.getPatternString().replaceAll("\\{\\*[^}]*}", "**").replaceAll("\\{[^}:]*}", "*");
	}

	/**
	 * Whether a path matches.
	 * @param path the path
	 * @param regular whether the path is an alternation of separators and segments
	 * @return {@code true} if it matches
	 */
	public boolean matches(PathContainer path, boolean regular) {
		return (this.simple && regular) ? matchesSegments(path.elements()) : this.pattern.matches(path);
	}

	private boolean matchesSegments(List<Element> elements) {
		int count = elements.size() >> 1;
		if (count < this.segments.length || (count > this.segments.length && !this.open)) {
			return false;
		}
		for (int i = this.prefix; i < this.segments.length; i++) {
			String expected = this.segments[i];
			if (expected != null && !expected.equals(((PathSegment) elements.get((i << 1) + 1)).valueToMatch())) {
				return false;
			}
		}
		return true;
	}

}
