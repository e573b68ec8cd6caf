package io.serverhardening.deduplication.access;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

import io.serverhardening.deduplication.memory.MemoryRecordStore;
import io.serverhardening.deduplication.record.Answer;
import io.serverhardening.deduplication.record.Claim;
import io.serverhardening.deduplication.record.Claim.Outcome;
import io.serverhardening.deduplication.record.ClaimRequest;
import io.serverhardening.deduplication.record.ClaimTerms;
import io.serverhardening.deduplication.record.OnStoreFailure;
import io.serverhardening.deduplication.record.Settlement;
import io.serverhardening.deduplication.record.StoreGate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What an instance grants by itself while its store is down or slow, and what another
 * instance may have begun meanwhile.
 */
class OutageTests {

	private static final ClaimTerms TERMS = new ClaimTerms(30_000, 600_000, 0);

	private static final Settlement DONE = Settlement
		.completed(new Answer(200, List.of(), "done".getBytes(StandardCharsets.UTF_8)));

	private final VirtualTimeScheduler time = VirtualTimeScheduler.create();

	private final SlowStore store = new SlowStore(this.time);

	private final StoreGate gate = new StoreGate(Mono.defer(this.store::probe), this.time,
			() -> this.time.now(TimeUnit.NANOSECONDS));

	private final RemoteRecords records = new RemoteRecords(
			new MemoryRecordStore(10, () -> this.time.now(TimeUnit.MILLISECONDS)), this.store, this.gate, TERMS,
			OnStoreFailure.LOCAL, Duration.ofMillis(250), this.time, () -> this.time.now(TimeUnit.NANOSECONDS))
		.open();

	private Claim got;

	private int others;

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

	private Claim claim(ClaimRequest request) {
		this.got = null;
		this.records.claim(request, Schedulers::immediate, Mono::just).subscribe((claim) -> this.got = claim);
		pass(Duration.ofMillis(300));
		assertThat(this.got).as("what " + request.owner() + " is told").isNotNull();
		return this.got;
	}

	private void settle(ClaimRequest request, Claim claim, Settlement settlement) {
		this.records.settle(request, claim.token(), settlement).subscribe();
		pass(Duration.ofMillis(300));
	}

	private void comeBack() {
		this.store.away(false);
		pass(Duration.ofSeconds(10));
		assertThat(this.gate.isOpen()).isTrue();
	}

	// Somebody finds out that it is.
	private void goAway() {
		this.store.away(true);
		claim(new ClaimRequest("message " + this.others++, "body", "other", true, TERMS));
		pass(Duration.ofSeconds(2));
		assertThat(this.gate.isOpen()).isFalse();
	}

	private void giveUpWhatWasGrantedHere() {
		goAway();
		assertThat(claim(request("first")).outcome()).isEqualTo(Outcome.ACQUIRED);
		this.records.stopped(request("first"));
		pass(Duration.ofSeconds(31));
		comeBack();
	}

	@Test
	void aLostRunIsNotBegunAgainWhileTheOtherInstanceIsAtIt() {
		this.store.delay(Duration.ofMillis(270));
		Claim here = claim(request("here"));
		assertThat(here.outcome()).isEqualTo(Outcome.ACQUIRED);
		this.store.delay(Duration.ZERO);
		pass(Duration.ofSeconds(1));
		assertThat(this.records.held.size()).as("granted there as well, a moment later").isEqualTo(1);

		// A replica that had not heard of it yet becomes the primary.
		this.store.forget();
		assertThat(this.store.records().claimNow(request("elsewhere")).outcome()).isEqualTo(Outcome.ACQUIRED);

		boolean[] held = { true };
		this.records.renew(request("here"), here.token()).subscribe((still) -> held[0] = still);
		pass(Duration.ofMillis(300));
		assertThat(held[0]).as("lost to the other instance, and stopped").isFalse();
		this.records.stopped(request("here"));

		// What whoever waits for it does next.
		assertThat(claim(request("here").again()).outcome()).isEqualTo(Outcome.BUSY);
	}

	@Test
	void aStoppedRunKeepsItsMessageUntilItsLeaseIsOver() {
		assertThat(claim(request("first")).outcome()).isEqualTo(Outcome.ACQUIRED);
		this.store.away(true);
		this.records.stopped(request("first"));
		assertThat(claim(request("sent again")).outcome()).isEqualTo(Outcome.BUSY);
		pass(Duration.ofSeconds(15));
		assertThat(claim(request("and again")).outcome()).isEqualTo(Outcome.BUSY);
		pass(Duration.ofSeconds(15));
		assertThat(claim(request("later")).outcome()).isEqualTo(Outcome.ACQUIRED);
	}

	@Test
	void aStoppedRunGivesItsMessageToWhomTheStoreGrantsIt() {
		assertThat(claim(request("first")).outcome()).isEqualTo(Outcome.ACQUIRED);
		this.records.stopped(request("first"));
		this.store.records().settleNow(request("first"), 0, Settlement.FAILED);
		assertThat(claim(request("second")).outcome()).isEqualTo(Outcome.RETRY);
		assertThat(this.records.held.size()).isEqualTo(1);
	}

	@Test
	void whoWaitsDoesNotBeginWhereTheStoreWasSlowAsTheRunFailed() {
		Claim first = claim(request("first"));
		assertThat(claim(request("waits")).outcome()).isEqualTo(Outcome.BUSY);
		// It takes the settlement, and says so too late.
		this.store.delay(Duration.ofMillis(400));
		settle(request("first"), first, Settlement.FAILED);
		assertThat(this.store.records().claimNow(request("elsewhere")).outcome()).isEqualTo(Outcome.RETRY);
		assertThat(claim(request("waits").again()).outcome()).isEqualTo(Outcome.BUSY);
		pass(Duration.ofSeconds(5));
		assertThat(this.gate.isOpen()).isTrue();
	}

	@Test
	void whoWaitsBeginsWhereTheStoreStaysAwayAsTheRunFails() {
		Claim first = claim(request("first"));
		assertThat(claim(request("waits")).outcome()).isEqualTo(Outcome.BUSY);
		this.store.away(true);
		settle(request("first"), first, Settlement.FAILED);
		assertThat(claim(request("waits").again()).outcome()).isEqualTo(Outcome.BUSY);
		pass(Duration.ofSeconds(1));
		assertThat(claim(request("waits").again()).outcome()).isEqualTo(Outcome.RETRY);
	}

	@Test
	void whoWaitsBeginsWhatWasGivenUpHere() {
		this.store.away(true);
		assertThat(claim(request("first")).outcome()).isEqualTo(Outcome.ACQUIRED);
		assertThat(claim(request("waits")).outcome()).isEqualTo(Outcome.BUSY);
		this.records.stopped(request("first"));
		pass(Duration.ofSeconds(29));
		assertThat(claim(request("waits").again()).outcome()).isEqualTo(Outcome.BUSY);
		pass(Duration.ofSeconds(1));
		assertThat(claim(request("waits").again()).outcome()).isEqualTo(Outcome.TAKEOVER);
	}

	@Test
	void whatTheStoreGrantsHasNotFailedHereAnyMore() {
		this.store.away(true);
		settle(request("first"), claim(request("first")), Settlement.FAILED);
		comeBack();
		Claim second = claim(request("second"));
		assertThat(second.outcome()).isEqualTo(Outcome.ACQUIRED);
		settle(request("second"), second, DONE);
		this.store.away(true);
		claim(new ClaimRequest("another message", "body", "third", true, TERMS));
		pass(Duration.ofSeconds(5));
		assertThat(claim(request("waits").again()).outcome()).as("answered, which this instance cannot see now")
			.isEqualTo(Outcome.BUSY);
	}

	@Test
	void whatHasFailedIsNotRememberedForEver() {
		this.store.away(true);
		settle(request("first"), claim(request("first")), Settlement.FAILED);
		pass(Duration.ofMinutes(11));
		assertThat(claim(request("waits").again()).outcome()).isEqualTo(Outcome.BUSY);
	}

	@Test
	void whatWasGivenUpHereIsNotBegunAgainWhereTheStoreHasSaidThatAnotherIsAtIt() {
		giveUpWhatWasGrantedHere();
		assertThat(this.store.records().claimNow(request("elsewhere")).outcome()).isEqualTo(Outcome.ACQUIRED);
		assertThat(claim(request("waits")).outcome()).isEqualTo(Outcome.BUSY);
		goAway();
		assertThat(claim(request("waits").again()).outcome()).isEqualTo(Outcome.BUSY);
	}

	@Test
	void whatWasGivenUpHereIsNotBegunAgainWhereTheStoreHasGrantedIt() {
		giveUpWhatWasGrantedHere();
		Claim second = claim(request("second"));
		assertThat(second.outcome()).isEqualTo(Outcome.ACQUIRED);
		settle(request("second"), second, DONE);
		goAway();
		assertThat(claim(request("waits").again()).outcome()).isEqualTo(Outcome.BUSY);
	}

	@Test
	void anAnswerIsHandedOverInTheNameOfWhoGaveIt() {
		giveUpWhatWasGrantedHere();
		Claim second = claim(request("second"));
		goAway();
		settle(request("second"), second, DONE);
		comeBack();
		assertThat(this.store.records().claimNow(request("elsewhere")).outcome()).isEqualTo(Outcome.REPLAY);
	}

	@Test
	void anAnswerIsKeptWhereAnotherContentHasFailedHereBefore() {
		goAway();
		ClaimRequest other = new ClaimRequest("message", "other body", "first", true, TERMS);
		settle(other, claim(other), Settlement.FAILED);
		comeBack();
		Claim second = claim(request("second"));
		assertThat(second.outcome()).isEqualTo(Outcome.ACQUIRED);
		goAway();
		settle(request("second"), second, DONE);
		assertThat(claim(request("third")).outcome()).isEqualTo(Outcome.REPLAY);
		comeBack();
		assertThat(this.store.records().claimNow(request("elsewhere")).outcome()).isEqualTo(Outcome.REPLAY);
	}

	@Test
	void whatIsGrantedToWhoHasAskedTwiceIsNotGivenBackForTheFirstAnswer() {
		// Answers change places: they come from two nodes.
		this.store.delay(Duration.ofMillis(400));
		this.records.claim(request("waits").again(), Schedulers::immediate, Mono::just).subscribe();
		this.store.delay(Duration.ZERO);
		pass(Duration.ofMillis(260));
		assertThat(this.gate.isOpen()).isTrue();
		assertThat(claim(request("waits").again()).outcome()).isEqualTo(Outcome.ACQUIRED);
		assertThat(this.records.held.size()).isEqualTo(1);
		assertThat(this.store.records().claimNow(request("elsewhere")).outcome()).isEqualTo(Outcome.BUSY);
	}

	@Test
	void aRunThatFailsGivesBackWhatTheStoreHasGrantedUnheard() {
		this.store.loses(true);
		Claim first = claim(request("first"));
		assertThat(first.outcome()).as("by this instance").isEqualTo(Outcome.ACQUIRED);
		this.store.loses(false);
		comeBack();
		settle(request("first"), first, Settlement.FAILED);
		assertThat(claim(request("sent again")).outcome()).isEqualTo(Outcome.RETRY);
	}

	@Test
	void whoWaitsDoesNotBeginBeforeAProbeHasFailed() {
		Claim first = claim(request("first"));
		assertThat(claim(request("waits")).outcome()).isEqualTo(Outcome.BUSY);
		// Such a store is asked ever later whether it works again.
		for (int i = 0; i < 3; i++) {
			this.store.loses(true);
			claim(new ClaimRequest("message " + this.others++, "body", "other", true, TERMS));
			this.store.loses(false);
			pass(Duration.ofSeconds(3));
			assertThat(this.gate.isOpen()).isTrue();
		}
		this.store.loses(true);
		settle(request("first"), first, Settlement.FAILED);
		this.store.loses(false);
		assertThat(this.store.records().claimNow(request("elsewhere")).outcome()).isEqualTo(Outcome.RETRY);
		pass(Duration.ofMillis(1100));
		assertThat(this.gate.isOpen()).isFalse();
		assertThat(claim(request("waits").again()).outcome()).isEqualTo(Outcome.BUSY);
	}

	@Test
	void aRunThatHasFailedIsKnownAfterItsOwnLateGrant() {
		this.store.delay(Duration.ofMillis(700));
		Claim first = claim(request("first"));
		this.store.away(true);
		assertThat(claim(request("waits")).outcome()).isEqualTo(Outcome.BUSY);
		settle(request("first"), first, Settlement.FAILED);
		pass(Duration.ofSeconds(3));
		assertThat(this.gate.isOpen()).isFalse();
		assertThat(claim(request("waits").again()).outcome()).isEqualTo(Outcome.RETRY);
	}

	@Test
	void theHandOverGoesOnAfterThereWasNoMemoryOnce() {
		goAway();
		settle(request("first"), claim(request("first")), DONE);
		this.store.outOfMemory();
		comeBack();
		assertThat(this.store.records().claimNow(request("elsewhere")).outcome()).isEqualTo(Outcome.REPLAY);
	}

}
