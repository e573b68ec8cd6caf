package io.serverhardening.autoconfigure.settings;

import org.springframework.http.HttpMethod;

/**
 * A method that a route may name. Not {@link HttpMethod}, which takes any word: a
 * misspelt method would start and protect nothing.
 */
public enum RouteMethod {

	/** GET, and HEAD with it. */
	GET,

	/** HEAD alone. */
	HEAD,

	/** POST. */
	POST,

	/** PUT. */
	PUT,

	/** PATCH. */
	PATCH,

	/** DELETE. */
	DELETE,

	/** OPTIONS. */
	OPTIONS,

	/** TRACE. */
	TRACE;

	/**
	 * Return it as Spring has it.
	 * @return the method
	 */
	public HttpMethod toHttpMethod() {
		return HttpMethod.valueOf(name());
	}

}
