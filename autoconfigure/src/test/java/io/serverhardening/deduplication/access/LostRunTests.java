package io.serverhardening.deduplication.access;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import io.serverhardening.deduplication.memory.MemoryRecordStore;
import io.serverhardening.deduplication.record.Claim;
import io.serverhardening.deduplication.record.Claim.Outcome;
import io.serverhardening.deduplication.record.ClaimRequest;
import io.serverhardening.deduplication.record.ClaimTerms;
import io.serverhardening.deduplication.record.MessageRecord;
import io.serverhardening.deduplication.record.OnStoreFailure;
import io.serverhardening.deduplication.record.RecordStore;
import io.serverhardening.deduplication.record.Settlement;
import io.serverhardening.deduplication.record.StoreGate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A run that was granted here because the store was slow, and is lost to another
 * instance.
 */
class LostRunTests {

	private static final ClaimTerms TERMS = new ClaimTerms(30_000, 600_000, 0);

	private final VirtualTimeScheduler time = VirtualTimeScheduler.create();

	private final SlowStore store = new SlowStore();

	private final StoreGate gate = new StoreGate(Mono.just("up"), this.time, () -> this.time.now(TimeUnit.NANOSECONDS));

	private final RemoteRecords records = new RemoteRecords(
			new MemoryRecordStore(10, () -> this.time.now(TimeUnit.MILLISECONDS)), this.store, this.gate, TERMS,
			OnStoreFailure.LOCAL, Duration.ofMillis(250), this.time, () -> this.time.now(TimeUnit.NANOSECONDS));

	private Claim got;

	@AfterEach
	void dispose() {
		this.time.dispose();
	}

	private static ClaimRequest request(String owner) {
		return new ClaimRequest("message", "body", owner, true, TERMS);
	}

	private Claim claim(ClaimRequest request) {
		this.got = null;
		this.records.claim(request, Schedulers::immediate, Mono::just).subscribe((claim) -> this.got = claim);
		this.time.advanceTimeBy(Duration.ofMillis(500));
		return this.got;
	}

	@Test
	void isNotBegunAgainWhileTheOtherInstanceIsAtIt() {
		this.gate.start();
		this.time.advanceTime();
		this.store.delay = Duration.ofMillis(400);
		Claim here = claim(request("here"));
		assertThat(here.outcome()).isEqualTo(Outcome.ACQUIRED);
		this.store.delay = Duration.ZERO;
		assertThat(this.records.held()).as("granted there as well, a moment later").isEqualTo(1);

		// A replica that had not heard of it yet becomes the primary.
		this.store.records = new MemoryRecordStore(10, () -> this.time.now(TimeUnit.MILLISECONDS));
		assertThat(this.store.records.claimNow(request("elsewhere")).outcome()).isEqualTo(Outcome.ACQUIRED);

		boolean[] held = { true };
		this.records.renew(request("here"), here.token()).subscribe((still) -> held[0] = still);
		this.time.advanceTimeBy(Duration.ofMillis(500));
		assertThat(held[0]).as("lost to the other instance, and stopped").isFalse();
		this.records.stopped(request("here"));

		// What whoever waits for it does next.
		assertThat(claim(request("here").again()).outcome()).isEqualTo(Outcome.BUSY);
	}

	private final class SlowStore implements RecordStore {

		private MemoryRecordStore records = new MemoryRecordStore(10,
				() -> LostRunTests.this.time.now(TimeUnit.MILLISECONDS));

		private Duration delay = Duration.ZERO;

		private <T> Mono<T> slow(Mono<T> step) {
			return Mono.defer(() -> this.delay.isZero() ? step : step.delayElement(this.delay, LostRunTests.this.time));
		}

		@Override
		public Mono<Claim> claim(ClaimRequest request) {
			return slow(this.records.claim(request));
		}

		@Override
		public Mono<Boolean> renew(ClaimRequest request, long token) {
			return slow(this.records.renew(request, token));
		}

		@Override
		public Mono<Boolean> settle(ClaimRequest request, long token, Settlement settlement) {
			return slow(this.records.settle(request, token, settlement));
		}

		@Override
		public Mono<MessageRecord> find(String id) {
			return slow(this.records.find(id));
		}

		@Override
		public void onSettled(Consumer<String> listener) {
			this.records.onSettled(listener);
		}

	}

}
