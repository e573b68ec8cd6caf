package io.serverhardening.ratelimit;

import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;

/**
 * What one client has taken in its present period. A client may have what the quota says
 * that it is asked with, so that another quota holds at once and what was taken counts
 * on. Unused permits are not carried over.
 * <p>
 * Where Resilience4j's own limiter parks the thread after a lost race, here there is none
 * to lose within a period: permits are added, and taken off again if they were too many.
 * Where there is nothing to take, nothing is written, so that a flood does not fight over
 * a cache line.
 */
final class ClientWindow {

	/** There were not enough permits. */
	static final long REFUSED = -1;

	/** The client has been forgotten: the caller has to ask for another window. */
	static final long RETIRED = -2;

	private static final Period GONE = new Period(0);

	private static final AtomicReferenceFieldUpdater<ClientWindow, Period> PERIOD = AtomicReferenceFieldUpdater
		.newUpdater(ClientWindow.class, Period.class, "period");

	private volatile Period period;

	/**
	 * Create the window of a client; its first period begins now.
	 * @param now the time
	 */
	ClientWindow(long now) {
		this.period = new Period(now);
	}

	/**
	 * Take permits of the present period.
	 * @param permits how many
	 * @param quota what the client may have
	 * @param now the time
	 * @return how many are left, or {@link #REFUSED}, or {@link #RETIRED}
	 */
	long take(int permits, Quota quota, long now) {
		Period present = present(quota, now);
		return (present == GONE) ? RETIRED : present.take(permits, quota.permits());
	}

	// A thread that was held up after it had asked for the time comes with one that is
	// past: it does not bring the past back.
	private Period present(Quota quota, long now) {
		long nanos = quota.periodNanos();
		Period current = this.period;
		while (current != GONE && now - current.start >= nanos) {
			Period next = new Period(current.start + (now - current.start) / nanos * nanos);
			if (PERIOD.compareAndSet(this, current, next)) {
				return next;
			}
			current = this.period;
		}
		return current;
	}

	/**
	 * Forget a client whose period is over: its permits are whole anyway. A thread that
	 * comes later is told.
	 * @param quota what the client may have
	 * @param now the time
	 * @return {@code true} if it is forgotten, once
	 */
	boolean retire(Quota quota, long now) {
		Period current = this.period;
		return current != GONE && now - current.start >= quota.periodNanos()
				&& PERIOD.compareAndSet(this, current, GONE);
	}

	boolean isRetired() {
		return this.period == GONE;
	}

	/**
	 * Return how long the present period still lasts.
	 * @param quota what the client may have
	 * @param now the time
	 * @return nanoseconds, a whole period at the most
	 */
	long nanosToReset(Quota quota, long now) {
		long nanos = quota.periodNanos();
		long passed = now - this.period.start;
		return (passed < 0) ? nanos : nanos - passed % nanos;
	}

	/**
	 * Return what the client has left.
	 * @param quota what it may have
	 * @param now the time
	 * @return permits
	 */
	int left(Quota quota, long now) {
		Period current = this.period;
		boolean over = now - current.start >= quota.periodNanos();
		return over ? quota.permits() : Math.max(0, quota.permits() - current.taken);
	}

	/**
	 * Leave the client nothing of its present period.
	 * @param quota what it may have
	 * @param now the time
	 */
	void drain(Quota quota, long now) {
		present(quota, now).taken = quota.permits();
	}

	/**
	 * One period of a client.
	 */
	private static final class Period {

		private static final AtomicIntegerFieldUpdater<Period> TAKEN = AtomicIntegerFieldUpdater
			.newUpdater(Period.class, "taken");

		private final long start;

		private volatile int taken;

		Period(long start) {
			this.start = start;
		}

		long take(int permits, int limit) {
			int seen = this.taken;
			if (permits == 0) {
				return Math.max(0, (long) limit - seen);
			}
			if ((long) seen + permits > limit) {
				return REFUSED;
			}
			int taken = TAKEN.addAndGet(this, permits);
			if (taken >= 0 && taken <= limit) {
				return (long) limit - taken;
			}
			// Until they are taken off again others see too many: one may be refused that
			// would just have fitted, but never one too many admitted.
			TAKEN.addAndGet(this, -permits);
			return REFUSED;
		}

	}

}
