package io.serverhardening.internal.call;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

import io.serverhardening.internal.HardeningThreads;

/**
 * The calls of application code that others wait for, and that are waited for no longer
 * than a while.
 */
final class AwaitedCalls {

	/** Who cleans up for longer than this holds up what others wait for. */
	static final Duration PATIENCE = Duration.ofSeconds(1);

	/** As many as there are threads that cancel something, and what has come of late. */
	private final Set<AwaitedCall> pending = ConcurrentHashMap.newKeySet();

	private final AtomicBoolean watching = new AtomicBoolean();

	private final HardeningThreads threads;

	private final LongSupplier time;

	private final Consumer<AwaitedCall> overdue;

	/**
	 * Create the watch.
	 * @param threads look at the calls
	 * @param time the clock, nanoseconds
	 * @param overdue takes a call that has not returned, once
	 */
	AwaitedCalls(HardeningThreads threads, LongSupplier time, Consumer<AwaitedCall> overdue) {
		this.threads = threads;
		this.time = time;
		this.overdue = overdue;
	}

	/**
	 * A call begins.
	 * @param call what it is
	 * @param who whose it is
	 * @param overdue what has to be done although it does not return
	 * @return the call
	 */
	AwaitedCall begin(ApplicationCall call, Object who, Runnable overdue) {
		AwaitedCall awaited = new AwaitedCall(call, who, overdue, this.time.getAsLong());
		this.pending.add(awaited);
		watch();
		return awaited;
	}

	/**
	 * A call has returned.
	 * @param awaited the call
	 * @return {@code false} if it was overdue
	 */
	boolean end(AwaitedCall awaited) {
		return this.pending.remove(awaited);
	}

	private void watch() {
		if (this.watching.compareAndSet(false, true)) {
			try {
				this.threads.timers().schedule(this::look, PATIENCE.toMillis() / 2, TimeUnit.MILLISECONDS);
			}
			catch (Throwable ex) {
				// Shutting down, or no memory: the next one tries again.
				this.watching.set(false);
			}
		}
	}

	private void look() {
		this.watching.set(false);
		long now = this.time.getAsLong();
		List<AwaitedCall> late = this.pending.stream()
			.filter((call) -> now - call.since() >= PATIENCE.toNanos())
			.toList();
		for (AwaitedCall call : late) {
			if (end(call)) {
				this.overdue.accept(call);
			}
		}
		if (!this.pending.isEmpty()) {
			watch();
		}
	}

}
