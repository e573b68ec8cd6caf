package io.serverhardening.ratelimit;

import org.springframework.http.HttpHeaders;

/**
 * The RateLimit fields (draft-ietf-httpapi-ratelimit-headers) of one quota: what a client
 * may have, and what it has left.
 */
final class RateLimitFields {

	static final String POLICY = "RateLimit-Policy";

	static final String LIMIT = "RateLimit";

	private static final long NANOS_PER_SECOND = 1_000_000_000;

	private final Quota quota;

	private final String prefix;

	private volatile Policy policy;

	RateLimitFields(Quota quota) {
		this.quota = quota;
		this.prefix = "\"" + quota.name() + "\";r=";
		this.policy = Policy.of(quota);
	}

	/**
	 * Tell a client what it has left.
	 * @param headers the headers of its response
	 * @param remaining permits
	 * @param resetNanos when it has all of them again
	 */
	void set(HttpHeaders headers, long remaining, long resetNanos) {
		if (this.policy.permits() != this.quota.permits()) {
			this.policy = Policy.of(this.quota);
		}
		headers.set(POLICY, this.policy.text());
		headers.set(LIMIT, this.prefix + remaining + ";t=" + wholeSeconds(resetNanos));
	}

	// Rounded up, as Retry-After is: the two name the same instant.
	private static long wholeSeconds(long nanos) {
		return (nanos + NANOS_PER_SECOND - 1) / NANOS_PER_SECOND;
	}

	/**
	 * The field that is nearly always the same.
	 *
	 * @param permits the permits that it names
	 * @param text its value
	 */
	private record Policy(int permits, String text) {

		static Policy of(Quota quota) {
			int permits = quota.permits();
			return new Policy(permits,
					"\"" + quota.name() + "\";q=" + permits + ";w=" + wholeSeconds(quota.periodNanos()));
		}

	}

}
