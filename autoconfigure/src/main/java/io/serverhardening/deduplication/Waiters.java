package io.serverhardening.deduplication;

import java.time.Duration;
import java.util.Map;
import java.util.NavigableSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/**
 * The copies that wait for the first of their message.
 */
final class Waiters {

	/** A copy that waits costs a connection; a flood of copies is refused at once. */
	static final int MAX_WAITING = 10_000;

	private final Map<String, NavigableSet<Waiter>> waiting = new ConcurrentHashMap<>();

	private final AtomicLong numbers = new AtomicLong();

	private final AtomicInteger count = new AtomicInteger();

	private final int max;

	private final Scheduler timers;

	Waiters(Scheduler timers) {
		this(MAX_WAITING, timers);
	}

	Waiters(int max, Scheduler timers) {
		this.max = max;
		this.timers = timers;
	}

	/**
	 * Begin to wait. Whoever does so asks again first: the message may have been settled
	 * in between.
	 * @param id the message
	 * @return the waiter, to be closed, or {@code null} if too many wait
	 */
	@Nullable Waiter join(String id) {
		if (this.count.incrementAndGet() > this.max) {
			this.count.decrementAndGet();
			return null;
		}
		Waiter waiter = new Waiter(this, id, this.numbers.incrementAndGet());
		this.waiting.compute(id, (key, present) -> {
			NavigableSet<Waiter> waiters = (present != null) ? present : new ConcurrentSkipListSet<>();
			waiters.add(waiter);
			return waiters;
		});
		return waiter;
	}

	/**
	 * Wake the one that has waited longest. Where there is an answer it wakes the others;
	 * where there is none, they would all ask, and one be told to go on.
	 * @param id the message
	 */
	void wake(String id) {
		NavigableSet<Waiter> waiters = this.waiting.get(id);
		if (waiters != null) {
			for (Waiter oldest : waiters) {
				oldest.wake();
				return;
			}
		}
	}

	/**
	 * Wake all.
	 * @param id the message
	 */
	void wakeAll(String id) {
		NavigableSet<Waiter> waiters = this.waiting.get(id);
		if (waiters != null) {
			waiters.forEach(Waiter::wake);
		}
	}

	int count() {
		return this.count.get();
	}

	private void leave(Waiter waiter) {
		this.waiting.computeIfPresent(waiter.id, (key, waiters) -> {
			if (waiters.remove(waiter)) {
				this.count.decrementAndGet();
			}
			return waiters.isEmpty() ? null : waiters;
		});
	}

	/**
	 * One copy.
	 */
	static final class Waiter implements AutoCloseable, Comparable<Waiter> {

		private final Waiters waiters;

		private final String id;

		private final long number;

		private volatile Sinks.Empty<Void> bell = Sinks.empty();

		/** Woken, and has not asked yet. */
		private volatile boolean woken;

		Waiter(Waiters waiters, String id, long number) {
			this.waiters = waiters;
			this.id = id;
			this.number = number;
		}

		private void wake() {
			this.woken = true;
			this.bell.tryEmitEmpty();
		}

		/**
		 * It asks whether the message has been settled.
		 */
		void asks() {
			this.woken = false;
		}

		@Override
		public int compareTo(Waiter other) {
			return Long.compare(this.number, other.number);
		}

		@Override
		public boolean equals(Object other) {
			return this == other;
		}

		@Override
		public int hashCode() {
			return Long.hashCode(this.number);
		}

		/**
		 * Wait until the message is settled.
		 * @param atMost how long at most
		 * @return completes when it is time to ask again
		 */
		Mono<Void> await(Duration atMost) {
			Sinks.Empty<Void> bell = this.bell;
			// A new bell before anybody hears the old one: who asks again and waits again
			// must not hear it twice.
			return bell.asMono().timeout(atMost, Mono.empty(), this.waiters.timers).doOnTerminate(() -> {
				if (this.bell == bell) {
					this.bell = Sinks.empty();
				}
			});
		}

		@Override
		public void close() {
			this.waiters.leave(this);
			if (this.woken) {
				// Somebody else has to ask in its place.
				this.woken = false;
				this.waiters.wake(this.id);
			}
		}

	}

}
