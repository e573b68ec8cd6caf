package io.serverhardening.route;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

import io.serverhardening.Mode;
import io.serverhardening.Route;
import io.serverhardening.route.RoutePolicy.Binding;
import io.serverhardening.route.path.PathMatcher;
import io.serverhardening.route.path.PathReadings;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpMethod;
import org.springframework.http.server.PathContainer;
import org.springframework.http.server.PathContainer.Element;
import org.springframework.http.server.PathContainer.PathSegment;
import org.springframework.http.server.PathContainer.Separator;
import org.springframework.web.util.pattern.PathPattern;
import org.springframework.web.util.pattern.PathPatternParser;

/**
 * All routes, compiled. The most specific path wins; where a route does not name the
 * method, the next match is asked; what no route takes falls to the default policy.
 * Immutable.
 * <p>
 * Routes hang in a tree of their literal leading segments, each node holding every route
 * that can still match there, most specific first. A match walks down the tree by the
 * path's segments and then asks the few routes of the node that it reached.
 */
public final class RouteTable {

	private final CompiledRoute fallback;

	private final List<CompiledRoute> routes;

	private final Node root;

	/** Takes the requests whose path falls under two routes. */
	private final CompiledRoute ambiguous;

	private final boolean forwarded;

	private RouteTable(CompiledRoute fallback, CompiledRoute ambiguous, boolean forwarded, List<CompiledRoute> routes,
			Node root) {
		this.fallback = fallback;
		this.ambiguous = ambiguous;
		this.forwarded = forwarded;
		this.routes = routes;
		this.root = root;
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
		List<Candidate> candidates = new ArrayList<>();
		for (RoutePolicy policy : policies) {
			PathMatcher matcher = new PathMatcher(parser.parse(policy.route().path()), parser.isCaseSensitive());
			CompiledRoute route = CompiledRoute.compile(policy, activities.apply(policy.route().id()));
			candidates.add(new Candidate(matcher, route));
		}
		candidates.sort(Candidate.MOST_SPECIFIC_FIRST);
		refuseDuplicates(candidates);
		Builder root = new Builder();
		candidates.forEach(root::add);
		RouteActivity activity = activities.apply(fallback.route().id());
		return new RouteTable(CompiledRoute.compile(fallback, activity),
				CompiledRoute.compile(ambiguous(fallback, mode), activity), forwarded,
				candidates.stream().map(Candidate::route).toList(), root.build(List.of()));
	}

	private static RoutePolicy ambiguous(RoutePolicy fallback, Mode mode) {
		List<Binding> guards = new ArrayList<>();
		guards.add(new Binding(new AmbiguousPathGuard(), mode));
		guards.addAll(fallback.guards());
		return new RoutePolicy(fallback.route(), guards);
	}

	private static void refuseDuplicates(List<Candidate> candidates) {
		Map<String, Route> seen = new HashMap<>();
		for (Candidate candidate : candidates) {
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
		List<Element> elements = path.elements();
		int size = elements.size();
		boolean regular = (size & 1) == 0;
		Node node = this.root;
		boolean descending = true;
		for (int i = 0; i < size; i++) {
			boolean segmentExpected = (i & 1) == 1;
			if (!(elements.get(i) instanceof PathSegment segment)) {
				if (segmentExpected) {
					regular = false;
					break;
				}
				continue;
			}
			if (!segmentExpected) {
				regular = false;
				break;
			}
			if (descending) {
				Node child = node.children.get(segment.valueToMatch());
				if (child != null) {
					node = child;
				}
				else {
					descending = false;
				}
			}
		}
		for (Candidate candidate : node.candidates) {
			if (candidate.matcher().matches(path, regular) && candidate.route().takes(path, method)) {
				return candidate.route();
			}
		}
		return this.fallback;
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

	/**
	 * A route and what tells whether a path is its.
	 *
	 * @param matcher the matcher
	 * @param route the route
	 */
	private record Candidate(PathMatcher matcher, CompiledRoute route) {

		static final Comparator<Candidate> MOST_SPECIFIC_FIRST = Comparator
			.comparing((Candidate candidate) -> !candidate.route().policy().first())
			.thenComparing((candidate) -> candidate.matcher().pattern(), PathPattern.SPECIFICITY_COMPARATOR)
			.thenComparing((candidate) -> candidate.matcher().shape())
			.thenComparing((candidate) -> candidate.route().route().methods().isEmpty())
			.thenComparing((candidate) -> candidate.route().route().id());

	}

	/**
	 * A place in the tree of literal segments.
	 */
	private static final class Node {

		private final Map<String, Node> children;

		private final Candidate[] candidates;

		Node(Map<String, Node> children, Candidate[] candidates) {
			this.children = children;
			this.candidates = candidates;
		}

	}

	/**
	 * A place in the tree while it grows.
	 */
	private static final class Builder {

		private final Map<String, Builder> children = new HashMap<>();

		private final List<Candidate> own = new ArrayList<>();

		void add(Candidate candidate) {
			Builder place = this;
			for (int i = 0; i < candidate.matcher().prefixLength(); i++) {
				place = place.children.computeIfAbsent(candidate.matcher().prefixSegment(i),
						(segment) -> new Builder());
			}
			place.own.add(candidate);
		}

		Node build(List<Candidate> inherited) {
			List<Candidate> all = new ArrayList<>(inherited);
			all.addAll(this.own);
			all.sort(Candidate.MOST_SPECIFIC_FIRST);
			Map<String, Node> built = new HashMap<>();
			this.children.forEach((segment, child) -> built.put(segment, child.build(all)));
			return new Node(built, all.toArray(Candidate[]::new));
		}

	}

}
