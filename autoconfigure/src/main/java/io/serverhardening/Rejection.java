package io.serverhardening;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpStatusCode;
import org.springframework.util.Assert;

/**
 * One refusal: what the client is told and what the operator reads.
 *
 * @param reason why
 * @param status the status of the answer
 * @param guard the guard that refused; filled in by the chain for refusals of a guard,
 * and by those that refuse later, such as a clock
 * @param route the id of the route; filled in likewise
 * @param detail one sentence for the client about this occurrence, without secrets or
 * internals
 * @param retryAfter when a retry makes sense, sent as {@code Retry-After} in whole
 * seconds, rounded up
 * @param property the property an operator would change to let such requests through
 */
public record Rejection(RejectionReason reason, HttpStatusCode status, String guard, String route,
		@Nullable String detail, @Nullable Duration retryAfter, @Nullable String property) {

	public Rejection {
		Assert.isTrue(status.isError(), () -> "The status of a rejection must be 4xx or 5xx, not " + status.value());
		Assert.isTrue(retryAfter == null || !retryAfter.isNegative(), "'retryAfter' must not be negative");
	}

	/**
	 * Start from a reason and its usual status.
	 * @param reason why
	 * @return the rejection
	 */
	public static Rejection of(RejectionReason reason) {
		return new Rejection(reason, reason.status(), "", "", null, null, null);
	}

	/**
	 * Return when a retry makes sense, as {@code Retry-After} names it.
	 * @return whole seconds, rounded up; {@code null} where a retry makes no sense
	 */
	public @Nullable Long retryAfterSeconds() {
		return (this.retryAfter != null) ? this.retryAfter.plusNanos(999_999_999).toSeconds() : null;
	}

	/**
	 * Answer with another status than the reason's own.
	 * @param status a 4xx or 5xx status
	 * @return the changed rejection
	 */
	public Rejection withStatus(HttpStatusCode status) {
		return new Rejection(this.reason, status, this.guard, this.route, this.detail, this.retryAfter, this.property);
	}

	/**
	 * Tell the client about this occurrence.
	 * @param detail one sentence without secrets or internals
	 * @return the changed rejection
	 */
	public Rejection withDetail(String detail) {
		return new Rejection(this.reason, this.status, this.guard, this.route, detail, this.retryAfter, this.property);
	}

	/**
	 * Tell the client when to try again.
	 * @param retryAfter not negative
	 * @return the changed rejection
	 */
	public Rejection withRetryAfter(Duration retryAfter) {
		return new Rejection(this.reason, this.status, this.guard, this.route, this.detail, retryAfter, this.property);
	}

	/**
	 * Tell the operator which property lets such requests through.
	 * @param property a property name
	 * @return the changed rejection
	 */
	public Rejection withProperty(String property) {
		return new Rejection(this.reason, this.status, this.guard, this.route, this.detail, this.retryAfter, property);
	}

	/**
	 * Fill in where the refusal happened.
	 * @param guard the name of the guard
	 * @param route the id of the route
	 * @return the changed rejection
	 */
	public Rejection at(String guard, String route) {
		return new Rejection(this.reason, this.status, guard, route, this.detail, this.retryAfter, this.property);
	}

	/**
	 * Whether the verdict was carried out.
	 */
	public enum Outcome {

		/**
		 * The request was refused.
		 */
		REFUSED,

		/**
		 * The request would have been refused; {@link Mode#OBSERVE} let it through.
		 */
		OBSERVED

	}

}
