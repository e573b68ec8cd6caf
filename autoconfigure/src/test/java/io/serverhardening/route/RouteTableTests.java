package io.serverhardening.route;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

import io.serverhardening.Mode;
import io.serverhardening.Route;
import io.serverhardening.route.path.AmbiguousPathGuard;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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
			"/api/orders;v=1/search, search", "/api/orders/7//, all" })
	void theMostSpecificPathWins(String path, String expected) {
		RouteTable table = table(route("everything", "/api/**"), route("all", "/api/orders/**"),
				route("one", "/api/orders/{id}"), route("search", "/api/orders/search"),
				route("collection", "/api/orders"));
		assertThat(match(table, "GET", path)).isEqualTo(expected);
	}

	private static boolean isRefused(RouteTable table, String path) {
		return table.match(PathContainer.parsePath(path), HttpMethod.GET)
			.policy()
			.guards()
			.stream()
			.anyMatch((binding) -> binding.guard() instanceof AmbiguousPathGuard);
	}

	private static RouteTable logins(boolean forwarded) {
		return RouteTable.compile(route("default", "/**"),
				List.of(route("login", "/login"), route("loose", "/loose/**"), route("one", "/users/{id}"),
						route("all", "/users/**")),
				PathPatternParser.defaultInstance, (id) -> new RouteActivity(), Mode.ENFORCE, forwarded);
	}

	// In every spelling: plain, encoded, twice, with parameters, behind encoded slashes
	// and backslashes, between empty segments, above the root.
	@ParameterizedTest
	@ValueSource(strings = { "/loose/../login", "/loose/%2e%2e/login", "/loose/%2E./login", "/loose/.%2e/login",
			"/loose/..;a=b/login", "/loose/%2e%2e;a=b/login", "/loose/..%3Ba=b/login", "/loose/./../login",
			"/loose/x/../../login", "/loose/x//../../login", "/loose//../login", "//login", "/./login", "/%2e/login",
			"/.;/login", "/x/../login", "/../login", "/loose/..%2flogin", "/loose%2f..%2Flogin", "/loose/..%5Clogin",
			"/loose%5c..%5clogin", "/loose/..\\login", "/loose/%252e%252e/login", "/loose/%252E%252e%252Flogin",
			"/loose/%c0%ae%C0%AE/login", "/loose/..%c0%aflogin", "/login/.", "/login/x/..", "/loose/..", "/login/%2e",
			"/loose/../loose/../login", "/loose/...;/../../login" })
	void aPathThatFallsUnderTwoRoutesIsRefused(String path) {
		assertThat(isRefused(logins(false), path)).isTrue();
		assertThat(isRefused(logins(true), path)).isTrue();
	}

	@ParameterizedTest
	@ValueSource(strings = { "/login", "/", "", "/login/", "/loose/a/../b", "/loose/a//b", "/loose/a%2Fb", "/loose/.x",
			"/.well-known/x", "/a%20b", "/loose/%E4%BD%A0", "/users/7", "/users/7%20", "/x/..a/y", "/x/a..", "/%25",
			"/loose/100%25", "/x;y=z", "/loose/%2e%2e%2e", "/a/../b" })
	void aPathThatAllReadAlikeIsNot(String path) {
		assertThat(isRefused(logins(false), path)).isFalse();
		assertThat(isRefused(logins(true), path)).isFalse();
	}

	@ParameterizedTest
	@ValueSource(strings = { "/users/a%2Fb", "/loose%2Fa", "/users/7%5Cx", "/users/7%252Fx", "/login;a=b",
			"/login%3Ba=b", "/%256Cogin" })
	void whatOnlyOthersDecodeMattersWhereOthersComeAfter(String path) {
		assertThat(isRefused(logins(false), path)).isFalse();
		assertThat(isRefused(logins(true), path)).isTrue();
	}

	@Test
	void aSlashAtTheEndIsNoWayAroundWhereOthersComeAfter() {
		assertThat(match(logins(true), "GET", "/login/")).isEqualTo("login");
		assertThat(match(logins(true), "GET", "/users/7/")).isEqualTo("one");
		assertThat(match(logins(true), "GET", "/other/")).isEqualTo("default");
		assertThat(match(logins(true), "GET", "/")).isEqualTo("default");
		assertThat(match(logins(false), "GET", "/login/")).isEqualTo("default");
		assertThat(match(logins(false), "GET", "/users/7/")).isEqualTo("all");
	}

	@Test
	void nothingIsAmbiguousWhereThereIsOneRoute() {
		assertThat(isRefused(table(), "/x/../y")).isFalse();
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
				String actual = table.find(container, HttpMethod.GET).route().id();
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
