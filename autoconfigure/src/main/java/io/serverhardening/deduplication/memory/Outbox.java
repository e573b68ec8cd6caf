package io.serverhardening.deduplication.memory;

import java.util.List;

import io.serverhardening.deduplication.record.ClaimRequest;
import io.serverhardening.deduplication.record.ClaimTerms;
import io.serverhardening.deduplication.record.Settlement;

/**
 * What was answered in this process, and is to be written to another store.
 */
public final class Outbox {

	private final MemoryRecordStore store;

	private final MessageTable table;

	/**
	 * Create the outbox.
	 * @param store has the lock
	 * @param table has the messages
	 */
	Outbox(MemoryRecordStore store, MessageTable table) {
		this.store = store;
		this.table = table;
	}

	/**
	 * Whether a message has been answered here.
	 * @param request what was granted
	 * @return {@code true} if its owner has, and the answer is still here
	 */
	public boolean hasAnswered(ClaimRequest request) {
		return this.store.locked(() -> this.table.hasAnswered(request, this.store.now()));
	}

	/**
	 * Return messages that have been answered and whose time is not over, those that were
	 * settled longest ago first.
	 * @param terms the terms on which they may be given to another store
	 * @param count how many at most
	 * @return the messages
	 */
	public List<Completed> completed(ClaimTerms terms, int count) {
		return this.store.locked(() -> this.table.completed(terms, count, this.store.now()));
	}

	/**
	 * Let others go first: another store does not take this one.
	 * @param id what it is known by
	 */
	public void postpone(String id) {
		this.store.locked(() -> this.table.postpone(id));
	}

	/**
	 * Forget a message.
	 * @param id what it is known by
	 */
	public void forget(String id) {
		this.store.locked(() -> this.table.forget(id));
	}

	/**
	 * A message that has been answered.
	 *
	 * @param request what was granted
	 * @param token the token of the claim
	 * @param settlement how it ended
	 */
	public record Completed(ClaimRequest request, long token, Settlement settlement) {

	}

}
