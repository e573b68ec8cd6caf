package io.serverhardening;

import java.util.Set;

import org.springframework.http.HttpMethod;

/**
 * The identity of a route: what its requests have in common.
 *
 * @param id the name under {@code server.hardening.routes}, or {@value #DEFAULT_ID} for
 * the requests that no route matches; used as a meter tag
 * @param path the path pattern, as the application's own mappings would write it
 * @param methods the methods the route names; empty means every method
 */
public record Route(String id, String path, Set<HttpMethod> methods) {

	/**
	 * The id of the policy that takes every request no route matches.
	 */
	public static final String DEFAULT_ID = "default";

	public Route {
		methods = Set.copyOf(methods);
	}

	/**
	 * Whether requests with a method belong to this route. A route that names {@code GET}
	 * takes {@code HEAD} too, as request mappings do.
	 * @param method the method of a request
	 * @return {@code true} if the route names the method, or names none
	 */
	public boolean accepts(HttpMethod method) {
		return this.methods.isEmpty() || this.methods.contains(method)
				|| (HttpMethod.HEAD.equals(method) && this.methods.contains(HttpMethod.GET));
	}

}
