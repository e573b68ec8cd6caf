package io.serverhardening.ratelimit;

import java.util.Collections;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * The limiters of the clients of one quota: at most so many, and never one dropped that
 * still counts. A client whose period is over has its permits back anyway, and only such
 * clients are forgotten. While there is no room, newcomers share one limiter: a flood of
 * fresh keys gains nothing by being many.
 * <p>
 * To find a limiter writes nothing. Each newcomer looks at a few others that may be
 * forgotten, so that nobody ever has to look at all.
 */
final class KeyedLimiters {

	/** How many clients a newcomer looks at. */
	private static final int LOOKS = 16;

	private final OverflowRateLimiter overflow;

	private final Map<Object, ClientWindow> limiters = new ConcurrentHashMap<>();

	private final AtomicInteger size = new AtomicInteger();

	private final LongAdder overflowed;

	private final AtomicBoolean sweeping = new AtomicBoolean();

	/** Where the next newcomer goes on looking; whoever sweeps owns it. */
	private Iterator<Map.Entry<Object, ClientWindow>> hand = Collections.emptyIterator();

	private volatile int maxKeys;

	/**
	 * Create the limiters.
	 * @param quota what every client may have
	 * @param maxKeys how many clients may have a limiter of their own
	 * @param overflowed counts requests for which there was no room
	 */
	KeyedLimiters(Quota quota, int maxKeys, LongAdder overflowed) {
		this.maxKeys = maxKeys;
		this.overflowed = overflowed;
		this.overflow = new OverflowRateLimiter(quota.name(), quota);
	}

	/**
	 * Take another quota. What clients have taken counts on. Those that are beyond a
	 * smaller number stay for as long as they count.
	 * @param quota what every client may have from now on
	 * @param maxKeys how many clients may have a limiter of their own
	 */
	void apply(Quota quota, int maxKeys) {
		this.maxKeys = maxKeys;
		this.overflow.apply(quota);
	}

	/**
	 * Return the limiter of a client.
	 * @param key the client
	 * @param now the time
	 * @return its own, or the shared one; may be retired by the time it is asked
	 */
	ClientWindow of(Object key, long now) {
		ClientWindow limiter = this.limiters.get(key);
		return (limiter != null && !limiter.isRetired()) ? limiter : admit(key, now);
	}

	private ClientWindow admit(Object key, long now) {
		sweep(now);
		if (!reserve()) {
			this.overflowed.increment();
			return this.overflow.window();
		}
		ClientWindow limiter = new ClientWindow(now);
		while (true) {
			ClientWindow earlier = this.limiters.putIfAbsent(key, limiter);
			if (earlier == null) {
				return limiter;
			}
			if (!earlier.isRetired()) {
				this.size.decrementAndGet();
				return earlier;
			}
			this.limiters.remove(key, earlier);
		}
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

	private void sweep(long now) {
		if (this.sweeping.compareAndSet(false, true)) {
			try {
				Quota quota = quota();
				for (int i = 0; i < LOOKS; i++) {
					if (!this.hand.hasNext()) {
						this.hand = this.limiters.entrySet().iterator();
						if (i > 0 || !this.hand.hasNext()) {
							return;
						}
					}
					Map.Entry<Object, ClientWindow> entry = this.hand.next();
					if (entry.getValue().retire(quota, now)) {
						this.limiters.remove(entry.getKey(), entry.getValue());
						this.size.decrementAndGet();
					}
				}
			}
			finally {
				this.sweeping.set(false);
			}
		}
	}

	Quota quota() {
		return this.overflow.quota();
	}

	/**
	 * Return how many clients have a limiter of their own.
	 * @return the number, those included that may be forgotten
	 */
	int size() {
		return this.size.get();
	}

	OverflowRateLimiter overflow() {
		return this.overflow;
	}

}
