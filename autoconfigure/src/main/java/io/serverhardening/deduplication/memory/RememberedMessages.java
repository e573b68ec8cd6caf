package io.serverhardening.deduplication.memory;

import io.serverhardening.deduplication.record.ClaimRequest;
import io.serverhardening.deduplication.record.ClaimTerms;
import org.jspecify.annotations.Nullable;

/**
 * Which messages are remembered, and which of them goes first when there is no room.
 * Whoever changes what an entry is has it leave its order before, and join afterwards.
 */
final class RememberedMessages {

	/** How many records that are over a newcomer clears away. */
	private static final int SWEEP = 8;

	/** How many are looked at for one to forget that nobody would miss. */
	private static final int LOOK = 64;

	private final MessageRows rows = new MessageRows();

	private final MessageTimes times = new MessageTimes();

	/** In the order in which they were claimed, or renewed since. */
	private final MessageOrder processing = new MessageOrder(this.rows);

	/** Those that failed, in that order: the first to go. */
	private final MessageOrder failed = new MessageOrder(this.rows);

	/** In the order in which they were settled. */
	private final MessageOrder settled = new MessageOrder(this.rows);

	private int maxRecords;

	private final long maxBytes;

	private long bytes;

	private long evicted;

	RememberedMessages(int maxRecords, long maxBytes) {
		this.maxRecords = maxRecords;
		this.maxBytes = maxBytes;
	}

	@Nullable MessageEntry find(String id) {
		return this.rows.find(id);
	}

	/**
	 * Find a message, and forget it where its time is over.
	 * @param id what it is known by
	 * @param now the time
	 * @return its entry, {@code null} where it is not remembered any more
	 */
	@Nullable MessageEntry find(String id, long now) {
		MessageEntry entry = this.rows.find(id);
		if (entry != null && entry.isOver(now)) {
			remove(entry);
			return null;
		}
		return entry;
	}

	MessageEntry add(ClaimRequest request, long now) {
		this.times.expectOne();
		MessageEntry entry = this.rows.add(request, now);
		join(entry);
		return entry;
	}

	void remove(MessageEntry entry) {
		leave(entry);
		this.times.remove(entry.row);
		this.rows.remove(entry);
	}

	void leave(MessageEntry entry) {
		order(entry).remove(entry);
		this.bytes -= entry.size();
	}

	void join(MessageEntry entry) {
		order(entry).add(entry);
		this.times.put(entry.row, entry.expires());
		this.bytes += entry.size();
	}

	/**
	 * Hold on to a message that is being processed.
	 * @param entry the message
	 * @param terms for how long
	 * @param now the time
	 */
	void renew(MessageEntry entry, ClaimTerms terms, long now) {
		leave(entry);
		entry.renew(terms, now);
		join(entry);
	}

	private MessageOrder order(MessageEntry entry) {
		return switch (entry.state()) {
			case PROCESSING -> this.processing;
			case FAILED -> this.failed;
			case COMPLETED, DEAD -> this.settled;
		};
	}

	/**
	 * Take another limit. What is beyond it goes as others come.
	 * @param maxRecords how many messages are remembered at most
	 */
	void maxRecords(int maxRecords) {
		this.maxRecords = maxRecords;
	}

	/**
	 * Forget as many answered messages as it takes to keep what may be kept.
	 * @param now the time
	 */
	void trim(long now) {
		for (int i = 0; i < LOOK && isTooMuch() && clearAway(now); i++) {
			// Those whose time is over go first. There may be more of them than one
			// message should wait for.
		}
		while (isTooMuch()) {
			evictFirst(this.settled);
		}
	}

	private boolean isTooMuch() {
		return this.bytes > this.maxBytes && this.settled.size() > 1;
	}

	/**
	 * Have room for another message. What was answered goes last but for what runs.
	 * @param now the time
	 * @return {@code false} where all are running
	 */
	boolean makeRoom(long now) {
		if (this.rows.size() > this.maxRecords) {
			// Fewer may be kept than there are: a newcomer takes the place of two.
			forgetOne(now);
		}
		return this.rows.size() < this.maxRecords || forgetOne(now);
	}

	private boolean forgetOne(long now) {
		return clearAway(now) || evictFirst(this.failed) || evictAbandoned(now) || evictFirst(this.settled);
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
			entry = this.processing.after(entry);
		}
		return false;
	}

	/**
	 * Clear away a few messages whose time is over.
	 * @param now the time
	 */
	void sweep(long now) {
		for (int i = 0; i < SWEEP && clearAway(now); i++) {
			// One after the other.
		}
	}

	private boolean clearAway(long now) {
		int row = this.times.over(now);
		if (row == MessageRows.NONE) {
			return false;
		}
		remove(this.rows.at(row));
		return true;
	}

	/**
	 * Go on to a settled message whose time is not over, and clear away those before it.
	 * @param entry where to begin
	 * @param now the time
	 * @return the message, or {@code null} if there is none
	 */
	@Nullable MessageEntry current(@Nullable MessageEntry entry, long now) {
		MessageEntry current = entry;
		while (current != null && current.isOver(now)) {
			MessageEntry next = this.settled.after(current);
			remove(current);
			current = next;
		}
		return current;
	}

	MessageOrder settled() {
		return this.settled;
	}

	MessageOrder processing() {
		return this.processing;
	}

	int size() {
		return this.rows.size();
	}

	long evicted() {
		return this.evicted;
	}

}
