package io.serverhardening.errors;

/**
 * The shape of an error's body.
 */
public enum ErrorFormat {

	/**
	 * Problem details, RFC 9457: {@code application/problem+json}.
	 */
	PROBLEM,

	/**
	 * An envelope of {@code code}, {@code message}, {@code data} and {@code traceId},
	 * {@code code} being the HTTP status: {@code application/json}.
	 */
	ENVELOPE

}
