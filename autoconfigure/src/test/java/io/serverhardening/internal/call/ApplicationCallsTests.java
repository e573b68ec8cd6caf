package io.serverhardening.internal.call;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

import io.serverhardening.internal.HardeningThreads;
import io.serverhardening.testing.Planted;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

class ApplicationCallsTests {

	private final HardeningThreads threads = new HardeningThreads();

	private final ApplicationCalls calls = new ApplicationCalls(this.threads, System::nanoTime);

	@AfterEach
	void stop() {
		this.threads.close();
	}

	@ParameterizedTest
	@EnumSource(names = { "SIGNALLED", "NULL", "BLOCKS", "NEVER" }, mode = Mode.EXCLUDE)
	void nothingThatIsThrownGetsOut(Planted planted) {
		this.calls.run(ApplicationCall.GUARD, "planted", planted::act);
		int answer = this.calls.get(ApplicationCall.COST_RESOLVER, this, () -> {
			planted.act();
			return 2;
		}, 1);
		assertThat(answer).isEqualTo(1);
		assertThat(this.calls.failures()).containsEntry("guard", 1L).containsEntry("cost-resolver", 1L).hasSize(2);
	}

	@ParameterizedTest
	@EnumSource(names = { "BLOCKS", "NEVER" }, mode = Mode.EXCLUDE)
	void whateverIsThrownIsSignalled(Planted planted) {
		StepVerifier.create(ApplicationCalls.mono(() -> planted.later(Mono.just(1)))).verifyError();
		if (planted != Planted.NULL && planted != Planted.SIGNALLED) {
			Mono<Integer> whenSubscribed = Mono.fromCallable(() -> {
				planted.act();
				return 1;
			});
			StepVerifier.create(ApplicationCalls.mono(() -> whenSubscribed)).verifyError();
			StepVerifier.create(ApplicationCalls.mono(() -> whenSubscribed).onErrorReturn(2))
				.expectNext(2)
				.verifyComplete();
		}
	}

	@Test
	void anErrorIsSignalledAlsoByOperatorsThatCallWhatTheyAreGiven() {
		Mono<Integer> error = ApplicationCalls.error(new StackOverflowError("Planted"));
		StepVerifier.create(Mono.just(1).hide().flatMap((one) -> error)).verifyError(StackOverflowError.class);
		StepVerifier.create(Mono.just(1).hide().then(error)).verifyError(StackOverflowError.class);
	}

	@Test
	void whatComesAfterTheAnswerIsNotTheCallsFault() {
		Mono<Integer> answered = ApplicationCalls.mono(() -> Mono.just(1));
		assertThatExceptionOfType(StackOverflowError.class)
			.isThrownBy(() -> answered.subscribe(new BaseSubscriber<Integer>() {

				@Override
				protected void hookOnNext(Integer value) {
					throw new StackOverflowError();
				}

			}));
		assertThat(this.calls.failures()).isEmpty();
	}

	@Test
	void whatWaitsForACallThatHangsIsDoneWithoutIt() throws InterruptedException {
		CountDownLatch hanging = new CountDownLatch(1);
		AtomicInteger done = new AtomicInteger();
		Thread caller = new Thread(
				() -> this.calls.run(ApplicationCall.CANCEL, "planted", () -> hang(hanging), done::incrementAndGet));
		caller.start();
		await().atMost(Duration.ofSeconds(20)).until(() -> done.get() == 1);
		assertThat(this.calls.failures()).containsEntry("cancel", 1L);
		hanging.countDown();
		caller.join();
		this.calls.run(ApplicationCall.CANCEL, "planted", () -> {
		}, done::incrementAndGet);
		assertThat(done).as("a call that returns is followed by its caller").hasValue(1);
	}

	@Test
	void whatWaitsIsDoneThoughEverythingElseHangsToo() throws InterruptedException {
		CountDownLatch hanging = new CountDownLatch(1);
		AtomicInteger done = new AtomicInteger();
		for (int i = 0; i < 20; i++) {
			this.calls.runElsewhere(ApplicationCall.CANCEL, "planted", () -> hang(hanging));
		}
		Thread caller = new Thread(
				() -> this.calls.run(ApplicationCall.CANCEL, "planted", () -> hang(hanging), done::incrementAndGet));
		caller.start();
		await().atMost(Duration.ofSeconds(20)).until(() -> done.get() == 1);
		hanging.countDown();
		caller.join();
	}

	private static void hang(CountDownLatch hanging) {
		try {
			hanging.await();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

}
