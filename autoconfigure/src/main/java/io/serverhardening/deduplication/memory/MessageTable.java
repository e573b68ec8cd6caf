package io.serverhardening.deduplication.memory;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.serverhardening.deduplication.memory.MemoryRecordStore.Completed;
import io.serverhardening.deduplication.record.Answer;
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

	/** In the order in which they were claimed. */
	private final Map<String, Entry> processing = new LinkedHashMap<>();

	/** Those that failed, in that order: the first to go. */
	private final Map<String, Entry> failed = new LinkedHashMap<>();

	/** In the order in which they were settled. */
	private final Map<String, Entry> settled = new LinkedHashMap<>();

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
		Entry entry = live(request.id(), now);
		if (entry == null) {
			return acquire(request, now);
		}
		if (!entry.fingerprint.equals(request.fingerprint())) {
			return Claim.refused(Claim.Outcome.MISMATCH, entry.attempt, 0);
		}
		return claim(entry, request, now);
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
		Entry entry = live(request.id(), now);
		if (entry == null || !entry.fingerprint.equals(request.fingerprint())) {
			return null;
		}
		boolean running = entry.state == RecordState.PROCESSING && entry.leaseUntil > now;
		return (running || entry.state == RecordState.COMPLETED) ? claim(entry, request, now) : null;
	}

	private Claim acquire(ClaimRequest request, long now) {
		if (size() >= this.maxRecords && !evict(now)) {
			return Claim.refused(Claim.Outcome.FULL, 0, 1);
		}
		Entry entry = new Entry(request.id(), request.fingerprint(), now);
		entry.deliveries = 1;
		return grant(Claim.Outcome.ACQUIRED, entry, request, now);
	}

	private Claim claim(Entry entry, ClaimRequest request, long now) {
		if (request.delivery()) {
			entry.deliveries++;
		}
		switch (entry.state) {
			case COMPLETED -> {
				return new Claim(Claim.Outcome.REPLAY, 0, entry.attempt, entry.deliveries, entry.answer);
			}
			case DEAD -> {
				return Claim.refused(Claim.Outcome.DEAD, entry.attempt, entry.deliveries);
			}
			case PROCESSING -> {
				if (entry.owner.equals(request.owner())) {
					return new Claim(Claim.Outcome.ACQUIRED, entry.token, entry.attempt, entry.deliveries, null);
				}
				if (entry.leaseUntil > now) {
					return Claim.refused(Claim.Outcome.BUSY, entry.attempt, entry.deliveries);
				}
			}
			default -> {
				// Failed: next in line.
			}
		}
		if (request.terms().maxAttempts() > 0 && entry.attempt >= request.terms().maxAttempts()) {
			close(entry, Settlement.DEAD, request.terms(), now);
			return Claim.refused(Claim.Outcome.DEAD, entry.attempt, entry.deliveries);
		}
		return grant(outcome(entry), entry, request, now);
	}

	private static Claim.Outcome outcome(Entry entry) {
		if (entry.attempt == 0) {
			return Claim.Outcome.ACQUIRED;
		}
		return (entry.state == RecordState.FAILED) ? Claim.Outcome.RETRY : Claim.Outcome.TAKEOVER;
	}

	private Claim grant(Claim.Outcome outcome, Entry entry, ClaimRequest request, long now) {
		remove(entry);
		entry.state = RecordState.PROCESSING;
		entry.owner = request.owner();
		// Tokens grow also when a record was forgotten in between.
		entry.token = Math.max(entry.token + 1, now * 1000);
		entry.attempt++;
		entry.leaseUntil = now + request.terms().leaseMillis();
		entry.expires = entry.leaseUntil + request.terms().ttlMillis();
		this.processing.put(entry.id, entry);
		return new Claim(outcome, entry.token, entry.attempt, entry.deliveries, null);
	}

	/**
	 * Hold on to a message, also where its record was lost.
	 * @param request what was granted
	 * @param token the token of the claim
	 * @param now the time
	 * @return {@code false} if it belongs to another owner by now
	 */
	boolean renew(ClaimRequest request, long token, long now) {
		Entry entry = live(request.id(), now);
		if (entry == null) {
			entry = lost(request, token, now);
			this.processing.put(entry.id, entry);
		}
		if (!isOwned(entry, request)) {
			return false;
		}
		entry.leaseUntil = now + request.terms().leaseMillis();
		entry.expires = entry.leaseUntil + request.terms().ttlMillis();
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
		Entry entry = live(request.id(), now);
		boolean owned = entry != null && isOwned(entry, request);
		if (!owned && settlement.state() != RecordState.COMPLETED) {
			return false;
		}
		if (entry == null) {
			if (size() >= this.maxRecords && !evict(now)) {
				return false;
			}
			entry = lost(request, token, now);
		}
		else if (!owned && !isAbandoned(entry, request, now)) {
			return false;
		}
		if (!settlement.counted()) {
			entry.attempt--;
		}
		close(entry, settlement, request.terms(), now);
		return true;
	}

	private static boolean isOwned(Entry entry, ClaimRequest request) {
		return entry.state == RecordState.PROCESSING && entry.owner.equals(request.owner());
	}

	// The record was forgotten, not taken: whoever ran the handler still has it.
	private Entry lost(ClaimRequest request, long token, long now) {
		Entry entry = new Entry(request.id(), request.fingerprint(), now);
		entry.owner = request.owner();
		entry.token = token;
		entry.attempt = 1;
		entry.deliveries = 1;
		return entry;
	}

	private static boolean isAbandoned(Entry entry, ClaimRequest request, long now) {
		boolean over = entry.state == RecordState.PROCESSING && entry.leaseUntil <= now;
		return (over || entry.state == RecordState.FAILED) && entry.fingerprint.equals(request.fingerprint());
	}

	private void close(Entry entry, Settlement settlement, ClaimTerms terms, long now) {
		remove(entry);
		entry.state = settlement.state();
		entry.answer = settlement.answer();
		entry.size = (entry.answer != null) ? entry.answer.size() : 0;
		entry.leaseUntil = 0;
		entry.expires = now + terms.ttlMillis(settlement);
		if (entry.state == RecordState.FAILED) {
			if (entry.attempt > 0) {
				this.failed.put(entry.id, entry);
			}
			return;
		}
		this.bytes += entry.size;
		this.settled.put(entry.id, entry);
		while (this.bytes > this.maxBytes && this.settled.size() > 1) {
			evictFirst(this.settled);
		}
	}

	@Nullable MessageRecord find(String id, long now) {
		Entry entry = live(id, now);
		if (entry == null) {
			return null;
		}
		return new MessageRecord("", entry.state, entry.owner, entry.token, entry.attempt, entry.deliveries,
				Duration.ofMillis(now - entry.created), Duration.ofMillis(Math.max(0, entry.leaseUntil - now)),
				entry.answer);
	}

	boolean holds(ClaimRequest request) {
		Entry entry = this.processing.get(request.id());
		return entry != null && entry.owner.equals(request.owner());
	}

	boolean hasAnswered(ClaimRequest request) {
		Entry entry = this.settled.get(request.id());
		return entry != null && entry.state == RecordState.COMPLETED && entry.owner.equals(request.owner());
	}

	boolean isFree(ClaimRequest request, long now) {
		Entry entry = live(request.id(), now);
		return entry != null && isAbandoned(entry, request, now);
	}

	void forgetFailed(ClaimRequest request) {
		Entry entry = this.failed.get(request.id());
		if (entry != null && entry.fingerprint.equals(request.fingerprint())) {
			remove(entry);
		}
	}

	List<Completed> completed(ClaimTerms terms, int count) {
		List<Completed> completed = new ArrayList<>();
		for (Entry entry : this.settled.values()) {
			if (completed.size() == count) {
				break;
			}
			if (entry.state == RecordState.COMPLETED) {
				completed.add(new Completed(new ClaimRequest(entry.id, entry.fingerprint, entry.owner, false, terms),
						entry.token, new Settlement(entry.state, entry.answer, true)));
			}
		}
		return completed;
	}

	void postpone(String id) {
		Entry entry = this.settled.remove(id);
		if (entry != null) {
			this.settled.put(id, entry);
		}
	}

	void forget(String id) {
		Entry entry = get(id);
		if (entry != null) {
			remove(entry);
		}
	}

	int size() {
		return this.processing.size() + this.failed.size() + this.settled.size();
	}

	int processing() {
		return this.processing.size();
	}

	long evicted() {
		return this.evicted;
	}

	private @Nullable Entry live(String id, long now) {
		Entry entry = get(id);
		if (entry != null && entry.expires <= now) {
			remove(entry);
			return null;
		}
		return entry;
	}

	private @Nullable Entry get(String id) {
		Entry entry = this.settled.get(id);
		if (entry == null) {
			entry = this.processing.get(id);
		}
		return (entry != null) ? entry : this.failed.get(id);
	}

	private void remove(Entry entry) {
		if (this.settled.remove(entry.id, entry)) {
			this.bytes -= entry.size;
		}
		else if (!this.processing.remove(entry.id, entry)) {
			this.failed.remove(entry.id, entry);
		}
	}

	// What was answered goes last but for what runs.
	private boolean evict(long now) {
		return evictFirst(this.failed) || evictAbandoned(now) || evictFirst(this.settled);
	}

	private boolean evictFirst(Map<String, Entry> entries) {
		Iterator<Entry> oldest = entries.values().iterator();
		if (!oldest.hasNext()) {
			return false;
		}
		this.bytes -= oldest.next().size;
		oldest.remove();
		this.evicted++;
		return true;
	}

	// Runs that were stopped, or whose instance is gone: nobody holds on to them.
	private boolean evictAbandoned(long now) {
		Iterator<Entry> oldest = this.processing.values().iterator();
		for (int i = 0; i < LOOK && oldest.hasNext(); i++) {
			if (oldest.next().leaseUntil <= now) {
				oldest.remove();
				this.evicted++;
				return true;
			}
		}
		return false;
	}

	private void sweep(long now) {
		sweep(this.settled, now);
		sweep(this.failed, now);
		sweep(this.processing, now);
	}

	private void sweep(Map<String, Entry> entries, long now) {
		Iterator<Entry> oldest = entries.values().iterator();
		for (int i = 0; i < SWEEP && oldest.hasNext(); i++) {
			Entry entry = oldest.next();
			if (entry.expires > now) {
				return;
			}
			oldest.remove();
			if (entries == this.settled) {
				this.bytes -= entry.size;
			}
		}
	}

	/**
	 * A message.
	 */
	private static final class Entry {

		private final String id;

		private final String fingerprint;

		private final long created;

		private RecordState state = RecordState.PROCESSING;

		private String owner = "";

		private long token;

		private int attempt;

		private int deliveries;

		private long leaseUntil;

		private long expires;

		private @Nullable Answer answer;

		/** Of the answer. Whoever is cleared away is not looked into. */
		private int size;

		Entry(String id, String fingerprint, long created) {
			this.id = id;
			this.fingerprint = fingerprint;
			this.created = created;
		}

	}

}
