package io.serverhardening.deduplication.run;

import java.util.concurrent.atomic.AtomicLong;

/**
 * How many bytes of messages may be kept at once, on all routes together: those of
 * handlers that run, and of copies that wait. Whoever asks for more is refused, where the
 * whole application would else run out of memory.
 */
public final class BodyBudget {

	/** The rest of the heap is the application's. */
	private static final int PART_OF_HEAP = 8;

	private final AtomicLong held = new AtomicLong();

	private final long max;

	/**
	 * Create a budget.
	 * @param max how many bytes
	 */
	public BodyBudget(long max) {
		this.max = max;
	}

	/**
	 * Create the budget of this process.
	 * @return an eighth of what the heap may grow to
	 */
	public static BodyBudget ofHeap() {
		return new BodyBudget(Runtime.getRuntime().maxMemory() / PART_OF_HEAP);
	}

	/**
	 * Take some.
	 * @param bytes how many
	 * @return {@code false} if there are not as many left; then none are taken
	 */
	public boolean take(int bytes) {
		if (this.held.addAndGet(bytes) <= this.max) {
			return true;
		}
		this.held.addAndGet(-bytes);
		return false;
	}

	/**
	 * Give some back.
	 * @param bytes how many
	 */
	public void giveBack(int bytes) {
		this.held.addAndGet(-bytes);
	}

	/**
	 * Return how many are taken.
	 * @return bytes
	 */
	public long held() {
		return this.held.get();
	}

	/**
	 * Return how many there are.
	 * @return bytes
	 */
	public long max() {
		return this.max;
	}

}
