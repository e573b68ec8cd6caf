package io.serverhardening.ratelimit;

import java.time.Duration;
import java.util.function.LongSupplier;

import io.github.resilience4j.ratelimiter.RateLimiterConfig;

/**
 * What every client of a limit may have: so many permits in each period. All its clients
 * are asked with the same quota, so that a change reaches each of them.
 */
final class Quota {

	private final String name;

	private final long periodNanos;

	private final LongSupplier time;

	private volatile RateLimiterConfig config;

	/**
	 * Create the quota.
	 * @param name its name, in meters and in the RateLimit fields
	 * @param permits how many permits there are in a period
	 * @param period how long a period is
	 * @param time the clock, nanoseconds
	 */
	Quota(String name, int permits, Duration period, LongSupplier time) {
		this.name = name;
		this.periodNanos = period.toNanos();
		this.time = time;
		this.config = RateLimiterConfig.custom()
			.limitForPeriod(permits)
			.limitRefreshPeriod(period)
			.timeoutDuration(Duration.ZERO)
			.build();
	}

	String name() {
		return this.name;
	}

	int permits() {
		return this.config.getLimitForPeriod();
	}

	void permits(int permits) {
		this.config = RateLimiterConfig.from(this.config).limitForPeriod(permits).build();
	}

	long periodNanos() {
		return this.periodNanos;
	}

	Duration period() {
		return this.config.getLimitRefreshPeriod();
	}

	RateLimiterConfig config() {
		return this.config;
	}

	long now() {
		return this.time.getAsLong();
	}

}
