package io.serverhardening.concurrency;

import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;

import io.github.resilience4j.bulkhead.BulkheadConfig;
import io.serverhardening.Priority;

/**
 * How many requests of each priority one version of the settings admits. A request is
 * admitted by the limit that it began with.
 */
public final class ConcurrencyLimit {

	private final ConcurrencyPolicy policy;

	private final Map<Priority, Share> shares = new EnumMap<>(Priority.class);

	private volatile BulkheadConfig config;

	/**
	 * Create the limit.
	 * @param policy how many requests, and who leaves room for whom
	 */
	public ConcurrencyLimit(ConcurrencyPolicy policy) {
		this.policy = policy;
		this.config = BulkheadConfig.custom()
			.maxConcurrentCalls(policy.maxRequests())
			.maxWaitDuration(Duration.ZERO)
			.build();
		for (Priority priority : Priority.values()) {
			this.shares.put(priority, new Share(policy.share(priority, policy.maxRequests())));
		}
	}

	/**
	 * Change how many requests may be in flight.
	 * @param config the number, as Resilience4j has it
	 */
	void change(BulkheadConfig config) {
		this.config = config;
		this.shares
			.forEach((priority, share) -> share.places = this.policy.share(priority, config.getMaxConcurrentCalls()));
	}

	Share share(Priority priority) {
		return Objects.requireNonNull(this.shares.get(priority));
	}

	BulkheadConfig config() {
		return this.config;
	}

	ConcurrencyPolicy policy() {
		return this.policy;
	}

	/**
	 * How many requests may be in flight, of whatever priority, for one more of this one
	 * to be admitted.
	 */
	static final class Share {

		private volatile int places;

		private Share(int places) {
			this.places = places;
		}

		int places() {
			return this.places;
		}

	}

}
