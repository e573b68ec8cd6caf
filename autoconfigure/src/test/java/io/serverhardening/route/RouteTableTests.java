package io.serverhardening.route;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

import io.serverhardening.Route;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.http.HttpMethod;
import org.springframework.http.server.PathContainer;
import org.springframework.web.util.pattern.PathPattern;
import org.springframework.web.util.pattern.PathPatternParser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Which route a request falls under.
 */
class RouteTableTests {

	private static RoutePolicy route(String id, String path, String... methods) {
		return new RoutePolicy(
				new Route(id, path, Arrays.stream(methods).map(HttpMethod::valueOf).collect(Collectors.toSet())),
				List.of());
	}

	private static RouteTable compile(PathPatternParser parser, List<RoutePolicy> policies) {
		return RouteTable.compile(route("default", "/**"), policies, parser, (id) -> new RouteActivity());
	}

	private static RouteTable table(RoutePolicy... policies) {
		return compile(PathPatternParser.defaultInstance, List.of(policies));
	}

	private static String match(RouteTable table, String method, String path) {
		return table.match(PathContainer.parsePath(path), HttpMethod.valueOf(method)).route().id();
	}

	@ParameterizedTest
	@CsvSource({ "/api/orders, collection", "/api/orders/search, search", "/api/orders/7, one",
			"/api/orders/7/items, all", "/api, everything", "/api/x/y, everything", "/other, default", "/, default",
			"/api/orders/, all", "/api/orders/sea%72ch, search", "/api/orders/a%2Fb, one",
			"/api/orders;v=1/search, search", "/api//orders, everything", "//api/orders, default" })
	void theMostSpecificPathWins(String path, String expected) {
		RouteTable table = table(route("everything", "/api/**"), route("all", "/api/orders/**"),
				route("one", "/api/orders/{id}"), route("search", "/api/orders/search"),
				route("collection", "/api/orders"));
		assertThat(match(table, "GET", path)).isEqualTo(expected);
	}

	@Test
	void aMethodThatTheRouteDoesNotNameFallsToTheNextMatch() {
		RouteTable table = table(route("post", "/orders", "POST"), route("get", "/orders", "GET"),
				route("any", "/orders"), route("all", "/**", "DELETE"));
		assertThat(match(table, "POST", "/orders")).isEqualTo("post");
		assertThat(match(table, "GET", "/orders")).isEqualTo("get");
		assertThat(match(table, "HEAD", "/orders")).isEqualTo("get");
		assertThat(match(table, "DELETE", "/orders")).isEqualTo("any");
		assertThat(match(table, "DELETE", "/else")).isEqualTo("all");
		assertThat(match(table, "BREW", "/orders")).isEqualTo("any");
		assertThat(match(table, "GET", "/else")).isEqualTo("default");
	}

	@Test
	void aRouteForHeadTakesItFromTheRouteForGet() {
		RouteTable table = table(route("get", "/x", "GET"), route("head", "/x/**", "HEAD"));
		assertThat(match(table, "HEAD", "/x")).isEqualTo("get");
		assertThat(match(table, "HEAD", "/x/y")).isEqualTo("head");
	}

	@ParameterizedTest
	@CsvSource({ "/a/{x}, /a/{y}", "/a/*, /a/{y}", "/a/**, /a/{*rest}", "/a, /a" })
	void theSamePathAndMethodTwiceIsRefused(String first, String second) {
		assertThatExceptionOfType(DuplicateRouteException.class)
			.isThrownBy(() -> table(route("one", first, "GET", "POST"), route("two", second, "POST")))
			.withMessageContaining("both name POST");
		assertThatExceptionOfType(DuplicateRouteException.class)
			.isThrownBy(() -> table(route("one", first), route("two", second)))
			.withMessageContaining("any method");
		assertThat(match(table(route("one", first, "GET"), route("two", second, "POST")), "POST", "/a")).isIn("two",
				"default");
	}

	@Test
	void followsTheApplicationInCaseAndTrailingSlashes() {
		PathPatternParser parser = new PathPatternParser();
		parser.setCaseSensitive(false);
		RouteTable table = compile(parser, List.of(route("orders", "/api/Orders/{id}")));
		assertThat(match(table, "GET", "/API/orders/7")).isEqualTo("orders");
		assertThat(match(table(route("orders", "/api/Orders/{id}")), "GET", "/API/orders/7")).isEqualTo("default");
	}

	// Every pattern against every path: the table must agree with asking all of Spring's
	// patterns in the order of their specificity.
	@Test
	void agreesWithThePatternsOfSpring() {
		List<String> patterns = List.of("/", "/a", "/b", "/a/b", "/a/*", "/a/{x}/c", "/a/**", "/*/b", "/{x}/b/**",
				"/a/b*", "/a/{x:[0-9]+}", "/a/?", "/{*all}", "/a/b/c", "/a/b/{y}", "/*", "/a/*/c/**", "/a b", "/ä/{x}",
				"/a/b.json", "/a/{x}.json", "/*/*", "/a/");
		List<String> segments = List.of("", "a", "b", "c", "7", "b.json", "x%2Fy", "a;v=1", "bc", "A", "%C3%A4",
				"a%20b");
		List<String> paths = new ArrayList<>(List.of("", "/", "//", "/a/b/c/7/b", "/a//b", "/a/b/", "a"));
		for (String first : segments) {
			paths.add("/" + first);
			for (String second : segments) {
				paths.add("/" + first + "/" + second);
				for (String third : segments) {
					paths.add("/" + first + "/" + second + "/" + third);
				}
			}
		}
		PathPatternParser parser = PathPatternParser.defaultInstance;
		int matched = 0;
		for (int from = 0; from < patterns.size(); from++) {
			// Several subsets, so that no pattern hides another for all paths.
			List<String> subset = patterns.subList(from, Math.min(patterns.size(), from + 5));
			List<PathPattern> sorted = subset.stream()
				.map(parser::parse)
				.sorted(Comparator.<PathPattern, PathPattern>comparing((pattern) -> pattern,
						PathPattern.SPECIFICITY_COMPARATOR))
				.toList();
			List<RoutePolicy> policies = new ArrayList<>();
			subset.forEach((pattern) -> policies.add(route("r" + patterns.indexOf(pattern), pattern)));
			if (hasSameShapes(subset)) {
				continue;
			}
			RouteTable table = compile(parser, policies);
			for (String path : paths) {
				PathContainer container = PathContainer.parsePath(path);
				List<PathPattern> matches = sorted.stream().filter((pattern) -> pattern.matches(container)).toList();
				String actual = match(table, "GET", path);
				if (matches.isEmpty()) {
					assertThat(actual).as(subset + " " + path).isEqualTo("default");
				}
				else {
					// Equally specific patterns may come in either order.
					Set<String> best = matches.stream()
						.filter((pattern) -> PathPattern.SPECIFICITY_COMPARATOR.compare(pattern, matches.get(0)) == 0)
						.map((pattern) -> "r" + patterns.indexOf(pattern.getPatternString()))
						.collect(Collectors.toSet());
					assertThat(best).as(subset + " " + path).contains(actual);
					matched++;
				}
			}
		}
		assertThat(matched).isGreaterThan(5000);
	}

	private static boolean hasSameShapes(List<String> patterns) {
		Set<String> shapes = patterns.stream()
			.map((pattern) -> pattern.replaceAll("\\{\\*[^}]*}", "**").replaceAll("\\{[^}:]*}", "*"))
			.collect(Collectors.toSet());
		return shapes.size() < patterns.size();
	}

}
