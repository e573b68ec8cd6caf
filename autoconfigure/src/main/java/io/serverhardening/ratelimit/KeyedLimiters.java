package io.serverhardening.ratelimit;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;

/**
 * The limiters of the clients of one quota: at most so many, and never one dropped that
 * still counts. A client that was silent for a whole period has its permits back anyway,
 * and only such clients are forgotten. While there is no room, newcomers share one
 * limiter: a flood of fresh keys gains nothing by being many.
 */
final class KeyedLimiters {

	/** How often, at most, a newcomer looks for clients that may be forgotten. */
	private static final long CLEAN_UP_NANOS = Duration.ofMillis(50).toNanos();

	private final Quota quota;

	private final int maxKeys;

	private final Cache<Object, WindowRateLimiter> limiters;

	private final AtomicInteger size = new AtomicInteger();

	private final WindowRateLimiter overflow;

	private final LongAdder overflowed = new LongAdder();

	private final AtomicLong cleanedAt;

	/**
	 * Create the limiters.
	 * @param quota what every client may have
	 * @param maxKeys how many clients may have a limiter of their own
	 */
	KeyedLimiters(Quota quota, int maxKeys) {
		this.quota = quota;
		this.maxKeys = maxKeys;
		this.overflow = new WindowRateLimiter(quota, quota.now());
		this.cleanedAt = new AtomicLong(quota.now());
		this.limiters = Caffeine.newBuilder()
			.expireAfterAccess(quota.period())
			.ticker(quota::now)
			// On the event loop at hand: waking another thread costs more than the work.
			.executor(Runnable::run)
			.removalListener((key, limiter, cause) -> this.size.decrementAndGet())
			.build();
	}

	/**
	 * Return the limiter of a client.
	 * @param key the client
	 * @param now the time
	 * @return its own, or the shared one
	 */
	WindowRateLimiter of(Object key, long now) {
		WindowRateLimiter limiter = this.limiters.getIfPresent(key);
		return (limiter != null) ? limiter : admit(key, now);
	}

	private WindowRateLimiter admit(Object key, long now) {
		if (!reserve() && !(cleanUp(now) && reserve())) {
			this.overflowed.increment();
			return this.overflow;
		}
		WindowRateLimiter limiter = new WindowRateLimiter(this.quota, now);
		WindowRateLimiter earlier = this.limiters.asMap().putIfAbsent(key, limiter);
		if (earlier != null) {
			this.size.decrementAndGet();
			return earlier;
		}
		return limiter;
	}

	private boolean reserve() {
		int taken;
		do {
			taken = this.size.get();
			if (taken >= this.maxKeys) {
				return false;
			}
		}
		while (!this.size.compareAndSet(taken, taken + 1));
		return true;
	}

	private boolean cleanUp(long now) {
		long cleaned = this.cleanedAt.get();
		if (now - cleaned < CLEAN_UP_NANOS || !this.cleanedAt.compareAndSet(cleaned, now)) {
			return false;
		}
		this.limiters.cleanUp();
		return true;
	}

	Quota quota() {
		return this.quota;
	}

	int maxKeys() {
		return this.maxKeys;
	}

	/**
	 * Return how many clients have a limiter of their own.
	 * @return the number, those included that may be forgotten
	 */
	int size() {
		return this.size.get();
	}

	/**
	 * Return how many requests were counted by the shared limiter.
	 * @return the number since the start
	 */
	long overflowed() {
		return this.overflowed.sum();
	}

	WindowRateLimiter overflow() {
		return this.overflow;
	}

}
