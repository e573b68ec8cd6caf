package io.serverhardening.route;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

import io.serverhardening.Mode;
import io.serverhardening.Route;
import io.serverhardening.route.RoutePolicy.Binding;
import io.serverhardening.route.path.AmbiguousPathGuard;
import io.serverhardening.route.path.PathMatcher;
import io.serverhardening.route.path.PathReadings;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpMethod;
import org.springframework.http.server.PathContainer;
import org.springframework.http.server.PathContainer.Separator;
import org.springframework.web.util.pattern.PathPatternParser;

/**
 * All routes, compiled. The most specific path wins; where a route does not name the
 * method, the next match is asked; what no route takes falls to the default policy.
 * Immutable.
 */
public final class RouteTable {

	private final CompiledRoute fallback;

	private final List<CompiledRoute> routes;

	private final RouteTree tree;

	/** Takes the requests whose path falls under two routes. */
	private final CompiledRoute ambiguous;

	private final boolean forwarded;

	private RouteTable(CompiledRoute fallback, CompiledRoute ambiguous, boolean forwarded, List<CompiledRoute> routes,
			RouteTree tree) {
		this.fallback = fallback;
		this.ambiguous = ambiguous;
		this.forwarded = forwarded;
		this.routes = routes;
		this.tree = tree;
	}

	/**
	 * Compile policies where requests are handled here.
	 * @param fallback the policy of the requests that no route takes
	 * @param policies the routes' policies
	 * @param parser the parser of the application's own mappings
	 * @param activities gives the counts of a route by its id
	 * @return the table
	 * @throws DuplicateRouteException if two routes name the same path and method
	 */
	public static RouteTable compile(RoutePolicy fallback, List<RoutePolicy> policies, PathPatternParser parser,
			Function<String, RouteActivity> activities) {
		return compile(fallback, policies, parser, activities, Mode.ENFORCE, false);
	}

	/**
	 * Compile policies.
	 * @param fallback the policy of the requests that no route takes
	 * @param policies the routes' policies
	 * @param parser the parser of the application's own mappings
	 * @param activities gives the counts of a route by its id
	 * @param mode whether a path that falls under two routes is refused, or counted and
	 * left to the default policy
	 * @param forwarded whether requests are passed on with the path that they came with
	 * @return the table
	 * @throws DuplicateRouteException if two routes name the same path and method
	 */
	public static RouteTable compile(RoutePolicy fallback, List<RoutePolicy> policies, PathPatternParser parser,
			Function<String, RouteActivity> activities, Mode mode, boolean forwarded) {
		List<RouteCandidate> candidates = new ArrayList<>();
		for (RoutePolicy policy : policies) {
			PathMatcher matcher = new PathMatcher(parser.parse(policy.route().path()), parser.isCaseSensitive());
			CompiledRoute route = CompiledRoute.compile(policy, activities.apply(policy.route().id()));
			candidates.add(new RouteCandidate(matcher, route));
		}
		candidates.sort(RouteCandidate.MOST_SPECIFIC_FIRST);
		refuseDuplicates(candidates);
		RouteActivity activity = activities.apply(fallback.route().id());
		return new RouteTable(CompiledRoute.compile(fallback, activity),
				CompiledRoute.compile(ambiguous(fallback, mode), activity), forwarded,
				candidates.stream().map(RouteCandidate::route).toList(), RouteTree.of(candidates));
	}

	private static RoutePolicy ambiguous(RoutePolicy fallback, Mode mode) {
		List<Binding> guards = new ArrayList<>();
		guards.add(new Binding(new AmbiguousPathGuard(), mode));
		guards.addAll(fallback.guards());
		return new RoutePolicy(fallback.route(), guards);
	}

	private static void refuseDuplicates(List<RouteCandidate> candidates) {
		Map<String, Route> seen = new HashMap<>();
		for (RouteCandidate candidate : candidates) {
			Route route = candidate.route().route();
			String shape = candidate.matcher().shape();
			List<String> methods = route.methods().isEmpty() ? List.of("any method")
					: route.methods().stream().map(HttpMethod::name).sorted().toList();
			for (String method : methods) {
				Route other = seen.putIfAbsent(method + ' ' + shape, route);
				if (other != null) {
					throw new DuplicateRouteException(other, route, method);
				}
			}
		}
	}

	CompiledRoute match(PathContainer path, HttpMethod method) {
		CompiledRoute route = read(path, method);
		return (PathReadings.isPlain(path.value()) || isTheOnlyOne(route, path, method)) ? route : this.ambiguous;
	}

	@SuppressWarnings("ReferenceEquality")
	private boolean isTheOnlyOne(CompiledRoute route, PathContainer path, HttpMethod method) {
		if (this.routes.isEmpty()) {
			return true;
		}
		for (PathContainer reading : PathReadings.of(path, this.forwarded)) {
			if (read(reading, method) != route) {
				return false;
			}
		}
		return true;
	}

	// What is behind a gateway may take a path with a slash at its end for the same path
	// without it, as the gateway's own Path predicates do. Spring's mappings do not.
	@SuppressWarnings("ReferenceEquality")
	private CompiledRoute read(PathContainer path, HttpMethod method) {
		if (this.forwarded) {
			int last = path.elements().size() - 1;
			if (last > 0 && path.elements().get(last) instanceof Separator) {
				CompiledRoute route = find(path.subPath(0, last), method);
				if (route != this.fallback) {
					return route;
				}
			}
		}
		return find(path, method);
	}

	CompiledRoute find(PathContainer path, HttpMethod method) {
		CompiledRoute route = this.tree.find(path, method);
		return (route != null) ? route : this.fallback;
	}

	/**
	 * Return the policies in the order in which they are asked, the default last.
	 * @return the policies
	 */
	public List<RoutePolicy> policies() {
		List<RoutePolicy> policies = new ArrayList<>();
		this.routes.forEach((route) -> policies.add(route.policy()));
		policies.add(this.fallback.policy());
		return policies;
	}

	/**
	 * Return the counts of a route.
	 * @param id the route's id
	 * @return the counts, or {@code null} if there is no such route
	 */
	public @Nullable RouteActivity activity(String id) {
		if (this.fallback.route().id().equals(id)) {
			return this.fallback.activity();
		}
		return this.routes.stream()
			.filter((route) -> route.route().id().equals(id))
			.map(CompiledRoute::activity)
			.findFirst()
			.orElse(null);
	}

}
