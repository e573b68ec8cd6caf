package io.serverhardening.route;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpMethod;
import org.springframework.http.server.PathContainer;
import org.springframework.http.server.PathContainer.Element;
import org.springframework.http.server.PathContainer.PathSegment;

/**
 * Routes in a tree of their literal leading segments, each node holding every route that
 * can still match there, most specific first. A match walks down the tree by the path's
 * segments and then asks the few routes of the node that it reached. Immutable.
 */
final class RouteTree {

	private final Node root;

	private RouteTree(Node root) {
		this.root = root;
	}

	/**
	 * Grow a tree.
	 * @param candidates the routes
	 * @return the tree
	 */
	static RouteTree of(List<RouteCandidate> candidates) {
		Builder root = new Builder();
		candidates.forEach(root::add);
		return new RouteTree(root.build(List.of()));
	}

	/**
	 * Find the route of a request.
	 * @param path the path, in one of its readings
	 * @param method the method
	 * @return the route, or {@code null} if none takes it
	 */
	@Nullable CompiledRoute find(PathContainer path, HttpMethod method) {
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
		for (RouteCandidate candidate : node.candidates) {
			if (candidate.matcher().matches(path, regular) && candidate.route().takes(path, method)) {
				return candidate.route();
			}
		}
		return null;
	}

	/**
	 * A place in the tree of literal segments.
	 */
	private static final class Node {

		private final Map<String, Node> children;

		private final RouteCandidate[] candidates;

		Node(Map<String, Node> children, RouteCandidate[] candidates) {
			this.children = children;
			this.candidates = candidates;
		}

	}

	/**
	 * A place in the tree while it grows.
	 */
	private static final class Builder {

		private final Map<String, Builder> children = new HashMap<>();

		private final List<RouteCandidate> own = new ArrayList<>();

		void add(RouteCandidate candidate) {
			Builder place = this;
			for (int i = 0; i < candidate.matcher().prefixLength(); i++) {
				place = place.children.computeIfAbsent(candidate.matcher().prefixSegment(i),
						(segment) -> new Builder());
			}
			place.own.add(candidate);
		}

		Node build(List<RouteCandidate> inherited) {
			List<RouteCandidate> all = new ArrayList<>(inherited);
			all.addAll(this.own);
			all.sort(RouteCandidate.MOST_SPECIFIC_FIRST);
			Map<String, Node> built = new HashMap<>();
			this.children.forEach((segment, child) -> built.put(segment, child.build(all)));
			return new Node(built, all.toArray(RouteCandidate[]::new));
		}

	}

}
