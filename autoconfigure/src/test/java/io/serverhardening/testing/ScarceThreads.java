package io.serverhardening.testing;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import reactor.core.Disposable;
import reactor.core.scheduler.Scheduler;

/**
 * A scheduler whose threads cannot always be had.
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
			throw new OutOfMemoryError("unable to create native thread");
		}
		return this.threads.schedule(task, delay, unit);
	}

	@Override
	public Worker createWorker() {
		return this.threads.createWorker();
	}

}
