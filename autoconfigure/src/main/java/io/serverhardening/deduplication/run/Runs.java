package io.serverhardening.deduplication.run;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import reactor.core.scheduler.Scheduler;

/**
 * The handlers of a route that are running, whether or not anybody waits for them. One
 * look every tenth of a second renews their leases and ends those that run for too long;
 * while none runs, nobody looks.
 */
public final class Runs {

	private static final Log logger = LogFactory.getLog(Runs.class);

	private static final Duration TICK = Duration.ofMillis(100);

	private final Set<Run> running = ConcurrentHashMap.newKeySet();

	private final AtomicInteger count = new AtomicInteger();

	private final AtomicBoolean watching = new AtomicBoolean();

	private volatile boolean accepting = true;

	private volatile int max;

	private final BodyBudget budget;

	private final Scheduler scheduler;

	private final LongSupplier time;

	/**
	 * Create the runs of a route.
	 * @param max how many handlers may run at once
	 * @param budget what they may keep
	 * @param scheduler looks after those that run
	 * @param time the clock, nanoseconds
	 */
	public Runs(int max, BodyBudget budget, Scheduler scheduler, LongSupplier time) {
		this.max = max;
		this.budget = budget;
		this.scheduler = scheduler;
		this.time = time;
	}

	/**
	 * Let a handler begin.
	 * @param run its run
	 * @return whether it may
	 */
	public Entry enter(Run run) {
		// Counted first: a shutdown that does not see it is seen here.
		if (this.count.incrementAndGet() > this.max || !this.accepting) {
			this.count.decrementAndGet();
			return Entry.CROWDED;
		}
		if (!this.budget.take(run.size())) {
			this.count.decrementAndGet();
			return Entry.TOO_MUCH;
		}
		this.running.add(run);
		watch();
		return Entry.GRANTED;
	}

	/**
	 * Say whether further handlers may begin.
	 * @param accepting {@code false} once the server is being shut down
	 */
	public void accept(boolean accepting) {
		this.accepting = accepting;
	}

	void leave(Run run) {
		if (this.running.remove(run)) {
			this.budget.giveBack(run.size());
			this.count.decrementAndGet();
		}
	}

	private void watch() {
		if (this.watching.compareAndSet(false, true)) {
			try {
				this.scheduler.schedule(this::look, TICK.toMillis(), TimeUnit.MILLISECONDS);
			}
			catch (Throwable ex) {
				// Shutting down, or no memory: the next run that begins tries again.
				this.watching.set(false);
			}
		}
	}

	private void look() {
		this.watching.set(false);
		try {
			look(this.time.getAsLong());
		}
		finally {
			if (!this.running.isEmpty()) {
				watch();
			}
		}
	}

	void look(long now) {
		for (Run run : this.running) {
			try {
				run.look(now);
			}
			catch (Throwable ex) {
				// Whatever it is: the leases of the others are renewed.
				logger.debug("A run could not be looked after", ex);
			}
		}
	}

	/**
	 * Return the messages that have been running for longest.
	 * @param max how many at most
	 * @return the runs, the oldest first
	 */
	public List<RunningMessage> longest(int max) {
		long now = now();
		return this.running.stream()
			.map((run) -> run.describe(now))
			.sorted(Comparator.comparing(RunningMessage::elapsed).reversed())
			.limit(max)
			.toList();
	}

	/**
	 * Return what messages may keep in memory, on all routes together.
	 * @return the budget
	 */
	public BodyBudget budget() {
		return this.budget;
	}

	/**
	 * Return how many handlers are running.
	 * @return how many, also of those for which nobody waits any more
	 */
	public int count() {
		return this.count.get();
	}

	/**
	 * Take another limit. Handlers that are beyond it run on.
	 * @param max how many handlers may run at once from now on
	 */
	public void apply(int max) {
		this.max = max;
	}

	long now() {
		return this.time.getAsLong();
	}

	/**
	 * Whether a handler may begin.
	 */
	public enum Entry {

		/** It may. */
		GRANTED,

		/** Too many are running, or none are to begin any more. */
		CROWDED,

		/** Those that are running, and the copies that wait, keep too many bytes. */
		TOO_MUCH

	}

}
