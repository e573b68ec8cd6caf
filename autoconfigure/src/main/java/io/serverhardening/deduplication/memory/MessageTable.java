package io.serverhardening.deduplication.memory;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import io.serverhardening.deduplication.memory.MemoryRecordStore.Completed;
import io.serverhardening.deduplication.record.Claim;
import io.serverhardening.deduplication.record.ClaimRequest;
import io.serverhardening.deduplication.record.ClaimTerms;
import io.serverhardening.deduplication.record.MessageRecord;
import io.serverhardening.deduplication.record.RecordState;
import io.serverhardening.deduplication.record.Settlement;
import org.jspecify.annotations.Nullable;

/**
 * The messages that are remembered, and which of them goes first when there is no room.
 * Touched with the lock of {@link MemoryRecordStore} held only.
 */
final class MessageTable {

	/** How many records that are over a newcomer clears away. */
	private static final int SWEEP = 4;

	/** How many of those that run longest are looked at for one that nobody holds. */
	private static final int LOOK = 64;

	private final Map<String, MessageEntry> entries = new HashMap<>();

	/** In the order in which they were claimed. */
	private final MessageOrder processing = new MessageOrder();

	/** Those that failed, in that order: the first to go. */
	private final MessageOrder failed = new MessageOrder();

	/** In the order in which they were settled. */
	private final MessageOrder settled = new MessageOrder();

	private final int maxRecords;

	private final long maxBytes;

	private long bytes;

	private long evicted;

	MessageTable(int maxRecords, long maxBytes) {
		this.maxRecords = maxRecords;
		this.maxBytes = maxBytes;
	}

	/**
	 * Ask for a message.
	 * @param request who asks for what
	 * @param now the time
	 * @return whether it is granted
	 */
	Claim claim(ClaimRequest request, long now) {
		sweep(now);
		MessageEntry entry = live(request.id(), now);
		if (entry == null) {
			return acquire(request, now);
		}
		return entry.isSame(request) ? claim(entry, request, now) : entry.mismatch();
	}

	/**
	 * Look whether a message that another store is asked for is known here.
	 * @param request the wish
	 * @param now the time
	 * @return {@link Claim.Outcome#REPLAY} or {@link Claim.Outcome#BUSY} where it is,
	 * {@code null} where the other store has to be asked
	 */
	@Nullable Claim known(ClaimRequest request, long now) {
		// Nobody else comes by while the other store works.
		sweep(now);
		MessageEntry entry = live(request.id(), now);
		if (entry == null || !entry.isSame(request)) {
			return null;
		}
		return (entry.isRunning(now) || entry.state() == RecordState.COMPLETED) ? claim(entry, request, now) : null;
	}

	private Claim acquire(ClaimRequest request, long now) {
		if (isFull() && !evict(now)) {
			return Claim.refused(Claim.Outcome.FULL, 0, 1);
		}
		MessageEntry entry = new MessageEntry(request, now);
		put(entry, this.processing);
		return entry.grant(request, now);
	}

	private Claim claim(MessageEntry entry, ClaimRequest request, long now) {
		entry.ask(request);
		if (entry.state() == RecordState.COMPLETED) {
			return entry.replay();
		}
		if (entry.state() == RecordState.DEAD) {
			return entry.refused(Claim.Outcome.DEAD);
		}
		if (entry.isRunBy(request)) {
			// Nobody heard that it was granted: the lease begins now.
			entry.renew(request.terms(), now);
			return entry.granted(Claim.Outcome.ACQUIRED);
		}
		if (!entry.isFree(now)) {
			return entry.refused(Claim.Outcome.BUSY);
		}
		if (entry.isExhausted(request.terms())) {
			close(entry, Settlement.DEAD, request.terms(), now);
			return entry.refused(Claim.Outcome.DEAD);
		}
		move(entry, this.processing);
		return entry.grant(request, now);
	}

	/**
	 * Hold on to a message, also where its record was lost.
	 * @param request what was granted
	 * @param token the token of the claim
	 * @param now the time
	 * @return {@code false} if it belongs to another owner by now
	 */
	boolean renew(ClaimRequest request, long token, long now) {
		MessageEntry entry = live(request.id(), now);
		if (entry == null) {
			entry = MessageEntry.lost(request, token, now);
			put(entry, this.processing);
		}
		if (!entry.isRunBy(request)) {
			return false;
		}
		entry.renew(request.terms(), now);
		return true;
	}

	/**
	 * Say how a run has ended.
	 * @param request what was granted
	 * @param token the token of the claim
	 * @param settlement how it ended
	 * @param now the time
	 * @return {@code false} if it belongs to another owner by now, or there is no room
	 */
	boolean settle(ClaimRequest request, long token, Settlement settlement, long now) {
		MessageEntry entry = live(request.id(), now);
		boolean owned = entry != null && entry.isRunBy(request);
		if (!owned && settlement.state() != RecordState.COMPLETED) {
			return false;
		}
		if (entry == null) {
			if (isFull() && !evict(now)) {
				return false;
			}
			entry = MessageEntry.lost(request, token, now);
			put(entry, this.processing);
		}
		else if (!owned) {
			if (!entry.isFree(now) || !entry.isSame(request)) {
				return false;
			}
			entry.takeOver(request, token);
		}
		close(entry, settlement, request.terms(), now);
		return true;
	}

	private void close(MessageEntry entry, Settlement settlement, ClaimTerms terms, long now) {
		entry.settle(settlement, terms, now);
		if (entry.state() == RecordState.FAILED) {
			if (entry.hasRun()) {
				move(entry, this.failed);
			}
			else {
				remove(entry);
			}
			return;
		}
		move(entry, this.settled);
		while (this.bytes > this.maxBytes && this.settled.size() > 1) {
			evictFirst(this.settled);
		}
	}

	@Nullable MessageRecord find(String id, long now) {
		MessageEntry entry = live(id, now);
		return (entry != null) ? entry.describe(now) : null;
	}

	boolean holds(ClaimRequest request) {
		MessageEntry entry = this.entries.get(request.id());
		return entry != null && entry.isRunBy(request);
	}

	boolean hasAnswered(ClaimRequest request) {
		MessageEntry entry = this.entries.get(request.id());
		return entry != null && entry.isAnsweredBy(request);
	}

	boolean isFree(ClaimRequest request, long now) {
		MessageEntry entry = live(request.id(), now);
		return entry != null && entry.isFree(now) && entry.isSame(request);
	}

	void forgetFree(ClaimRequest request, long now) {
		MessageEntry entry = this.entries.get(request.id());
		if (entry != null && entry.isFree(now) && !entry.isBy(request)) {
			remove(entry);
		}
	}

	void giveUp(ClaimRequest request) {
		MessageEntry entry = this.entries.get(request.id());
		if (entry != null && entry.isRunBy(request)) {
			remove(entry);
		}
	}

	List<Completed> completed(ClaimTerms terms, int count) {
		List<Completed> completed = new ArrayList<>();
		for (MessageEntry entry = this.settled.first(); entry != null
				&& completed.size() < count; entry = entry.after) {
			if (entry.state() == RecordState.COMPLETED) {
				completed.add(entry.completed(terms));
			}
		}
		return completed;
	}

	void postpone(String id) {
		MessageEntry entry = this.entries.get(id);
		if (entry != null && entry.order == this.settled) {
			move(entry, this.settled);
		}
	}

	void forget(String id) {
		MessageEntry entry = this.entries.get(id);
		if (entry != null) {
			remove(entry);
		}
	}

	int size() {
		return this.entries.size();
	}

	int processing() {
		return this.processing.size();
	}

	long evicted() {
		return this.evicted;
	}

	private @Nullable MessageEntry live(String id, long now) {
		MessageEntry entry = this.entries.get(id);
		if (entry != null && entry.isOver(now)) {
			remove(entry);
			return null;
		}
		return entry;
	}

	private void put(MessageEntry entry, MessageOrder order) {
		this.entries.put(entry.id(), entry);
		order.add(entry);
	}

	private void move(MessageEntry entry, MessageOrder order) {
		leave(entry);
		order.add(entry);
		if (order == this.settled) {
			this.bytes += entry.size();
		}
	}

	private void remove(MessageEntry entry) {
		this.entries.remove(entry.id());
		leave(entry);
	}

	private void leave(MessageEntry entry) {
		MessageOrder order = entry.order;
		if (order != null) {
			order.remove(entry);
		}
		if (order == this.settled) {
			this.bytes -= entry.size();
		}
	}

	private boolean isFull() {
		return this.entries.size() >= this.maxRecords;
	}

	// What was answered goes last but for what runs.
	private boolean evict(long now) {
		return evictFirst(this.failed) || evictAbandoned(now) || evictFirst(this.settled);
	}

	private boolean evictFirst(MessageOrder order) {
		MessageEntry first = order.first();
		if (first == null) {
			return false;
		}
		remove(first);
		this.evicted++;
		return true;
	}

	// Runs that were stopped, or whose instance is gone: nobody holds on to them.
	private boolean evictAbandoned(long now) {
		MessageEntry entry = this.processing.first();
		for (int i = 0; i < LOOK && entry != null; i++) {
			if (entry.isFree(now)) {
				remove(entry);
				this.evicted++;
				return true;
			}
			entry = entry.after;
		}
		return false;
	}

	private void sweep(long now) {
		sweep(this.settled, now);
		sweep(this.failed, now);
		sweep(this.processing, now);
	}

	private void sweep(MessageOrder order, long now) {
		MessageEntry first = order.first();
		for (int i = 0; i < SWEEP && first != null && first.isOver(now); i++) {
			remove(first);
			first = order.first();
		}
	}

}
