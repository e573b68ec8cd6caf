package io.serverhardening.deduplication.run;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.test.StepVerifier;

import static org.assertj.core.api.Assertions.assertThat;

class RunOutcomeTests {

	private final AtomicInteger cancelled = new AtomicInteger();

	private final RunOutcome outcome = new RunOutcome(this.cancelled::incrementAndGet);

	@Test
	void tellsWhoeverComesAfterIt() {
		this.outcome.give(RunResult.ANSWERED);
		this.outcome.give(RunResult.TIMED_OUT);
		StepVerifier.create(this.outcome).expectNext(RunResult.ANSWERED).verifyComplete();
	}

	@Test
	void tellsWhoeverWaitsAndNobodyTwice() {
		StepVerifier.create(this.outcome).then(() -> {
			this.outcome.give(RunResult.LOST);
			this.outcome.give(RunResult.ANSWERED);
		}).expectNext(RunResult.LOST).verifyComplete();
	}

	@Test
	void waitsUntilItIsAskedFor() {
		StepVerifier.create(this.outcome, 0)
			.then(() -> this.outcome.give(RunResult.ANSWERED))
			.thenRequest(1)
			.expectNext(RunResult.ANSWERED)
			.verifyComplete();
	}

	@Test
	void belongsToOneAttempt() {
		Disposable first = this.outcome.subscribe();
		StepVerifier.create(this.outcome).verifyError(IllegalStateException.class);
		first.dispose();
		StepVerifier.create(this.outcome).verifyError(IllegalStateException.class);
	}

	@Test
	void hearsOfWhoeverLeaves() {
		this.outcome.subscribe().dispose();
		this.outcome.give(RunResult.ANSWERED);
		assertThat(this.cancelled).hasValue(1);
	}

	@Test
	void isHeardOnceHoweverTheTwoMeet() throws InterruptedException {
		AtomicInteger heard = new AtomicInteger();
		for (int i = 0; i < 20_000; i++) {
			RunOutcome outcome = new RunOutcome(() -> {
			});
			CountDownLatch given = new CountDownLatch(1);
			Thread run = new Thread(() -> {
				outcome.give(RunResult.ANSWERED);
				given.countDown();
			});
			run.start();
			outcome.subscribe((result) -> heard.incrementAndGet());
			given.await();
			assertThat(heard).hasValue(i + 1);
		}
	}

}
