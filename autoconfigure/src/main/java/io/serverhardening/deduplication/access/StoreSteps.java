package io.serverhardening.deduplication.access;

import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;

import io.serverhardening.deduplication.record.RecordStore;
import io.serverhardening.deduplication.record.StepTimes;
import io.serverhardening.deduplication.record.StoreGate;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * The steps of a store that may be slow or down. Each has its answer, or an error when
 * its time is up, and the gate hears of what goes wrong.
 * <p>
 * All may take equally long, and are due in the order in which they began: one timer at a
 * time is enough for all of them.
 */
public final class StoreSteps {

	private static final Log logger = LogFactory.getLog(StoreSteps.class);

	private final RecordStore store;

	private final StoreGate gate;

	private volatile long timeoutNanos;

	private final Scheduler timers;

	private final LongSupplier time;

	private final StepTimes times = new StepTimes();

	/** In the order in which they are due, and some of those that are over. */
	private final Queue<StoreStep<?>> steps = new ConcurrentLinkedQueue<>();

	private final AtomicBoolean watching = new AtomicBoolean();

	/**
	 * Create the steps.
	 * @param store the store
	 * @param gate tells whether it is up
	 * @param timeout how long a step may take
	 * @param timers keep time off the event loops
	 * @param time the clock, nanoseconds
	 */
	public StoreSteps(RecordStore store, StoreGate gate, Duration timeout, Scheduler timers, LongSupplier time) {
		this.store = store;
		this.gate = gate;
		this.timeoutNanos = timeout.toNanos();
		this.timers = timers;
		this.time = time;
	}

	/**
	 * Whether the store may be asked.
	 * @return {@code false} while it is down
	 */
	public boolean isUp() {
		return this.gate.isOpen();
	}

	long now() {
		return this.time.getAsLong();
	}

	/**
	 * Take another time limit, also for steps that are under way.
	 * @param timeout how long a step may take
	 */
	void apply(Duration timeout) {
		this.timeoutNanos = timeout.toNanos();
	}

	long timeoutNanos() {
		return this.timeoutNanos;
	}

	StepTimes times() {
		return this.times;
	}

	/**
	 * Take a step. It is taken back when its time is up, or nobody waits for it any more.
	 * @param <T> what the store says
	 * @param id what the message is known by
	 * @param step the step
	 * @return what the store says, or an error; nothing said is an error
	 */
	public <T> Mono<T> ask(String id, Mono<T> step) {
		return new AskedStep<>(this, id, step, null, false);
	}

	/**
	 * Look for what may not be there.
	 * @param <T> what the store says
	 * @param id what the message is known by
	 * @param step the step
	 * @return what the store says, if anything, or an error
	 */
	<T> Mono<T> look(String id, Mono<T> step) {
		return new AskedStep<>(this, id, step, null, true);
	}

	/**
	 * Take a step that is not taken back: what it grants may be granted when nobody waits
	 * for it any more.
	 * @param <T> what the store says
	 * @param id what the message is known by
	 * @param step the step
	 * @param grant takes what is granted
	 * @return what the store says, or an error
	 */
	<T> Mono<T> insist(String id, Mono<T> step, StoreGrant<T> grant) {
		return new AskedStep<>(this, id, step, grant, false);
	}

	void begin(StoreStep<?> step) {
		for (StoreStep<?> first = this.steps.peek(); first != null && first.isDone(); first = this.steps.peek()) {
			this.steps.remove(first);
		}
		this.steps.add(step);
		watch();
	}

	private void watch() {
		StoreStep<?> first = this.steps.peek();
		if (first == null || !this.watching.compareAndSet(false, true)) {
			return;
		}
		try {
			this.timers.schedule(this::look, Math.max(0, first.leftNanos(this.time.getAsLong())), TimeUnit.NANOSECONDS);
		}
		catch (RejectedExecutionException ex) {
			// Shutting down: nobody keeps time any more.
			this.watching.set(false);
			for (StoreStep<?> step = this.steps.poll(); step != null; step = this.steps.poll()) {
				expire(step);
			}
		}
		catch (Throwable ex) {
			// No memory, or no thread: the next step that begins tries again.
			this.watching.set(false);
		}
	}

	private void look() {
		try {
			long now = this.time.getAsLong();
			for (StoreStep<?> step = this.steps.peek(); step != null && step.isOver(now); step = this.steps.peek()) {
				if (this.steps.remove(step)) {
					expire(step);
				}
			}
		}
		finally {
			this.watching.set(false);
			watch();
		}
	}

	private static void expire(StoreStep<?> step) {
		try {
			step.expire();
		}
		catch (Throwable ex) {
			// Whatever it is: the clock of the others goes on.
			logger.debug("Whoever waited for the store has failed", ex);
		}
	}

	void failed(String id, Throwable error) {
		this.times.failed();
		this.store.suspect(id);
		this.gate.failed(error);
	}

}
