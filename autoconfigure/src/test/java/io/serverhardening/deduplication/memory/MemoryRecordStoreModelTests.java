package io.serverhardening.deduplication.memory;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.function.Predicate;

import io.serverhardening.deduplication.record.Answer;
import io.serverhardening.deduplication.record.Claim;
import io.serverhardening.deduplication.record.Claim.Outcome;
import io.serverhardening.deduplication.record.ClaimRequest;
import io.serverhardening.deduplication.record.ClaimTerms;
import io.serverhardening.deduplication.record.MessageRecord;
import io.serverhardening.deduplication.record.RecordState;
import io.serverhardening.deduplication.record.Settlement;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The store against a list that is searched from its beginning to its end, while terms
 * and caps change. No two messages are over at the same time, so that both forget the
 * same ones.
 */
class MemoryRecordStoreModelTests {

	private static final int ROUNDS = 400;

	private static final int STEPS = 250;

	/** All times are multiples of it; what is added to them tells terms apart. */
	private static final int TICK = 16;

	private static final int SWEEP = 8;

	private static final int MAX_BYTES = 400;

	private static final List<ClaimTerms> TERMS = List.of(new ClaimTerms(ticks(2) + 4, ticks(5) + 1, 0),
			new ClaimTerms(ticks(2) + 4, ticks(40) + 2, 2), new ClaimTerms(ticks(9) + 8, ticks(400) + 3, 0),
			new ClaimTerms(ticks(9) + 8, ticks(5) + 1, 3));

	private static long ticks(int count) {
		return (long) count * TICK;
	}

	@Test
	void doesWhatTheModelDoes() {
		long first = System.nanoTime();
		for (long seed = first; seed < first + ROUNDS; seed++) {
			new Round(seed).run();
		}
	}

	@Test
	void aShorterTimeToLiveForgetsNothingThatIsNotOver() {
		long[] clock = { 1_000_000 };
		MemoryRecordStore store = new MemoryRecordStore(3, () -> clock[0]);
		ClaimTerms day = new ClaimTerms(1000, 86_400_000, 0);
		ClaimTerms second = new ClaimTerms(1000, 1000, 0);
		answer(store, new ClaimRequest("a", "body", "owner-a", true, day));
		answer(store, new ClaimRequest("b", "body", "owner-b", true, second));
		answer(store, new ClaimRequest("c", "body", "owner-c", true, second));
		clock[0] += 5000;
		assertThat(store.size()).as("what is over behind what is not").isEqualTo(1);
		answer(store, new ClaimRequest("d", "body", "owner-d", true, second));
		assertThat(store.claimNow(new ClaimRequest("a", "body", "copy", true, second)).outcome())
			.isEqualTo(Outcome.REPLAY);
		assertThat(store.evicted()).isZero();
	}

	@Test
	void keepsNoMoreThanItMayWhateverTheTerms() {
		long seed = System.nanoTime();
		Random random = new Random(seed);
		long[] clock = { 1_000_000 };
		MemoryRecordStore store = new MemoryRecordStore(500, () -> clock[0]);
		ClaimTerms day = new ClaimTerms(1000, 86_400_000, 0);
		ClaimTerms second = new ClaimTerms(1000, 1000, 0);
		int lasting = 0;
		for (int i = 0; i < 20_000; i++) {
			boolean lasts = i % 100 == 0;
			answer(store, new ClaimRequest("id-" + i, "body", "owner-" + i, true, lasts ? day : second));
			lasting += lasts ? 1 : 0;
			clock[0] += random.nextInt(10);
			assertThat(store.size()).as("seed %d, message %d", seed, i).isLessThanOrEqualTo(500);
		}
		clock[0] += 2000;
		assertThat(store.evicted()).as("seed %d", seed).isZero();
		assertThat(store.sweep()).as("seed %d", seed).isEqualTo(lasting);
	}

	private static void answer(MemoryRecordStore store, ClaimRequest request) {
		Claim claim = store.claimNow(request);
		assertThat(claim.outcome().isGranted()).isTrue();
		assertThat(store.settleNow(request, claim.token(), completed(1))).isTrue();
	}

	private static Settlement completed(int bytes) {
		return Settlement.completed(new Answer(200, List.of(), new byte[bytes]));
	}

	/**
	 * One store and its model.
	 */
	private static final class Round {

		private final long seed;

		private final Random random;

		private final boolean crowded;

		private long now = ticks(100_000);

		private final MemoryRecordStore store;

		private final Model model;

		private final List<ClaimRequest> runs = new ArrayList<>();

		private ClaimTerms terms = TERMS.get(0);

		private int owners;

		Round(long seed) {
			this.seed = seed;
			this.random = new Random(seed);
			this.crowded = this.random.nextBoolean();
			int cap = this.crowded ? 1 + this.random.nextInt(6) : 1000;
			long maxBytes = this.random.nextBoolean() ? MAX_BYTES : Integer.MAX_VALUE;
			this.store = new MemoryRecordStore(cap, maxBytes, () -> this.now);
			this.model = new Model(cap, maxBytes);
		}

		void run() {
			for (int step = 0; step < STEPS; step++) {
				this.now += ticks(1);
				String what = step();
				String where = "seed " + this.seed + ", step " + step + ", " + what;
				if (this.random.nextInt(4) == 0) {
					assertThat(this.store.size()).as(where).isEqualTo(this.model.size(this.now));
				}
				assertThat(this.store.evicted()).as(where).isEqualTo(this.model.evicted);
				assertThat(this.store.processing()).as(where)
					.isEqualTo(this.model.count((entry) -> entry.state == RecordState.PROCESSING));
				String id = id();
				MessageRecord record = this.store.find(id).block();
				Entry entry = this.model.find(id, this.now);
				assertThat((record != null) ? record.state() + " " + record.attempt() : "unknown").as(where)
					.isEqualTo((entry != null) ? entry.state + " " + entry.attempt : "unknown");
			}
		}

		private String step() {
			return switch (this.random.nextInt(12)) {
				case 0 -> {
					this.terms = TERMS.get(this.random.nextInt(TERMS.size()));
					yield "other terms";
				}
				case 1 -> {
					this.now += ticks(List.of(3, 10, 50, 500).get(this.random.nextInt(4)));
					yield "later";
				}
				case 2 -> {
					if (this.crowded) {
						int cap = 1 + this.random.nextInt(6);
						this.store.maxRecords(cap);
						this.model.cap = cap;
					}
					yield "another cap";
				}
				case 3 -> {
					String id = id();
					this.store.outbox().postpone(id);
					this.model.postpone(id);
					yield "postpone " + id;
				}
				case 4 -> claim(any());
				case 5 -> renew(any());
				case 6, 7, 8 -> settle(any());
				default -> claim(null);
			};
		}

		private String id() {
			return "id-" + this.random.nextInt(this.crowded ? 12 : 60);
		}

		private @Nullable ClaimRequest any() {
			return this.runs.isEmpty() ? null : this.runs.get(this.random.nextInt(this.runs.size()));
		}

		private String claim(@Nullable ClaimRequest again) {
			ClaimRequest request = (again != null) ? again
					: new ClaimRequest(id(), "body", "owner-" + this.owners++, true, this.terms);
			Outcome outcome = this.store.claimNow(request).outcome();
			String what = "claim " + request.id() + " by " + request.owner();
			assertThat(outcome).as("seed %d, %s", this.seed, what).isEqualTo(this.model.claim(request, this.now));
			if (outcome.isGranted() && again == null) {
				this.runs.add(request);
			}
			return what + ": " + outcome;
		}

		private String renew(@Nullable ClaimRequest request) {
			if (request == null) {
				return "nothing";
			}
			String what = "renew " + request.id() + " by " + request.owner();
			assertThat(this.store.renew(request, 1).block()).as("seed %d, %s", this.seed, what)
				.isEqualTo(this.model.renew(request, this.now));
			return what;
		}

		private String settle(@Nullable ClaimRequest request) {
			if (request == null) {
				return "nothing";
			}
			this.runs.remove(request);
			Settlement settlement = switch (this.random.nextInt(4)) {
				case 0 -> Settlement.FAILED;
				case 1 -> Settlement.RELEASED;
				default -> completed(this.random.nextInt(150));
			};
			String what = "settle " + request.id() + " by " + request.owner() + " as " + settlement.state();
			assertThat(this.store.settleNow(request, 1, settlement)).as("seed %d, %s", this.seed, what)
				.isEqualTo(this.model.settle(request, settlement, this.now));
			return what;
		}

	}

	/**
	 * What is remembered of one message.
	 */
	private static final class Entry {

		private final String id;

		private String owner;

		private RecordState state = RecordState.PROCESSING;

		private int attempt;

		private int bytes;

		private long lease;

		private long expires;

		/** When it came to be what it is. */
		private long since;

		Entry(ClaimRequest request) {
			this.id = request.id();
			this.owner = request.owner();
		}

		private boolean isRunBy(ClaimRequest request) {
			return this.state == RecordState.PROCESSING && this.owner.equals(request.owner());
		}

		private boolean isFree(long now) {
			return this.state == RecordState.FAILED || (this.state == RecordState.PROCESSING && this.lease <= now);
		}

		private boolean isSettled() {
			return this.state == RecordState.COMPLETED || this.state == RecordState.DEAD;
		}

	}

	/**
	 * All messages in one list.
	 */
	private static final class Model {

		private final List<Entry> entries = new ArrayList<>();

		private final long maxBytes;

		private int cap;

		private long evicted;

		private long steps;

		Model(int cap, long maxBytes) {
			this.cap = cap;
			this.maxBytes = maxBytes;
		}

		int count(Predicate<Entry> which) {
			return (int) this.entries.stream().filter(which).count();
		}

		int size(long now) {
			sweep(now);
			return this.entries.size();
		}

		@Nullable Entry find(String id, long now) {
			this.entries.removeIf((entry) -> entry.id.equals(id) && entry.expires <= now);
			return this.entries.stream().filter((entry) -> entry.id.equals(id)).findFirst().orElse(null);
		}

		private void sweep(long now) {
			for (int i = 0; i < SWEEP; i++) {
				clearAway(now);
			}
		}

		private boolean clearAway(long now) {
			return this.entries.stream()
				.filter((entry) -> entry.expires <= now)
				.min(Comparator.comparingLong((entry) -> entry.expires))
				.map(this.entries::remove)
				.orElse(false);
		}

		private boolean evict(Predicate<Entry> which) {
			boolean found = this.entries.stream()
				.filter(which)
				.min(Comparator.comparingLong((entry) -> entry.since))
				.map(this.entries::remove)
				.orElse(false);
			this.evicted += found ? 1 : 0;
			return found;
		}

		private boolean forgetOne(long now) {
			return clearAway(now) || evict((entry) -> entry.state == RecordState.FAILED)
					|| evict((entry) -> entry.isFree(now)) || evict(Entry::isSettled);
		}

		private boolean makeRoom(long now) {
			if (this.entries.size() > this.cap) {
				forgetOne(now);
			}
			return this.entries.size() < this.cap || forgetOne(now);
		}

		Outcome claim(ClaimRequest request, long now) {
			sweep(now);
			Entry entry = find(request.id(), now);
			if (entry == null) {
				if (!makeRoom(now)) {
					return Outcome.FULL;
				}
				return run(add(request), request, now);
			}
			if (entry.isSettled()) {
				return (entry.state == RecordState.COMPLETED) ? Outcome.REPLAY : Outcome.DEAD;
			}
			if (entry.isRunBy(request)) {
				renew(entry, request, now);
				return Outcome.ACQUIRED;
			}
			if (!entry.isFree(now)) {
				return Outcome.BUSY;
			}
			if (request.terms().maxAttempts() > 0 && entry.attempt >= request.terms().maxAttempts()) {
				close(entry, Settlement.DEAD, request, now);
				return Outcome.DEAD;
			}
			return run(entry, request, now);
		}

		private Entry add(ClaimRequest request) {
			Entry entry = new Entry(request);
			this.entries.add(entry);
			return entry;
		}

		private Outcome run(Entry entry, ClaimRequest request, long now) {
			Outcome outcome = (entry.attempt == 0) ? Outcome.ACQUIRED
					: (entry.state == RecordState.FAILED) ? Outcome.RETRY : Outcome.TAKEOVER;
			entry.state = RecordState.PROCESSING;
			entry.owner = request.owner();
			entry.bytes = 0;
			entry.attempt++;
			renew(entry, request, now);
			return outcome;
		}

		private void renew(Entry entry, ClaimRequest request, long now) {
			entry.lease = now + request.terms().leaseMillis();
			entry.expires = entry.lease + request.terms().ttlMillis();
			entry.since = ++this.steps;
		}

		boolean renew(ClaimRequest request, long now) {
			Entry entry = find(request.id(), now);
			if (entry == null) {
				entry = add(request);
				entry.attempt = 1;
			}
			if (!entry.isRunBy(request)) {
				return false;
			}
			renew(entry, request, now);
			return true;
		}

		boolean settle(ClaimRequest request, Settlement settlement, long now) {
			Entry entry = find(request.id(), now);
			boolean owned = entry != null && entry.isRunBy(request);
			if (!owned && settlement.state() != RecordState.COMPLETED) {
				return false;
			}
			if (entry == null) {
				if (!makeRoom(now)) {
					return false;
				}
				entry = add(request);
				entry.attempt = 1;
			}
			else if (!owned) {
				if (!entry.isFree(now)) {
					return false;
				}
				entry.owner = request.owner();
			}
			close(entry, settlement, request, now);
			return true;
		}

		private void close(Entry entry, Settlement settlement, ClaimRequest request, long now) {
			Answer answer = settlement.answer();
			entry.state = settlement.state();
			entry.bytes = (answer != null) ? answer.encode().length : 0;
			entry.attempt -= settlement.counted() ? 0 : 1;
			entry.lease = 0;
			entry.expires = now + request.terms().ttlMillis();
			entry.since = ++this.steps;
			if (entry.state == RecordState.FAILED && entry.attempt <= 0) {
				this.entries.remove(entry);
				return;
			}
			while (isTooMuch() && clearAway(now)) {
				// Those whose time is over go first.
			}
			while (isTooMuch()) {
				evict(Entry::isSettled);
			}
		}

		private boolean isTooMuch() {
			return this.entries.stream().mapToInt((entry) -> entry.bytes).sum() > this.maxBytes
					&& count(Entry::isSettled) > 1;
		}

		void postpone(String id) {
			this.entries.stream()
				.filter((entry) -> entry.id.equals(id) && entry.isSettled())
				.forEach((entry) -> entry.since = ++this.steps);
		}

	}

}
