package io.serverhardening.deduplication.memory;

import java.util.ArrayList;
import java.util.List;

import io.serverhardening.deduplication.memory.Outbox.Completed;
import io.serverhardening.deduplication.record.Claim;
import io.serverhardening.deduplication.record.ClaimRequest;
import io.serverhardening.deduplication.record.ClaimTerms;
import io.serverhardening.deduplication.record.MessageRecord;
import io.serverhardening.deduplication.record.RecordState;
import io.serverhardening.deduplication.record.Settlement;
import org.jspecify.annotations.Nullable;

/**
 * Who may handle a message, and what has become of it. Touched with the lock of
 * {@link MemoryRecordStore} held only.
 */
final class MessageTable {

	private final RememberedMessages messages;

	MessageTable(int maxRecords, long maxBytes) {
		this.messages = new RememberedMessages(maxRecords, maxBytes);
	}

	/**
	 * Take another limit.
	 * @param maxRecords how many messages are remembered at most
	 * @return {@code true}
	 */
	boolean maxRecords(int maxRecords) {
		this.messages.maxRecords(maxRecords);
		return true;
	}

	/**
	 * Ask for a message.
	 * @param request who asks for what
	 * @param now the time
	 * @return whether it is granted
	 */
	Claim claim(ClaimRequest request, long now) {
		this.messages.sweep(now);
		MessageEntry entry = this.messages.find(request.id(), now);
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
		this.messages.sweep(now);
		MessageEntry entry = this.messages.find(request.id(), now);
		if (entry == null || !entry.isSame(request)) {
			return null;
		}
		return (entry.isRunning(now) || entry.state() == RecordState.COMPLETED) ? claim(entry, request, now) : null;
	}

	private Claim acquire(ClaimRequest request, long now) {
		if (!this.messages.makeRoom(now)) {
			return Claim.refused(Claim.Outcome.FULL, 0, 1);
		}
		MessageEntry entry = this.messages.add(request, now);
		return entry.granted(entry.run(request, now));
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
			this.messages.renew(entry, request.terms(), now);
			return entry.granted(Claim.Outcome.ACQUIRED);
		}
		if (!entry.isFree(now)) {
			return entry.refused(Claim.Outcome.BUSY);
		}
		if (entry.isExhausted(request.terms())) {
			close(entry, Settlement.DEAD, null, request.terms(), now);
			return entry.refused(Claim.Outcome.DEAD);
		}
		entry.expect(request);
		this.messages.leave(entry);
		Claim.Outcome outcome = entry.run(request, now);
		this.messages.join(entry);
		return entry.granted(outcome);
	}

	/**
	 * Hold on to a message, also where its record was lost.
	 * @param request what was granted
	 * @param token the token of the claim
	 * @param now the time
	 * @return {@code false} if it belongs to another owner by now
	 */
	boolean renew(ClaimRequest request, long token, long now) {
		MessageEntry entry = this.messages.find(request.id(), now);
		if (entry == null) {
			entry = this.messages.add(request, now);
			entry.lost(token);
		}
		if (!entry.isRunBy(request)) {
			return false;
		}
		this.messages.renew(entry, request.terms(), now);
		return true;
	}

	/**
	 * Say how a run has ended.
	 * @param request what was granted
	 * @param token the token of the claim
	 * @param settlement how it ended
	 * @param answer its answer, encoded
	 * @param now the time
	 * @return {@code false} if it belongs to another owner by now, or there is no room
	 */
	boolean settle(ClaimRequest request, long token, Settlement settlement, byte @Nullable [] answer, long now) {
		MessageEntry entry = this.messages.find(request.id(), now);
		boolean owned = entry != null && entry.isRunBy(request);
		if (!owned && settlement.state() != RecordState.COMPLETED) {
			return false;
		}
		if (entry == null) {
			if (!this.messages.makeRoom(now)) {
				return false;
			}
			entry = this.messages.add(request, now);
			entry.lost(token);
		}
		else if (!owned) {
			if (!entry.isFree(now) || !entry.isSame(request)) {
				return false;
			}
			entry.takeOver(request, token);
		}
		close(entry, settlement, answer, request.terms(), now);
		return true;
	}

	private void close(MessageEntry entry, Settlement settlement, byte @Nullable [] answer, ClaimTerms terms,
			long now) {
		entry.expect(answer);
		this.messages.leave(entry);
		entry.settle(settlement, answer, terms, now);
		this.messages.join(entry);
		if (entry.state() == RecordState.FAILED && !entry.hasRun()) {
			this.messages.remove(entry);
		}
		else {
			this.messages.trim(now);
		}
	}

	@Nullable MessageRecord find(String id, long now) {
		MessageEntry entry = this.messages.find(id, now);
		return (entry != null) ? entry.describe(now) : null;
	}

	boolean holds(ClaimRequest request) {
		MessageEntry entry = this.messages.find(request.id());
		return entry != null && entry.isRunBy(request);
	}

	boolean hasAnswered(ClaimRequest request, long now) {
		MessageEntry entry = this.messages.find(request.id(), now);
		return entry != null && entry.isAnsweredBy(request);
	}

	boolean isFree(ClaimRequest request, long now) {
		MessageEntry entry = this.messages.find(request.id(), now);
		return entry != null && entry.isFree(now) && entry.isSame(request);
	}

	boolean forgetFree(ClaimRequest request, long now) {
		MessageEntry entry = this.messages.find(request.id());
		return entry != null && entry.isFree(now) && !entry.isBy(request) && drop(entry);
	}

	boolean giveUp(ClaimRequest request) {
		MessageEntry entry = this.messages.find(request.id());
		return entry != null && entry.isRunBy(request) && drop(entry);
	}

	List<Completed> completed(ClaimTerms terms, int count, long now) {
		List<Completed> completed = new ArrayList<>();
		MessageOrder settled = this.messages.settled();
		MessageEntry entry = this.messages.current(settled.first(), now);
		while (entry != null && completed.size() < count) {
			if (entry.state() == RecordState.COMPLETED) {
				completed.add(entry.completed(terms));
			}
			entry = this.messages.current(settled.after(entry), now);
		}
		return completed;
	}

	boolean postpone(String id) {
		MessageEntry entry = this.messages.find(id);
		if (entry != null && entry.isSettled()) {
			this.messages.leave(entry);
			this.messages.join(entry);
			return true;
		}
		return false;
	}

	boolean forget(String id) {
		MessageEntry entry = this.messages.find(id);
		return entry != null && drop(entry);
	}

	private boolean drop(MessageEntry entry) {
		this.messages.remove(entry);
		return true;
	}

	int size(long now) {
		this.messages.sweep(now);
		return this.messages.size();
	}

	int processing() {
		return this.messages.processing().size();
	}

	long evicted() {
		return this.messages.evicted();
	}

}
