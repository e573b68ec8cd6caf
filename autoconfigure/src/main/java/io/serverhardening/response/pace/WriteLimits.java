package io.serverhardening.response.pace;

import io.serverhardening.Mode;
import io.serverhardening.Rejection;
import io.serverhardening.RejectionReason;
import io.serverhardening.response.pace.WriteClock.Expiry;

/**
 * The limits of a route on those who read its responses.
 */
public final class WriteLimits {

	/** The guard that has them watched. */
	public static final String GUARD = "response";

	private final WritePolicy policy;

	private final Mode mode;

	private final Rejection stalled;

	private final Rejection tooSlow;

	public WriteLimits(WritePolicy policy, String route, Mode mode, String propertyPrefix) {
		this.policy = policy;
		this.mode = mode;
		this.stalled = Rejection.of(RejectionReason.SLOW_READER)
			.withDetail("Nothing of the response was taken for " + policy.writeTimeout() + ".")
			.withProperty(propertyPrefix + ".write-timeout")
			.at(GUARD, route);
		this.tooSlow = Rejection.of(RejectionReason.SLOW_READER)
			.withDetail("The response was taken at less than " + policy.minRate() + " a second.")
			.withProperty(propertyPrefix + ".min-rate")
			.at(GUARD, route);
	}

	WritePolicy policy() {
		return this.policy;
	}

	Mode mode() {
		return this.mode;
	}

	/**
	 * Whether nobody could tell them from others of the same route.
	 * @param others the others
	 * @return {@code true} if they allow the same
	 */
	boolean isSameAs(WriteLimits others) {
		return this.mode == others.mode && this.policy.equals(others.policy);
	}

	Rejection rejection(Expiry expiry) {
		return (expiry == Expiry.TIMEOUT) ? this.stalled : this.tooSlow;
	}

}
