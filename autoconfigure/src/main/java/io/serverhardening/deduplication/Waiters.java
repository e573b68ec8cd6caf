package io.serverhardening.deduplication;

import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

import io.serverhardening.WebhookMessage;
import io.serverhardening.deduplication.record.Claim;
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

	private final Map<String, Group> waiting = new ConcurrentHashMap<>();

	private final AtomicLong numbers = new AtomicLong();

	private final AtomicInteger count = new AtomicInteger();

	private final int max;

	private final BodyBudget budget;

	private final Scheduler timers;

	Waiters(BodyBudget budget, Scheduler timers) {
		this(MAX_WAITING, budget, timers);
	}

	Waiters(int max, BodyBudget budget, Scheduler timers) {
		this.max = max;
		this.budget = budget;
		this.timers = timers;
	}

	/**
	 * Begin to wait. Whoever does so asks again first: the message may have been settled
	 * in between.
	 * @param id the message
	 * @param content what is in it, kept once for all that wait
	 * @return the waiter, to be closed, or {@code null} if too many wait, or for too much
	 */
	@Nullable Waiter join(String id, Content content) {
		if (this.count.incrementAndGet() <= this.max) {
			Waiter waiter = new Waiter(this, id, this.numbers.incrementAndGet());
			this.waiting.compute(id, (key, present) -> {
				Group group = (present != null) ? present : begin(content);
				if (group != null && group.content.isSameAs(content)) {
					waiter.content = group.content;
					group.waiters.add(waiter);
				}
				return group;
			});
			if (waiter.content != null) {
				return waiter;
			}
		}
		this.count.decrementAndGet();
		return null;
	}

	private @Nullable Group begin(Content content) {
		return this.budget.take(content.body().length) ? new Group(content) : null;
	}

	/**
	 * Wake the one that has waited longest. Where there is an answer it wakes the others;
	 * where there is none, they would all ask, and one be told to go on.
	 * @param id the message
	 */
	void wake(String id) {
		Group group = this.waiting.get(id);
		if (group != null) {
			for (Waiter oldest : group.waiters) {
				oldest.wake();
				return;
			}
		}
	}

	/**
	 * Tell all.
	 * @param id the message
	 * @param claim what one of them was told, who asked for all
	 */
	void tellAll(String id, Claim claim) {
		Group group = this.waiting.get(id);
		if (group != null) {
			group.waiters.forEach((waiter) -> {
				waiter.told = claim;
				waiter.wake();
			});
		}
	}

	Map<String, Integer> awaited(int max) {
		Map<String, Integer> awaited = new LinkedHashMap<>();
		for (Map.Entry<String, Group> entry : this.waiting.entrySet()) {
			if (awaited.size() == max) {
				break;
			}
			awaited.put(entry.getKey(), entry.getValue().waiters.size());
		}
		return awaited;
	}

	int count() {
		return this.count.get();
	}

	private void leave(Waiter waiter) {
		this.waiting.computeIfPresent(waiter.id, (key, group) -> {
			if (group.waiters.remove(waiter)) {
				this.count.decrementAndGet();
			}
			if (!group.waiters.isEmpty()) {
				return group;
			}
			this.budget.giveBack(group.content.body().length);
			return null;
		});
	}

	/**
	 * What is in a message.
	 *
	 * @param fingerprint tells it from others of the same key
	 * @param body its body
	 * @param message what its sender says of it, {@code null} where nobody has signed it
	 */
	@SuppressWarnings("ArrayRecordComponent")
	record Content(String fingerprint, byte[] body, @Nullable WebhookMessage message) {

		private boolean isSameAs(Content other) {
			// Parts may be the same with another boundary, which is in a header of its
			// own.
			return this.fingerprint.equals(other.fingerprint) && Arrays.equals(this.body, other.body);
		}

	}

	/**
	 * The copies of one message.
	 */
	private static final class Group {

		private final NavigableSet<Waiter> waiters = new ConcurrentSkipListSet<>();

		private final Content content;

		Group(Content content) {
			this.content = content;
		}

	}

	/**
	 * One copy.
	 */
	static final class Waiter implements AutoCloseable, Comparable<Waiter> {

		private final Waiters waiters;

		private final String id;

		private final long number;

		/** That of the copy which has waited longest; {@code null} if it may not wait. */
		private @Nullable Content content;

		private volatile @Nullable Claim told;

		private volatile Sinks.Empty<Void> bell = Sinks.empty();

		/** Woken, and has not asked yet. */
		private volatile boolean woken;

		Waiter(Waiters waiters, String id, long number) {
			this.waiters = waiters;
			this.id = id;
			this.number = number;
		}

		/**
		 * Return what is in the message.
		 * @return what all copies share
		 */
		Content content() {
			return Objects.requireNonNull(this.content);
		}

		private void wake() {
			this.woken = true;
			this.bell.tryEmitEmpty();
		}

		/**
		 * Return what another copy was told.
		 * @return what holds for this one as well, {@code null} if it has to ask
		 */
		@Nullable Claim told() {
			return this.told;
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
