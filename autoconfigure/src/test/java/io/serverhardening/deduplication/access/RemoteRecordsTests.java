package io.serverhardening.deduplication.access;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;

import io.serverhardening.deduplication.memory.MemoryRecordStore;
import io.serverhardening.deduplication.record.Claim;
import io.serverhardening.deduplication.record.Claim.Outcome;
import io.serverhardening.deduplication.record.ClaimRequest;
import io.serverhardening.deduplication.record.ClaimTerms;
import io.serverhardening.deduplication.record.OnStoreFailure;
import io.serverhardening.deduplication.record.StoreGate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What becomes of a claim between the store and whoever asked for it.
 */
class RemoteRecordsTests {

	private static final ClaimTerms TERMS = new ClaimTerms(30_000, 60_000, 0);

	private final Scheduler timers = Schedulers.newParallel("timers", 1, true);

	private final MemoryRecordStore store = new MemoryRecordStore(10, System::currentTimeMillis);

	private final StoreGate gate = new StoreGate(Mono.just("up"), this.timers, System::nanoTime);

	private final RemoteRecords records = new RemoteRecords(new MemoryRecordStore(10, System::currentTimeMillis),
			this.store, this.gate, TERMS, OnStoreFailure.LOCAL, Duration.ofSeconds(20), this.timers, System::nanoTime);

	/** What the event loop of the request has yet to do. */
	private final Queue<Runnable> loop = new ArrayDeque<>();

	private final Scheduler home = Schedulers.fromExecutor(this.loop::add);

	private Claim got;

	@BeforeEach
	void open() {
		this.gate.start();
		await().until(this.gate::isOpen);
	}

	@AfterEach
	void stop() {
		this.gate.close();
		this.timers.dispose();
	}

	private static ClaimRequest request(String owner) {
		return new ClaimRequest("message", "body", owner, true, TERMS);
	}

	private Disposable ask() {
		return this.records.claim(request("first"), () -> this.home, Mono::just).subscribe((claim) -> this.got = claim);
	}

	private void turn() {
		for (Runnable task = this.loop.poll(); task != null; task = this.loop.poll()) {
			task.run();
		}
	}

	@Test
	void whoAskedHearsOfTheClaimAtHome() {
		ask();
		assertThat(this.got).isNull();
		turn();
		assertThat(this.got.outcome()).isEqualTo(Outcome.ACQUIRED);
		assertThat(this.store.claimNow(request("second")).outcome()).isEqualTo(Outcome.BUSY);
	}

	@Test
	void aClaimIsGivenBackWhereWhoAskedLeavesBeforeTheLoopHasTimeForIt() {
		Disposable request = ask();
		request.dispose();
		turn();
		assertThat(this.got).isNull();
		assertThat(this.store.claimNow(request("second")).outcome()).isEqualTo(Outcome.ACQUIRED);
	}

	@Test
	void aClaimIsGivenBackWhereItsLoopIsShutDown() {
		Scheduler gone = Schedulers.fromExecutor((task) -> {
			throw new RejectedExecutionException();
		});
		this.records.claim(request("first"), () -> gone, Mono::just).subscribe((claim) -> this.got = claim, (error) -> {
		});
		assertThat(this.store.claimNow(request("second")).outcome()).isEqualTo(Outcome.ACQUIRED);
	}

}
