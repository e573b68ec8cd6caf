package io.serverhardening.deduplication.memory;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

import io.serverhardening.deduplication.record.Answer;
import io.serverhardening.deduplication.record.Claim;
import io.serverhardening.deduplication.record.Claim.Outcome;
import io.serverhardening.deduplication.record.ClaimRequest;
import io.serverhardening.deduplication.record.ClaimTerms;
import io.serverhardening.deduplication.record.RecordStore;
import io.serverhardening.deduplication.record.RecordStoreContract;
import io.serverhardening.deduplication.record.Settlement;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Records in this process.
 */
class MemoryRecordStoreTests extends RecordStoreContract {

	private static final ClaimTerms TERMS = new ClaimTerms(1000, 10_000, 0);

	private final AtomicLong clock = new AtomicLong(1_000_000);

	private final MemoryRecordStore store = new MemoryRecordStore(10_000, this.clock::get);

	@Override
	protected RecordStore store() {
		return this.store;
	}

	@Override
	protected void elapse(Duration time) {
		this.clock.addAndGet(time.toMillis());
	}

	private static ClaimRequest request(int message) {
		return new ClaimRequest("id-" + message, "body", "owner-" + message, true, TERMS);
	}

	private static void complete(MemoryRecordStore store, int message, byte[] body) {
		Claim claim = store.claimNow(request(message));
		assertThat(claim.outcome().isGranted()).isTrue();
		assertThat(store.settleNow(request(message), claim.token(),
				Settlement.completed(new Answer(200, List.of(), body))))
			.isTrue();
	}

	@Test
	void forgetsTheOldestAnswerAtTheCap() {
		MemoryRecordStore small = new MemoryRecordStore(3, this.clock::get);
		for (int i = 0; i < 10; i++) {
			complete(small, i, new byte[1]);
		}
		assertThat(small.size()).isEqualTo(3);
		assertThat(small.evicted()).isEqualTo(7);
		assertThat(small.claimNow(request(9)).outcome()).isEqualTo(Outcome.REPLAY);
		assertThat(small.claimNow(request(6)).outcome()).isEqualTo(Outcome.ACQUIRED);
	}

	@Test
	void aSmallerCapIsReachedAsOthersCome() {
		MemoryRecordStore shrinking = new MemoryRecordStore(10, this.clock::get);
		for (int i = 0; i < 10; i++) {
			complete(shrinking, i, new byte[1]);
		}
		shrinking.maxRecords(3);
		assertThat(shrinking.claimNow(request(0)).outcome()).as("nothing is forgotten at once")
			.isEqualTo(Outcome.REPLAY);
		for (int i = 10; i < 20; i++) {
			complete(shrinking, i, new byte[1]);
		}
		assertThat(shrinking.size()).isEqualTo(3);
		assertThat(shrinking.claimNow(request(19)).outcome()).isEqualTo(Outcome.REPLAY);
		shrinking.maxRecords(5);
		complete(shrinking, 20, new byte[1]);
		complete(shrinking, 21, new byte[1]);
		assertThat(shrinking.size()).isEqualTo(5);
	}

	@Test
	void isFullWhereAllAreBeingProcessed() {
		MemoryRecordStore small = new MemoryRecordStore(3, this.clock::get);
		for (int i = 0; i < 3; i++) {
			small.claimNow(request(i));
		}
		assertThat(small.claimNow(request(3)).outcome()).isEqualTo(Outcome.FULL);
		assertThat(small.size()).isEqualTo(3);
	}

	@Test
	void forgetsAnswersLast() {
		MemoryRecordStore small = new MemoryRecordStore(10, this.clock::get);
		complete(small, 0, new byte[1]);
		for (int i = 1; i < 50; i++) {
			Claim claim = small.claimNow(request(i));
			small.settleNow(request(i), claim.token(), (i % 2 == 0) ? Settlement.FAILED : Settlement.RELEASED);
		}
		assertThat(small.claimNow(request(0)).outcome()).isEqualTo(Outcome.REPLAY);
		assertThat(small.size()).isLessThanOrEqualTo(10);
		assertThat(small.evicted()).isPositive();
	}

	@Test
	void givesThePlaceOfARunThatNobodyHoldsToAnother() {
		MemoryRecordStore small = new MemoryRecordStore(3, this.clock::get);
		complete(small, 0, new byte[1]);
		small.claimNow(request(1));
		small.claimNow(request(2));
		elapse(Duration.ofMillis(TERMS.leaseMillis()));
		assertThat(small.claimNow(request(3)).outcome()).isEqualTo(Outcome.ACQUIRED);
		assertThat(small.claimNow(request(4)).outcome()).isEqualTo(Outcome.ACQUIRED);
		assertThat(small.claimNow(request(0)).outcome()).isEqualTo(Outcome.REPLAY);
		assertThat(small.claimNow(request(3)).outcome()).isNotEqualTo(Outcome.FULL);
		assertThat(small.processing()).isEqualTo(2);
	}

	@Test
	void forgetsSoonWhatFailedWhereThatCountsTowardsNothing() {
		MemoryRecordStore store = new MemoryRecordStore(10, this.clock::get);
		for (int attempts = 0; attempts < 2; attempts++) {
			ClaimTerms terms = new ClaimTerms(1000, Duration.ofDays(1).toMillis(), attempts * 5);
			ClaimRequest request = new ClaimRequest("id-" + attempts, "body", "owner", true, terms);
			Claim claim = store.claimNow(request);
			store.settleNow(request, claim.token(), Settlement.FAILED);
			elapse(Duration.ofMinutes(10));
			assertThat(store.claimNow(request).attempt()).isEqualTo(1 + attempts);
		}
	}

	@Test
	void letsOthersGoFirstWhereOneIsNotTaken() {
		MemoryRecordStore store = new MemoryRecordStore(10, this.clock::get);
		for (int i = 0; i < 3; i++) {
			complete(store, i, new byte[1]);
		}
		store.outbox().postpone("id-0");
		store.outbox().postpone("unknown");
		assertThat(store.outbox().completed(TERMS, 10)).extracting((completed) -> completed.request().id())
			.containsExactly("id-1", "id-2", "id-0");
	}

	@Test
	void keepsNoMoreBytesThanItMay() {
		MemoryRecordStore small = new MemoryRecordStore(100, 1000, this.clock::get);
		for (int i = 0; i < 20; i++) {
			complete(small, i, new byte[300]);
		}
		assertThat(small.size()).isEqualTo(3);
		assertThat(small.claimNow(request(19)).outcome()).isEqualTo(Outcome.REPLAY);
	}

	@Test
	void forgetsAlsoWhatNobodyAsksForAgain() {
		MemoryRecordStore store = new MemoryRecordStore(100, this.clock::get);
		for (int i = 0; i < 50; i++) {
			complete(store, i, new byte[1]);
		}
		store.claimNow(request(50));
		elapse(Duration.ofSeconds(12));
		for (int i = 51; i < 70; i++) {
			store.claimNow(request(i));
		}
		assertThat(store.size()).isEqualTo(19);
	}

	@Test
	void forgetsAlsoWhatFailedAndNobodyAsksForAgain() {
		MemoryRecordStore store = new MemoryRecordStore(100, this.clock::get);
		for (int i = 0; i < 50; i++) {
			store.settleNow(request(i), store.claimNow(request(i)).token(), Settlement.FAILED);
		}
		assertThat(store.size()).isEqualTo(50);
		elapse(Duration.ofMinutes(10));
		for (int i = 50; i < 70; i++) {
			store.claimNow(request(i));
		}
		assertThat(store.size()).isEqualTo(20);
	}

	@Test
	void hasTheRoomAgainOfWhatItHasForgotten() {
		MemoryRecordStore small = new MemoryRecordStore(100, 1000, this.clock::get);
		for (int i = 0; i < 3; i++) {
			complete(small, i, new byte[300]);
		}
		elapse(Duration.ofSeconds(12));
		for (int i = 3; i < 6; i++) {
			complete(small, i, new byte[300]);
		}
		assertThat(small.size()).isEqualTo(3);
		assertThat(small.evicted()).isZero();
	}

	// A copy that comes after the time is handled again, whatever was down meanwhile.
	@Test
	void givesNobodyWhatIsOver() {
		complete(this.store, 1, new byte[1]);
		elapse(Duration.ofSeconds(6));
		complete(this.store, 2, new byte[1]);
		assertThat(this.store.outbox().completed(TERMS, 10)).hasSize(2);
		elapse(Duration.ofSeconds(6));
		assertThat(this.store.outbox().completed(TERMS, 10)).extracting((completed) -> completed.request().id())
			.containsExactly("id-2");
	}

	@Test
	void forgetsAllThatIsOverWhenTold() {
		for (int i = 0; i < 500; i++) {
			complete(this.store, i, new byte[1]);
		}
		elapse(Duration.ofSeconds(12));
		assertThat(this.store.claimNow(request(500)).outcome().isGranted()).isTrue();
		assertThat(this.store.size()).isGreaterThan(100);
		assertThat(this.store.sweep()).isEqualTo(1);
		assertThat(this.store.size()).isEqualTo(1);
	}

	@Test
	void knowsWhoHasAnswered() {
		ClaimRequest other = new ClaimRequest("id-1", "body", "other", true, TERMS);
		Claim claim = this.store.claimNow(request(1));
		assertThat(this.store.outbox().hasAnswered(request(1))).isFalse();
		this.store.settleNow(request(1), claim.token(), Settlement.completed(new Answer(200, List.of(), null)));
		assertThat(this.store.outbox().hasAnswered(request(1))).isTrue();
		assertThat(this.store.outbox().hasAnswered(other)).isFalse();
	}

	@Test
	void knowsOnlyWhatItHolds() {
		assertThat(this.store.known(request(1))).isNull();
		Claim claim = this.store.claimNow(request(1));
		ClaimRequest other = new ClaimRequest("id-1", "body", "other", true, TERMS);
		assertThat(this.store.known(other)).isNotNull().extracting(Claim::outcome).isEqualTo(Outcome.BUSY);
		assertThat(this.store.holds(request(1))).isTrue();
		assertThat(this.store.holds(other)).isFalse();
		this.store.settleNow(request(1), claim.token(), Settlement.FAILED);
		assertThat(this.store.known(other)).isNull();
		assertThat(this.store.outbox().completed(TERMS, 10)).isEmpty();
	}

}
