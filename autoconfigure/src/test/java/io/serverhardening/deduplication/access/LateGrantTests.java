package io.serverhardening.deduplication.access;

import java.io.IOException;
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
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What the store grants at the very moment at which this instance decides by itself.
 */
class LateGrantTests {

	private static final ClaimTerms TERMS = new ClaimTerms(30_000, 600_000, 0);

	private final VirtualTimeScheduler time = VirtualTimeScheduler.create();

	private final HeldBackStore store = new HeldBackStore();

	private final StoreGate gate = new StoreGate(Mono.just("up"), this.time, () -> this.time.now(TimeUnit.NANOSECONDS));

	private Runnable asThisInstanceLooks = () -> {
	};

	private final RemoteRecords records = new RemoteRecords(new MemoryRecordStore(10, () -> {
		Runnable next = this.asThisInstanceLooks;
		this.asThisInstanceLooks = () -> {
		};
		next.run();
		return this.time.now(TimeUnit.MILLISECONDS);
	}), this.store, this.gate, TERMS, OnStoreFailure.LOCAL, Duration.ofMillis(250), this.time,
			() -> this.time.now(TimeUnit.NANOSECONDS))
		.open();

	@BeforeEach
	void open() {
		this.gate.start();
		pass(Duration.ofMillis(1));
		assertThat(this.gate.isOpen()).isTrue();
	}

	@AfterEach
	void dispose() {
		this.time.dispose();
	}

	private static ClaimRequest request(String owner) {
		return new ClaimRequest("message", "body", owner, true, TERMS);
	}

	private void pass(Duration time) {
		this.time.advanceTimeBy(time);
	}

	private Claim[] ask(ClaimRequest request) {
		Claim[] got = new Claim[1];
		this.records.claim(request, Schedulers::immediate, Mono::just).subscribe((claim) -> got[0] = claim);
		return got;
	}

	private Claim claim(ClaimRequest request) {
		Claim[] got = ask(request);
		pass(Duration.ofMillis(300));
		assertThat(got[0]).as("what " + request.owner() + " is told").isNotNull();
		return got[0];
	}

	@Test
	void isHeldInBothWhereItComesAfterThisInstanceHasBegun() {
		this.store.holdBack = true;
		assertThat(claim(request("first")).outcome()).isEqualTo(Outcome.ACQUIRED);
		this.store.answer();
		assertThat(this.store.records.claimNow(request("elsewhere")).outcome()).isEqualTo(Outcome.BUSY);
	}

	@Test
	void isHeldInBothWhereItComesAsItsTimeIsUp() {
		this.store.holdBack = true;
		this.store.asItIsSuspected = this.store::answer;
		assertThat(claim(request("first")).outcome()).isEqualTo(Outcome.ACQUIRED);
		assertThat(this.store.records.claimNow(request("elsewhere")).outcome()).isEqualTo(Outcome.BUSY);
	}

	@Test
	void isForOneOfTwoCopiesWhereTheOtherBeginsByItself() {
		this.store.holdBack = true;
		Claim[] first = ask(request("first"));
		// Another message finds that the store is down.
		this.gate.failed(new IOException("Connection reset"));
		assertThat(this.gate.isOpen()).isFalse();
		this.asThisInstanceLooks = this.store::answer;
		Claim[] second = ask(request("second"));
		assertThat(first[0].outcome()).isEqualTo(Outcome.ACQUIRED);
		assertThat(second[0].outcome()).isEqualTo(Outcome.BUSY);
	}

	@Test
	void holdsNothingWhereTheRunHasBeenStoppedAndItsLeaseIsOver() {
		this.store.holdBack = true;
		this.store.executesLate = true;
		assertThat(claim(request("first")).outcome()).isEqualTo(Outcome.ACQUIRED);
		pass(Duration.ofSeconds(5));
		this.records.stopped(request("first"));
		pass(Duration.ofSeconds(31));
		this.store.holdBack = false;
		this.store.answer();
		pass(Duration.ofSeconds(5));
		assertThat(claim(request("second")).outcome().isGranted()).isTrue();
	}

	/**
	 * Answers when it is told to.
	 */
	private final class HeldBackStore implements RecordStore {

		private final MemoryRecordStore records = new MemoryRecordStore(10,
				() -> LateGrantTests.this.time.now(TimeUnit.MILLISECONDS));

		private boolean holdBack;

		private boolean executesLate;

		private Runnable pending = () -> {
		};

		private Runnable asItIsSuspected = () -> {
		};

		void answer() {
			this.pending.run();
		}

		@Override
		public void suspect(String id) {
			this.asItIsSuspected.run();
		}

		@Override
		public Mono<Claim> claim(ClaimRequest request) {
			return Mono.defer(() -> {
				if (!this.holdBack) {
					return this.records.claim(request);
				}
				Claim now = this.executesLate ? null : this.records.claimNow(request);
				Sinks.One<Claim> sink = Sinks.one();
				this.pending = () -> sink.tryEmitValue((now != null) ? now : this.records.claimNow(request));
				return sink.asMono();
			});
		}

		@Override
		public Mono<Boolean> renew(ClaimRequest request, long token) {
			return this.records.renew(request, token);
		}

		@Override
		public Mono<Boolean> settle(ClaimRequest request, long token, Settlement settlement) {
			return this.records.settle(request, token, settlement);
		}

		@Override
		public Mono<MessageRecord> find(String id) {
			return this.records.find(id);
		}

		@Override
		public void onSettled(Consumer<String> listener) {
			this.records.onSettled(listener);
		}

	}

}
