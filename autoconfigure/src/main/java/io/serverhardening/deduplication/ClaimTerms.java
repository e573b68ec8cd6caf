package io.serverhardening.deduplication;

import java.time.Duration;

/**
 * On what terms the messages of a route are claimed.
 *
 * @param leaseMillis for how long a claim holds unless it is renewed
 * @param ttlMillis for how long a message is remembered
 * @param maxAttempts from how many failed runs on it is dead, zero for never
 */
public record ClaimTerms(long leaseMillis, long ttlMillis, int maxAttempts) {

	/**
	 * Create terms.
	 * @param lease for how long a claim holds unless it is renewed
	 * @param ttl for how long a message is remembered
	 * @param maxAttempts from how many failed runs on it is dead, zero for never
	 * @return the terms
	 */
	public static ClaimTerms of(Duration lease, Duration ttl, int maxAttempts) {
		return new ClaimTerms(lease.toMillis(), ttl.toMillis(), maxAttempts);
	}

}
