package io.serverhardening.route;

import java.util.Comparator;

import io.serverhardening.route.path.PathMatcher;

import org.springframework.web.util.pattern.PathPattern;

/**
 * A route and what tells whether a path is its.
 *
 * @param matcher the matcher
 * @param route the route
 */
record RouteCandidate(PathMatcher matcher, CompiledRoute route) {

	static final Comparator<RouteCandidate> MOST_SPECIFIC_FIRST = Comparator
		.comparing((RouteCandidate candidate) -> !candidate.route().policy().first())
		.thenComparing((candidate) -> candidate.matcher().pattern(), PathPattern.SPECIFICITY_COMPARATOR)
		.thenComparing((candidate) -> candidate.matcher().shape())
		.thenComparing((candidate) -> candidate.route().route().methods().isEmpty())
		.thenComparing((candidate) -> candidate.route().route().id());

}
