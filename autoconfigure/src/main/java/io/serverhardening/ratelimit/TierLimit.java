package io.serverhardening.ratelimit;

import java.time.Duration;

import io.serverhardening.Rejection;
import io.serverhardening.RejectionReason;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;

/**
 * The limit of one tier, with the limiters of its clients.
 */
final class TierLimit {

	private final KeyedLimiters limiters;

	private final Quota quota;

	private final RateLimitFields fields;

	private final Rejection rejection;

	/**
	 * Create the limit.
	 * @param limiters the limiters of its clients
	 * @param quota what each of them may have
	 * @param property the property that an operator would change
	 */
	TierLimit(KeyedLimiters limiters, Quota quota, String property) {
		this.limiters = limiters;
		this.quota = quota;
		this.fields = new RateLimitFields(quota);
		this.rejection = Rejection.of(RejectionReason.RATE_LIMITED)
			.withDetail("No more than " + quota.permits() + " per " + seconds(quota.period()) + " are allowed.")
			.withProperty(property);
	}

	private static String seconds(Duration period) {
		return (period.toMillis() % 1000 == 0) ? period.toSeconds() + " s" : period.toMillis() + " ms";
	}

	KeyedLimiters limiters() {
		return this.limiters;
	}

	Quota quota() {
		return this.quota;
	}

	/**
	 * Take permits for a request.
	 * @param key its client
	 * @param cost how many permits it takes
	 * @param headers the headers of its response, {@code null} to tell the client nothing
	 * @return {@code null} if it may pass, else why not
	 */
	@Nullable Rejection take(Object key, int cost, @Nullable HttpHeaders headers) {
		Quota quota = this.quota;
		long now = quota.now();
		ClientWindow limiter;
		long remaining;
		do {
			limiter = this.limiters.of(key, now);
			remaining = limiter.take(cost, quota, now);
		}
		while (remaining == ClientWindow.RETIRED);
		boolean admitted = remaining != ClientWindow.REFUSED;
		this.limiters.overflow().publish(admitted, cost);
		long reset = limiter.nanosToReset(quota, now);
		if (headers != null) {
			this.fields.set(headers, Math.max(0, remaining), reset);
		}
		if (admitted) {
			return null;
		}
		// What costs more than a period has will not pass later either.
		return (cost > quota.permits()) ? this.rejection : this.rejection.withRetryAfter(Duration.ofNanos(reset));
	}

}
