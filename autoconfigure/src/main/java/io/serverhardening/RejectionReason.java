package io.serverhardening;

import java.util.Locale;

import org.springframework.http.HttpStatus;

/**
 * Why a request is refused. Each reason has a status, and a problem {@code type} that
 * does not change between releases: clients may match on it.
 */
public enum RejectionReason {

	/**
	 * A key that the route requires, such as {@code Idempotency-Key}, is missing.
	 */
	KEY_MISSING(HttpStatus.BAD_REQUEST, "A required key is missing"),

	/**
	 * The path names one route as it stands and another once it is normalised: with dot
	 * segments, empty segments or encoded separators.
	 */
	PATH_AMBIGUOUS(HttpStatus.BAD_REQUEST, "The path can be read in two ways"),

	/**
	 * The body is not what the route reads: no XML, no JSON, or with a DTD.
	 */
	MESSAGE_INVALID(HttpStatus.BAD_REQUEST, "The message cannot be read"),

	/**
	 * The signature is missing or wrong.
	 */
	SIGNATURE_INVALID(HttpStatus.UNAUTHORIZED, "The signature is missing or wrong"),

	/**
	 * The caller may not do this, or not from here.
	 */
	FORBIDDEN(HttpStatus.FORBIDDEN, "The request is not allowed"),

	/**
	 * Headers or body arrive too slowly.
	 */
	SLOW_REQUEST(HttpStatus.REQUEST_TIMEOUT, "The request took too long to arrive"),

	/**
	 * The client takes the response too slowly. The response has begun and is reset: the
	 * status is never seen.
	 */
	SLOW_READER(HttpStatus.REQUEST_TIMEOUT, "The response was taken too slowly"),

	/**
	 * The same message is still being handled.
	 */
	DUPLICATE_RUNNING(HttpStatus.CONFLICT, "The same request is still being handled"),

	/**
	 * The same message has been handled, and its answer was too long to keep.
	 */
	ANSWER_NOT_KEPT(HttpStatus.CONFLICT, "The same request has been handled already"),

	/**
	 * The same message has failed too often, and is not handled any more.
	 */
	ATTEMPTS_EXHAUSTED(HttpStatus.CONFLICT, "The same request has failed too often"),

	/**
	 * The body is larger than the route takes.
	 */
	BODY_TOO_LARGE(HttpStatus.PAYLOAD_TOO_LARGE, "The request body is too large"),

	/**
	 * The same key was used for another payload.
	 */
	KEY_REUSED(HttpStatus.UNPROCESSABLE_ENTITY, "The key was used for another request"),

	/**
	 * The client's quota is used up.
	 */
	RATE_LIMITED(HttpStatus.TOO_MANY_REQUESTS, "Too many requests"),

	/**
	 * The server is shedding load.
	 */
	OVERLOADED(HttpStatus.SERVICE_UNAVAILABLE, "The server is busy"),

	/**
	 * What has been handled cannot be looked up.
	 */
	STORE_UNAVAILABLE(HttpStatus.SERVICE_UNAVAILABLE, "The server cannot tell what it has handled"),

	/**
	 * A circuit breaker is open.
	 */
	CIRCUIT_OPEN(HttpStatus.SERVICE_UNAVAILABLE, "The service is recovering"),

	/**
	 * The response was not produced in time: {@code response.timeout} or
	 * {@code response.total-timeout} ran out.
	 */
	DEADLINE_EXCEEDED(HttpStatus.SERVICE_UNAVAILABLE, "The request was not answered in time");

	private static final String TYPE_PREFIX = "urn:problem-type:server-hardening:";

	private final HttpStatus status;

	private final String title;

	private final String code;

	private final String type;

	RejectionReason(HttpStatus status, String title) {
		this.status = status;
		this.title = title;
		this.code = name().toLowerCase(Locale.ROOT).replace('_', '-');
		this.type = TYPE_PREFIX + this.code;
	}

	/**
	 * Return the status of the answer, unless the {@link Rejection} has its own.
	 * @return the status
	 */
	public HttpStatus status() {
		return this.status;
	}

	/**
	 * Return the summary for people, the same for every occurrence.
	 * @return the title
	 */
	public String title() {
		return this.title;
	}

	/**
	 * Return the name used in meters and logs, such as {@code deadline-exceeded}.
	 * @return the code
	 */
	public String code() {
		return this.code;
	}

	/**
	 * Return the problem type (RFC 9457), a URN that ends in the {@link #code()}.
	 * @return the type
	 */
	public String type() {
		return this.type;
	}

}
