package io.serverhardening.ratelimit;

import java.time.Duration;
import java.util.Map;

import io.github.resilience4j.core.EventConsumer;
import io.github.resilience4j.core.EventProcessor;
import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import io.github.resilience4j.ratelimiter.event.RateLimiterEvent;
import io.github.resilience4j.ratelimiter.event.RateLimiterOnFailureEvent;
import io.github.resilience4j.ratelimiter.event.RateLimiterOnSuccessEvent;

import org.springframework.util.Assert;

/**
 * The limiter that newcomers share while there is no room for one of their own, as
 * Resilience4j knows limiters: its registry has it, its meters show it, and its events
 * are those of all clients of the limit.
 */
final class OverflowRateLimiter implements RateLimiter {

	private final String name;

	private final ClientWindow window;

	private final Events events = new Events();

	private volatile Quota quota;

	/**
	 * Create the limiter.
	 * @param name its name: that of the limit
	 * @param quota what newcomers may have together
	 */
	OverflowRateLimiter(String name, Quota quota) {
		this.name = name;
		this.quota = quota;
		this.window = new ClientWindow(quota.now());
	}

	ClientWindow window() {
		return this.window;
	}

	Quota quota() {
		return this.quota;
	}

	/**
	 * Take another quota.
	 * @param quota what newcomers may have together from now on
	 */
	void apply(Quota quota) {
		this.quota = quota;
	}

	/**
	 * Have those hear of it who listen, and pay for it.
	 * @param acquired whether a client was given permits
	 * @param permits how many
	 */
	void publish(boolean acquired, int permits) {
		if (this.events.hasConsumers()) {
			this.events.consumeEvent(acquired ? new RateLimiterOnSuccessEvent(this.name, permits)
					: new RateLimiterOnFailureEvent(this.name, permits));
		}
	}

	@Override
	public boolean acquirePermission(int permits) {
		Quota quota = this.quota;
		boolean acquired = this.window.take(permits, quota, quota.now()) >= 0;
		publish(acquired, permits);
		return acquired;
	}

	@Override
	public long reservePermission(int permits) {
		return acquirePermission(permits) ? 0 : -1;
	}

	@Override
	public void drainPermissions() {
		Quota quota = this.quota;
		this.window.drain(quota, quota.now());
	}

	/**
	 * Change the permits of all clients of the limit, at once: what they have taken in
	 * their present period counts.
	 */
	@Override
	public void changeLimitForPeriod(int limitForPeriod) {
		this.quota.permits(limitForPeriod);
	}

	/**
	 * Refused unless zero: nothing waits here.
	 */
	@Override
	public void changeTimeoutDuration(Duration timeoutDuration) {
		Assert.isTrue(timeoutDuration.isZero(), "This limiter never waits: the timeout must be zero");
	}

	@Override
	public String getName() {
		return this.name;
	}

	@Override
	public RateLimiterConfig getRateLimiterConfig() {
		return this.quota.config();
	}

	@Override
	public Map<String, String> getTags() {
		return Map.of();
	}

	@Override
	public Metrics getMetrics() {
		return new Metrics() {

			@Override
			public int getNumberOfWaitingThreads() {
				return 0;
			}

			@Override
			public int getAvailablePermissions() {
				Quota quota = OverflowRateLimiter.this.quota;
				return OverflowRateLimiter.this.window.left(quota, quota.now());
			}

		};
	}

	@Override
	public EventPublisher getEventPublisher() {
		return this.events;
	}

	/**
	 * The events of all clients of the limit.
	 */
	private static final class Events extends EventProcessor<RateLimiterEvent>
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
