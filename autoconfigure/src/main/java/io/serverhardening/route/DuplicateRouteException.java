package io.serverhardening.route;

import io.serverhardening.Route;

/**
 * Two routes name the same path and method: which of them should win cannot be told.
 */
public final class DuplicateRouteException extends IllegalArgumentException {

	private final Route first;

	private final Route second;

	private final String method;

	DuplicateRouteException(Route first, Route second, String method) {
		super("Routes '" + first.id() + "' and '" + second.id() + "' both name " + method + " on " + second.path());
		this.first = first;
		this.second = second;
		this.method = method;
	}

	/**
	 * Return the route that came first.
	 * @return the first route
	 */
	public Route first() {
		return this.first;
	}

	/**
	 * Return the route that repeats it.
	 * @return the second route
	 */
	public Route second() {
		return this.second;
	}

	/**
	 * Return what both name.
	 * @return a method, or {@code any method}
	 */
	public String method() {
		return this.method;
	}

}
