package io.serverhardening.deduplication.record;

import java.time.Duration;

/**
 * On what terms the messages of a route are claimed.
 *
 * @param route the id of the route, for whoever looks at a message
 * @param leaseMillis for how long a claim holds unless it is renewed
 * @param ttlMillis for how long a message is remembered
 * @param maxAttempts from how many failed runs on it is dead, zero for never
 */
public record ClaimTerms(String route, long leaseMillis, long ttlMillis, int maxAttempts) {

	/**
	 * How long a failed run is remembered where it counts towards nothing: as long as its
	 * sender may be expected to try again, and seldom longer.
	 */
	private static final long FAILED_MILLIS = Duration.ofMinutes(10).toMillis();

	/**
	 * Create terms of no route.
	 * @param leaseMillis for how long a claim holds unless it is renewed
	 * @param ttlMillis for how long a message is remembered
	 * @param maxAttempts from how many failed runs on it is dead, zero for never
	 */
	public ClaimTerms(long leaseMillis, long ttlMillis, int maxAttempts) {
		this("", leaseMillis, ttlMillis, maxAttempts);
	}

	/**
	 * Create terms.
	 * @param route the id of the route
	 * @param lease for how long a claim holds unless it is renewed
	 * @param ttl for how long a message is remembered
	 * @param maxAttempts from how many failed runs on it is dead, zero for never
	 * @return the terms
	 */
	public static ClaimTerms of(String route, Duration lease, Duration ttl, int maxAttempts) {
		return new ClaimTerms(route, lease.toMillis(), ttl.toMillis(), maxAttempts);
	}

	/**
	 * Return for how long it is remembered how a run has ended.
	 * @param settlement how it has ended
	 * @return milliseconds
	 */
	public long ttlMillis(Settlement settlement) {
		return (settlement.state() == RecordState.FAILED && this.maxAttempts == 0)
				? Math.min(this.ttlMillis, FAILED_MILLIS) : this.ttlMillis;
	}

}
