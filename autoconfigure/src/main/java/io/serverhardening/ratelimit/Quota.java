package io.serverhardening.ratelimit;

import java.time.Duration;
import java.util.function.LongSupplier;

import io.github.resilience4j.core.EventConsumer;
import io.github.resilience4j.core.EventProcessor;
import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import io.github.resilience4j.ratelimiter.event.RateLimiterEvent;
import io.github.resilience4j.ratelimiter.event.RateLimiterOnFailureEvent;
import io.github.resilience4j.ratelimiter.event.RateLimiterOnSuccessEvent;

/**
 * What every client of a limit may have: so many permits in each period. The limiters of
 * all its clients share it, so that a change reaches each of them.
 */
final class Quota {

	private final String name;

	private final long periodNanos;

	private final LongSupplier time;

	private final Events events = new Events();

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

	Events events() {
		return this.events;
	}

	void publish(boolean acquired, int permits) {
		// Who listens pays for it.
		if (this.events.hasConsumers()) {
			this.events.consumeEvent(acquired ? new RateLimiterOnSuccessEvent(this.name, permits)
					: new RateLimiterOnFailureEvent(this.name, permits));
		}
	}

	/**
	 * The events of all limiters of the quota.
	 */
	static final class Events extends EventProcessor<RateLimiterEvent>
			implements RateLimiter.EventPublisher, EventConsumer<RateLimiterEvent> {

		@Override
		public RateLimiter.EventPublisher onSuccess(EventConsumer<RateLimiterOnSuccessEvent> consumer) {
			registerConsumer(RateLimiterOnSuccessEvent.class.getName(), consumer);
			return this;
		}

		@Override
		public RateLimiter.EventPublisher onFailure(EventConsumer<RateLimiterOnFailureEvent> consumer) {
			registerConsumer(RateLimiterOnFailureEvent.class.getName(), consumer);
			return this;
		}

		@Override
		public void consumeEvent(RateLimiterEvent event) {
			processEvent(event);
		}

	}

}
