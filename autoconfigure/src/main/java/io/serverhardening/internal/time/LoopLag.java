package io.serverhardening.internal.time;

/**
 * How late the ticks of one event loop come. Written by the loop only.
 */
final class LoopLag {

	private final LoopClock clock;

	private final LagListener listener;

	private volatile long last;

	private volatile long max;

	private volatile long suspensions;

	LoopLag(LoopClock clock, LagListener listener) {
		this.clock = clock;
		this.listener = listener;
	}

	/**
	 * A tick has come.
	 * @param late how late it came, nanoseconds
	 */
	@SuppressWarnings("NonAtomicVolatileUpdate")
	void late(long late) {
		this.last = late;
		this.max = Math.max(this.max, late);
		if (late > LoopClock.PERIOD) {
			this.suspensions++;
		}
		this.listener.onTick(this.clock, late);
	}

	/**
	 * No tick comes for now.
	 */
	void none() {
		this.last = 0;
	}

	long last() {
		return this.last;
	}

	long max() {
		return this.max;
	}

	/**
	 * Return how often a tick was late by more than a period.
	 * @return the number since the start
	 */
	long suspensions() {
		return this.suspensions;
	}

}
