package io.serverhardening.ratelimit;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;

import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;

import org.springframework.util.Assert;

/**
 * A fixed window per client: permits are whole again when its period is over, and unused
 * ones are not carried over. Where Resilience4j's own limiter parks the thread after a
 * lost race, this one tries again; where there is nothing to take it writes nothing, so
 * that a flood does not fight over a cache line.
 */
final class WindowRateLimiter implements RateLimiter {

	/** There were not enough permits. */
	static final long REFUSED = -1;

	/** The limiter has been forgotten: whoever holds it asks for another. */
	static final long RETIRED = -2;

	private static final Window GONE = new Window(0, -1);

	private static final AtomicReferenceFieldUpdater<WindowRateLimiter, Window> WINDOW = AtomicReferenceFieldUpdater
		.newUpdater(WindowRateLimiter.class, Window.class, "window");

	private final Quota quota;

	private final long origin;

	private volatile Window window;

	/**
	 * Create the limiter of a client; its first period begins now.
	 * @param quota what the client may have
	 * @param now the time
	 */
	WindowRateLimiter(Quota quota, long now) {
		this.quota = quota;
		this.origin = now;
		this.window = new Window(0, quota.permits());
	}

	/**
	 * Take permits of the present period.
	 * @param permits how many
	 * @param now the time
	 * @return how many are left, or {@link #REFUSED}, or {@link #RETIRED}
	 */
	long tryAcquire(int permits, long now) {
		while (true) {
			Window current = this.window;
			if (current.isGone()) {
				return RETIRED;
			}
			Window present = current.at(cycle(now), this.quota.permits());
			if (present.available() < permits) {
				return REFUSED;
			}
			Window next = new Window(present.cycle(), present.available() - permits);
			if (WINDOW.compareAndSet(this, current, next)) {
				return next.available();
			}
		}
	}

	/**
	 * Forget a client whose period is over: its permits are whole anyway. Whoever takes
	 * one at this moment either keeps the limiter alive or is told.
	 * @param now the time
	 * @return {@code true} if it is forgotten, once
	 */
	boolean retire(long now) {
		Window current = this.window;
		return !current.isGone() && cycle(now) > current.cycle() && WINDOW.compareAndSet(this, current, GONE);
	}

	boolean isRetired() {
		return this.window.isGone();
	}

	private long cycle(long now) {
		return (now - this.origin) / this.quota.periodNanos();
	}

	/**
	 * Return how long the present period still lasts.
	 * @param now the time
	 * @return nanoseconds
	 */
	long nanosToReset(long now) {
		long cycle = Math.max(cycle(now), this.window.cycle());
		long nanos = (cycle + 1) * this.quota.periodNanos() - (now - this.origin);
		// A thread that was held up comes with a time that is past.
		return Math.min(nanos, this.quota.periodNanos());
	}

	Quota quota() {
		return this.quota;
	}

	@Override
	public boolean acquirePermission(int permits) {
		boolean acquired = tryAcquire(permits, this.quota.now()) >= 0;
		this.quota.publish(acquired, permits);
		return acquired;
	}

	@Override
	public long reservePermission(int permits) {
		return acquirePermission(permits) ? 0 : -1;
	}

	@Override
	public void drainPermissions() {
		Window current;
		do {
			current = this.window;
		}
		while (!WINDOW.compareAndSet(this, current,
				new Window(current.at(cycle(this.quota.now()), this.quota.permits()).cycle(), 0)));
	}

	/**
	 * Change the permits of all clients of the quota, from their next period on.
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
		return this.quota.name();
	}

	@Override
	public RateLimiterConfig getRateLimiterConfig() {
		return this.quota.config();
	}

	@Override
	public Map<String, String> getTags() {
		return this.quota.tags();
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
				Quota quota = WindowRateLimiter.this.quota;
				return WindowRateLimiter.this.window.at(cycle(quota.now()), quota.permits()).available();
			}

		};
	}

	@Override
	public EventPublisher getEventPublisher() {
		return this.quota.events();
	}

	/**
	 * One period of a client.
	 *
	 * @param cycle which, counted from the limiter's first
	 * @param available the permits that are left of it
	 */
	private record Window(long cycle, int available) {

		boolean isGone() {
			return this.available < 0;
		}

		// A thread that was held up after it had asked for the time comes with one that
		// is past: it does not bring the past back.
		Window at(long cycle, int permits) {
			return (cycle > this.cycle) ? new Window(cycle, permits) : this;
		}

	}

}
