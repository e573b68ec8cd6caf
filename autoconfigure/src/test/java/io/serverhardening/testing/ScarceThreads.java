package io.serverhardening.testing;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import reactor.core.Disposable;
import reactor.core.scheduler.Scheduler;

/**
 * A scheduler whose threads cannot always be had when they are asked for.
 *
 * @param threads do what can be done
 * @param missing how often from now on there is none
 */
public record ScarceThreads(Scheduler threads, AtomicInteger missing) implements Scheduler {

	@Override
	public Disposable schedule(Runnable task) {
		return schedule(task, 0, TimeUnit.NANOSECONDS);
	}

	@Override
	public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
		if (this.missing.getAndUpdate((count) -> Math.max(0, count - 1)) > 0) {
			// As an executor does it: what it could not begin stays in its queue.
			this.threads.schedule(task, delay + 1, unit);
			throw new OutOfMemoryError("unable to create native thread");
		}
		return this.threads.schedule(task, delay, unit);
	}

	@Override
	public Worker createWorker() {
		return this.threads.createWorker();
	}

}
