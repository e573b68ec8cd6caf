package io.serverhardening.deduplication.record;

import java.util.concurrent.atomic.LongAccumulator;
import java.util.concurrent.atomic.LongAdder;

/**
 * How long the steps of a store take, and how many fail.
 */
public final class StepTimes {

	private final LongAdder count = new LongAdder();

	private final LongAdder totalNanos = new LongAdder();

	private final LongAccumulator maxNanos = new LongAccumulator(Math::max, 0);

	private final LongAdder failures = new LongAdder();

	/**
	 * The store has answered.
	 * @param nanos how long it took
	 */
	public void took(long nanos) {
		this.count.increment();
		this.totalNanos.add(nanos);
		this.maxNanos.accumulate(nanos);
	}

	/**
	 * The store has refused a step, or did not answer in time.
	 */
	public void failed() {
		this.failures.increment();
	}

	/**
	 * Return how many steps the store has answered.
	 * @return how many
	 */
	public long count() {
		return this.count.sum();
	}

	/**
	 * Return how long they took together.
	 * @return nanoseconds
	 */
	public long totalNanos() {
		return this.totalNanos.sum();
	}

	/**
	 * Return how long the slowest took.
	 * @return nanoseconds
	 */
	public long maxNanos() {
		return this.maxNanos.get();
	}

	/**
	 * Return how many steps the store refused, or did not answer in time.
	 * @return how many
	 */
	public long failures() {
		return this.failures.sum();
	}

}
