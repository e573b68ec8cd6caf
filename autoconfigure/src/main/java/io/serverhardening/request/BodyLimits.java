package io.serverhardening.request;

import io.serverhardening.Mode;
import io.serverhardening.Rejection;
import io.serverhardening.RejectionReason;
import io.serverhardening.request.BodyClock.Expiry;

/**
 * The limits of a route, and what is said to those who exceed them.
 */
final class BodyLimits {

	private final RequestPolicy policy;

	private final Mode mode;

	private final Rejection tooSlow;

	private final Rejection tooLong;

	private final Rejection tooLarge;

	BodyLimits(RequestPolicy policy, String route, Mode mode) {
		this.policy = policy;
		this.mode = mode;
		this.tooSlow = Rejection.of(RejectionReason.SLOW_REQUEST)
			.withDetail("The body came at less than " + policy.minRate() + " a second.")
			.withProperty(policy.propertyPrefix() + ".min-rate")
			.at(RequestGuard.NAME, route);
		this.tooLong = Rejection.of(RejectionReason.SLOW_REQUEST)
			.withDetail("The body did not arrive within " + policy.bodyTimeout() + ".")
			.withProperty(policy.propertyPrefix() + ".body-timeout")
			.at(RequestGuard.NAME, route);
		this.tooLarge = Rejection.of(RejectionReason.BODY_TOO_LARGE)
			.withDetail("The body is larger than " + policy.maxBodySize() + ".")
			.withProperty(policy.propertyPrefix() + ".max-body-size")
			.at(RequestGuard.NAME, route);
	}

	RequestPolicy policy() {
		return this.policy;
	}

	Mode mode() {
		return this.mode;
	}

	long maxBodySize() {
		return this.policy.maxBodySize().bytes();
	}

	Rejection rejection(Expiry expiry) {
		return (expiry == Expiry.RATE) ? this.tooSlow : this.tooLong;
	}

	Rejection tooLarge() {
		return this.tooLarge;
	}

}
