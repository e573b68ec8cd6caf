package io.serverhardening.deduplication.access;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

import io.serverhardening.deduplication.memory.MemoryRecordStore;
import io.serverhardening.deduplication.record.Answer;
import io.serverhardening.deduplication.record.Claim.Outcome;
import io.serverhardening.deduplication.record.ClaimRequest;
import io.serverhardening.deduplication.record.ClaimTerms;
import io.serverhardening.deduplication.record.OnStoreFailure;
import io.serverhardening.deduplication.record.Settlement;
import io.serverhardening.deduplication.record.StoreGate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

import org.springframework.test.util.ReflectionTestUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What was answered while a store was down, on its way there.
 */
class HandOverTests {

	private static final ClaimTerms TERMS = new ClaimTerms(60_000, 600_000, 0);

	private final VirtualTimeScheduler time = VirtualTimeScheduler.create();

	private final MemoryRecordStore local = new MemoryRecordStore(1000, () -> this.time.now(TimeUnit.MILLISECONDS));

	private final MemoryRecordStore store = new MemoryRecordStore(1000, () -> this.time.now(TimeUnit.MILLISECONDS));

	private final StoreGate gate = new StoreGate(Mono.just("up"), this.time, () -> this.time.now(TimeUnit.NANOSECONDS));

	@AfterEach
	void dispose() {
		this.time.dispose();
	}

	private static ClaimRequest request(String id, String owner) {
		return new ClaimRequest(id, "body", owner, true, TERMS);
	}

	private static void answer(MemoryRecordStore store, ClaimRequest request) {
		store.settleNow(request, store.claimNow(request).token(),
				Settlement.completed(new Answer(200, List.of(), new byte[1])));
	}

	@Test
	void tellsWhatIsThereAlreadyFromWhatWasHandledTwice() {
		RemoteRecords records = new RemoteRecords(this.local, this.store, this.gate, TERMS, OnStoreFailure.LOCAL,
				Duration.ofMillis(250), this.time, () -> this.time.now(TimeUnit.NANOSECONDS))
			.open();
		for (int i = 0; i < 3; i++) {
			answer(this.local, request("message-" + i, "here"));
		}
		answer(this.store, request("message-0", "here"));
		answer(this.store, request("message-1", "elsewhere"));
		this.gate.start();
		this.time.advanceTimeBy(Duration.ofSeconds(10));
		assertThat(records.handedOver()).isEqualTo(2);
		assertThat(records.doubled()).isEqualTo(1);
		assertThat(this.local.size()).isZero();
	}

	@Test
	void writesBatchAfterBatch() {
		RemoteRecords records = new RemoteRecords(this.local, this.store, this.gate, TERMS, OnStoreFailure.LOCAL,
				Duration.ofMillis(250), this.time, () -> this.time.now(TimeUnit.NANOSECONDS))
			.open();
		for (int i = 0; i < 200; i++) {
			answer(this.local, request("message-" + i, "here"));
		}
		this.gate.start();
		this.time.advanceTimeBy(Duration.ofSeconds(10));
		assertThat(records.handedOver()).isEqualTo(200);
		assertThat(this.local.size()).isZero();
	}

	// A copy that comes after the time is handled again.
	@Test
	void writesNothingWhoseTimeIsOver() {
		RemoteRecords records = new RemoteRecords(this.local, this.store, this.gate, TERMS, OnStoreFailure.LOCAL,
				Duration.ofMillis(250), this.time, () -> this.time.now(TimeUnit.NANOSECONDS))
			.open();
		answer(this.local, request("message-0", "here"));
		this.time.advanceTimeBy(Duration.ofMillis(TERMS.ttlMillis() + 1));
		answer(this.local, request("message-1", "here"));
		this.gate.start();
		this.time.advanceTimeBy(Duration.ofSeconds(10));
		assertThat(records.handedOver()).isEqualTo(1);
		assertThat(this.local.size()).isZero();
		assertThat(this.store.size()).isEqualTo(1);
	}

	@Test
	void hearsOfTheStoreOnceAndNoMoreWhenItIsClosed() {
		RemoteRecords records = new RemoteRecords(this.local, this.store, this.gate, TERMS, OnStoreFailure.LOCAL,
				Duration.ofMillis(250), this.time, () -> this.time.now(TimeUnit.NANOSECONDS));
		RecordsPolicy policy = new RecordsPolicy(TERMS, OnStoreFailure.REJECT, Duration.ofMillis(100), 50);
		records.apply(policy);
		records.apply(policy);
		assertThat(records.onFailure()).isEqualTo(OnStoreFailure.REJECT);
		records.close();
		answer(this.local, request("message-0", "here"));
		this.gate.start();
		this.time.advanceTimeBy(Duration.ofSeconds(10));
		assertThat(records.handedOver()).isZero();
		assertThat(this.local.size()).isEqualTo(1);
	}

	@Test
	void handsOverWhatIsLeftWhenItIsClosed() {
		RemoteRecords records = new RemoteRecords(this.local, this.store, this.gate, TERMS, OnStoreFailure.LOCAL,
				Duration.ofMillis(250), this.time, () -> this.time.now(TimeUnit.NANOSECONDS))
			.open();
		answer(this.local, request("message-0", "here"));
		records.close();
		this.gate.start();
		this.time.advanceTimeBy(Duration.ofSeconds(10));
		assertThat(records.handedOver()).isEqualTo(1);
		assertThat(this.local.size()).isZero();
		assertThat((List<?>) ReflectionTestUtils.getField(this.gate, "listeners"))
			.as("nobody is left who wants to hear of the store")
			.isEmpty();
	}

	// It may be handled again for as long as it has failed: that is nothing to write.
	@Test
	void aMessageThatHasFailedKeepsNoClosedRecords() {
		RemoteRecords records = new RemoteRecords(this.local, this.store, this.gate, TERMS, OnStoreFailure.LOCAL,
				Duration.ofMillis(250), this.time, () -> this.time.now(TimeUnit.NANOSECONDS))
			.open();
		ClaimRequest failed = request("message-0", "here");
		this.local.settleNow(failed, this.local.claimNow(failed).token(), Settlement.FAILED);
		records.close();
		assertThat((List<?>) ReflectionTestUtils.getField(this.gate, "listeners")).isEmpty();
	}

	@Test
	void isNotHeldUpByMessagesThatAnotherInstanceIsAt() {
		RemoteRecords records = new RemoteRecords(this.local, this.store, this.gate, TERMS, OnStoreFailure.LOCAL,
				Duration.ofMillis(250), this.time, () -> this.time.now(TimeUnit.NANOSECONDS))
			.open();
		for (int i = 0; i < 65; i++) {
			ClaimRequest here = request("message-" + i, "here");
			long token = this.local.claimNow(here).token();
			this.local.settleNow(here, token,
					Settlement.completed(new Answer(200, List.of(), ("answer " + i).getBytes(StandardCharsets.UTF_8))));
		}
		for (int i = 0; i < 64; i++) {
			assertThat(this.store.claimNow(request("message-" + i, "elsewhere")).outcome()).isEqualTo(Outcome.ACQUIRED);
		}
		this.gate.start();
		this.time.advanceTimeBy(Duration.ofSeconds(10));
		assertThat(records.handedOver()).isEqualTo(1);
		assertThat(this.store.claimNow(request("message-64", "elsewhere")).outcome()).isEqualTo(Outcome.REPLAY);
	}

}
