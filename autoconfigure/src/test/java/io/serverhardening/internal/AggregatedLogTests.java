package io.serverhardening.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Scheduler;

import static org.assertj.core.api.Assertions.assertThat;

class AggregatedLogTests {

	private final List<String> lines = new ArrayList<>();

	private final ByHand scheduler = new ByHand();

	private final AggregatedLog<String> log = AggregatedLog.ofFailures(this.scheduler, this.lines::add);

	@Test
	void isNotSilentForEverWhenItsThreadTookNothingOnce() {
		this.scheduler.full = true;
		this.log.add("first");
		this.scheduler.full = false;
		this.log.add("second");
		this.scheduler.run();
		assertThat(this.lines).containsExactly("first (1 time); second (1 time)");
	}

	@Test
	void isNotSilentForEverWhenALineWasNotWritten() {
		AggregatedLog<String> failing = AggregatedLog.ofFailures(this.scheduler, (line) -> {
			this.lines.add(line);
			throw new IllegalStateException("planted");
		});
		failing.add("first");
		this.scheduler.run();
		failing.add("second");
		this.scheduler.run();
		assertThat(this.lines).containsExactly("first (1 time)", "second (1 time)");
	}

	@Test
	void tellsNewKindsApartHoweverManyThereWereBefore() {
		for (int i = 0; i < 1000; i++) {
			this.log.add("route " + i);
		}
		this.log.add("too many");
		this.scheduler.run();
		this.log.add("new");
		this.log.add("route 1");
		this.log.add("new");
		this.scheduler.run();
		assertThat(this.lines).hasSize(2);
		assertThat(this.lines.get(0)).endsWith("; 1 more of too many kinds to list");
		assertThat(this.lines.get(1)).isEqualTo("new (2 times); route 1 (1 time)");
	}

	/**
	 * Does what it was given when it is told.
	 */
	private static final class ByHand implements Scheduler {

		private final List<Runnable> tasks = new ArrayList<>();

		private boolean full;

		void run() {
			List<Runnable> tasks = List.copyOf(this.tasks);
			this.tasks.clear();
			for (Runnable task : tasks) {
				try {
					task.run();
				}
				catch (IllegalStateException ex) {
					assertThat(ex).hasMessage("planted");
				}
			}
		}

		@Override
		public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
			return schedule(task);
		}

		@Override
		public Disposable schedule(Runnable task) {
			if (this.full) {
				throw new RejectedExecutionException("planted");
			}
			this.tasks.add(task);
			return Disposables.single();
		}

		@Override
		public Worker createWorker() {
			throw new UnsupportedOperationException();
		}

	}

}
