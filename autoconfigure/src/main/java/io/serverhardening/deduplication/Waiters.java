package io.serverhardening.deduplication;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NavigableSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

import io.serverhardening.deduplication.record.Claim;
import io.serverhardening.deduplication.run.BodyBudget;
import org.jspecify.annotations.Nullable;
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
	@Nullable Waiter join(String id, MessageContent content) {
		if (this.count.incrementAndGet() <= this.max) {
			Waiter waiter = new Waiter(this, id, this.numbers.incrementAndGet());
			this.waiting.compute(id, (key, present) -> {
				Group group = (present != null) ? present : begin(content);
				if (group != null && group.content.isSameAs(content)) {
					waiter.shares(group.content);
					group.waiters.add(waiter);
				}
				return group;
			});
			if (waiter.mayWait()) {
				return waiter;
			}
		}
		this.count.decrementAndGet();
		return null;
	}

	private @Nullable Group begin(MessageContent content) {
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
			group.waiters.forEach((waiter) -> waiter.tell(claim));
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

	Scheduler timers() {
		return this.timers;
	}

	void leave(Waiter waiter) {
		this.waiting.computeIfPresent(waiter.id(), (key, group) -> {
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
	 * The copies of one message.
	 */
	private static final class Group {

		private final NavigableSet<Waiter> waiters = new ConcurrentSkipListSet<>();

		private final MessageContent content;

		Group(MessageContent content) {
			this.content = content;
		}

	}

}
