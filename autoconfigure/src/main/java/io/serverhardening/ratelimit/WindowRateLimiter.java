package io.serverhardening.ratelimit;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;

import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;

import org.springframework.util.Assert;

/**
 * A fixed window per client: permits are whole again when its period is over, and unused
 * ones are not carried over. Where Resilience4j's own limiter parks the thread after a
 * lost race, here there is none to lose within a period: permits are subtracted, and
 * given back if there were too few. Where there is nothing to take, nothing is written,
 * so that a flood does not fight over a cache line.
 */
final class WindowRateLimiter implements RateLimiter {

	/** There were not enough permits. */
	static final long REFUSED = -1;

	/** The limiter has been forgotten: whoever holds it asks for another. */
	static final long RETIRED = -2;

	private static final Window GONE = new Window(Long.MAX_VALUE, -1);

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
		this.window = new Window(quota.periodNanos(), quota.permits());
	}

	/**
	 * Take permits of the present period.
	 * @param permits how many
	 * @param now the time
	 * @return how many are left, or {@link #REFUSED}, or {@link #RETIRED}
	 */
	long tryAcquire(int permits, long now) {
		Window present = present(now);
		return present.isGone() ? RETIRED : present.take(permits);
	}

	// A thread that was held up after it had asked for the time comes with one that is
	// past: it does not bring the past back.
	private Window present(long now) {
		long time = now - this.origin;
		Window current = this.window;
		while (time >= current.end) {
			long cycle = time / this.quota.periodNanos();
			Window next = new Window((cycle + 1) * this.quota.periodNanos(), this.quota.permits());
			if (WINDOW.compareAndSet(this, current, next)) {
				return next;
			}
			current = this.window;
		}
		return current;
	}

	/**
	 * Forget a client whose period is over: its permits are whole anyway. Whoever comes
	 * later is told; whoever is late takes what was left of the period that is over.
	 * @param now the time
	 * @return {@code true} if it is forgotten, once
	 */
	boolean retire(long now) {
		Window current = this.window;
		return now - this.origin >= current.end && WINDOW.compareAndSet(this, current, GONE);
	}

	boolean isRetired() {
		return this.window.isGone();
	}

	/**
	 * Return how long the present period still lasts.
	 * @param now the time
	 * @return nanoseconds, a whole period at the most
	 */
	long nanosToReset(long now) {
		long time = now - this.origin;
		Window current = this.window;
		long period = this.quota.periodNanos();
		long nanos = (time < current.end) ? current.end - time : period - time % period;
		return Math.min(nanos, period);
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
		present(this.quota.now()).drain();
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
				Quota quota = WindowRateLimiter.this.quota;
				Window current = WindowRateLimiter.this.window;
				boolean over = quota.now() - WindowRateLimiter.this.origin >= current.end;
				return over ? quota.permits() : Math.max(0, current.available);
			}

		};
	}

	@Override
	public EventPublisher getEventPublisher() {
		return this.quota.events();
	}

	/**
	 * One period of a client.
	 */
	private static final class Window {

		private static final AtomicIntegerFieldUpdater<Window> AVAILABLE = AtomicIntegerFieldUpdater
			.newUpdater(Window.class, "available");

		/** When it is over, counted from the limiter's origin. */
		private final long end;

		private volatile int available;

		Window(long end, int available) {
			this.end = end;
			this.available = available;
		}

		boolean isGone() {
			return this.end == Long.MAX_VALUE;
		}

		long take(int permits) {
			int seen = this.available;
			if (permits == 0) {
				return Math.max(0, seen);
			}
			if (seen < permits) {
				return REFUSED;
			}
			int left = AVAILABLE.addAndGet(this, -permits);
			if (left >= 0) {
				return left;
			}
			// Until it is given back others see too few: one may be refused that would
			// just have fitted, but never one too many admitted.
			AVAILABLE.addAndGet(this, permits);
			return REFUSED;
		}

		void drain() {
			this.available = 0;
		}

	}

}
