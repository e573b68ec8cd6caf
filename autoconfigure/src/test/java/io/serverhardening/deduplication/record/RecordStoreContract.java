package io.serverhardening.deduplication.record;

import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;

import io.serverhardening.deduplication.record.Claim.Outcome;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What every store of records keeps to.
 */
public abstract class RecordStoreContract {

	private static final AtomicInteger IDS = new AtomicInteger();

	private static final ClaimTerms TERMS = new ClaimTerms(60_000, 60_000, 0);

	private static final ClaimTerms SHORT = new ClaimTerms(150, 60_000, 0);

	private static final Answer ANSWER = new Answer(201, List.of("Location", "/orders/1", "Vary", "Accept"),
			new byte[] { 0, 1, (byte) 0xFF });

	protected abstract RecordStore store();

	/**
	 * Let time pass on the store's clock.
	 * @param time how much
	 */
	protected abstract void elapse(Duration time);

	private static ClaimRequest request(String id, String owner, ClaimTerms terms) {
		return new ClaimRequest(id, "body", owner, true, terms);
	}

	private static String newId() {
		return String.format("%032x", IDS.incrementAndGet());
	}

	private static <T> T get(Mono<T> step) {
		T result = step.block(Duration.ofSeconds(10));
		assertThat(result).isNotNull();
		return result;
	}

	private Claim claim(String id, String owner, ClaimTerms terms) {
		return get(store().claim(request(id, owner, terms)));
	}

	private boolean settle(String id, String owner, Claim claim, Settlement settlement) {
		return get(store().settle(request(id, owner, TERMS), claim.token(), settlement));
	}

	@Test
	void grantsAMessageOnce() {
		String id = newId();
		Claim first = claim(id, "a", TERMS);
		Claim second = claim(id, "b", TERMS);
		assertThat(first.outcome()).isEqualTo(Outcome.ACQUIRED);
		assertThat(first.attempt()).isEqualTo(1);
		assertThat(first.token()).isPositive();
		assertThat(second.outcome()).isEqualTo(Outcome.BUSY);
		assertThat(second.deliveries()).isEqualTo(2);
	}

	@Test
	void grantsTheSameOwnerTheSameAgain() {
		String id = newId();
		Claim first = claim(id, "a", TERMS);
		Claim again = claim(id, "a", TERMS);
		assertThat(again.outcome()).isEqualTo(Outcome.ACQUIRED);
		assertThat(again.token()).isEqualTo(first.token());
		assertThat(again.attempt()).isEqualTo(1);
	}

	@Test
	void holdsWhatItsOwnerAsksForAgain() {
		String id = newId();
		claim(id, "a", SHORT);
		Claim again = claim(id, "a", TERMS);
		elapse(Duration.ofMillis(200));
		assertThat(claim(id, "b", TERMS).outcome()).isEqualTo(Outcome.BUSY);
		assertThat(settle(id, "a", again, Settlement.completed(ANSWER))).isTrue();
	}

	@Test
	void countsCopiesAndNotHowOftenTheyAsk() {
		String id = newId();
		claim(id, "a", TERMS);
		claim(id, "b", TERMS);
		ClaimRequest asking = request(id, "b", TERMS).again();
		get(store().claim(asking));
		assertThat(get(store().claim(asking)).deliveries()).isEqualTo(2);
		assertThat(claim(id, "c", TERMS).deliveries()).isEqualTo(3);
	}

	@Test
	void givesCopiesTheAnswer() {
		String id = newId();
		Claim first = claim(id, "a", TERMS);
		assertThat(settle(id, "a", first, Settlement.completed(ANSWER))).isTrue();
		Claim copy = claim(id, "b", TERMS);
		assertThat(copy.outcome()).isEqualTo(Outcome.REPLAY);
		assertThat(copy.answer()).isNotNull();
		assertThat(copy.answer().status()).isEqualTo(201);
		assertThat(copy.answer().headers()).isEqualTo(ANSWER.headers());
		assertThat(copy.answer().body()).isEqualTo(ANSWER.body());
	}

	@Test
	void remembersThatAnAnswerWasTooLong() {
		String id = newId();
		Claim first = claim(id, "a", TERMS);
		settle(id, "a", first, Settlement.completed(new Answer(200, List.of(), null)));
		Claim copy = claim(id, "b", TERMS);
		assertThat(copy.outcome()).isEqualTo(Outcome.REPLAY);
		assertThat(copy.answer()).isNotNull();
		assertThat(copy.answer().isComplete()).isFalse();
	}

	@Test
	void grantsAMessageAgainWhoseHandlerFailed() {
		String id = newId();
		Claim first = claim(id, "a", TERMS);
		assertThat(settle(id, "a", first, Settlement.FAILED)).isTrue();
		Claim second = claim(id, "b", TERMS);
		assertThat(second.outcome()).isEqualTo(Outcome.RETRY);
		assertThat(second.attempt()).isEqualTo(2);
		assertThat(second.token()).isGreaterThan(first.token());
	}

	@Test
	void grantsAMessageAgainWhoseLeaseIsOver() {
		String id = newId();
		// Long enough for two questions to a store that is far away, or busy.
		ClaimTerms brief = new ClaimTerms(2_000, 60_000, 0);
		Claim first = claim(id, "a", brief);
		assertThat(claim(id, "b", brief).outcome()).isEqualTo(Outcome.BUSY);
		elapse(Duration.ofMillis(2_100));
		Claim second = claim(id, "b", TERMS);
		assertThat(second.outcome()).isEqualTo(Outcome.TAKEOVER);
		assertThat(second.attempt()).isEqualTo(2);
		assertThat(second.token()).isGreaterThan(first.token());
	}

	@Test
	void holdsWhatIsRenewed() {
		String id = newId();
		claim(id, "a", SHORT);
		assertThat(get(store().renew(request(id, "a", TERMS), 7))).isTrue();
		elapse(Duration.ofMillis(200));
		assertThat(claim(id, "b", TERMS).outcome()).isEqualTo(Outcome.BUSY);
	}

	@Test
	void fencesOffWhoLetTheLeaseRunOut() {
		String id = newId();
		Claim first = claim(id, "a", SHORT);
		elapse(Duration.ofMillis(200));
		Claim second = claim(id, "b", TERMS);
		assertThat(get(store().renew(request(id, "a", TERMS), 7))).isFalse();
		assertThat(settle(id, "a", first, Settlement.FAILED)).isFalse();
		assertThat(settle(id, "a", first, Settlement.completed(ANSWER))).isFalse();
		assertThat(claim(id, "c", TERMS).outcome()).isEqualTo(Outcome.BUSY);
		assertThat(settle(id, "b", second, Settlement.completed(ANSWER))).isTrue();
		assertThat(settle(id, "a", first, Settlement.completed(new Answer(200, List.of(), new byte[0])))).isFalse();
		assertThat(claim(id, "c", TERMS).answer()).isNotNull().extracting(Answer::status).isEqualTo(201);
	}

	@Test
	void keepsTheAnswerOfALateOwnerWhoseSuccessorFailed() {
		String id = newId();
		Claim first = claim(id, "a", SHORT);
		elapse(Duration.ofMillis(200));
		Claim second = claim(id, "b", TERMS);
		settle(id, "b", second, Settlement.FAILED);
		assertThat(settle(id, "a", first, Settlement.completed(ANSWER))).isTrue();
		assertThat(claim(id, "c", TERMS).outcome()).isEqualTo(Outcome.REPLAY);
	}

	@Test
	void keepsTheAnswerWhereTheRecordWasLost() {
		String id = newId();
		assertThat(get(store().settle(request(id, "a", TERMS), 7, Settlement.FAILED))).isFalse();
		assertThat(get(store().settle(request(id, "a", TERMS), 7, Settlement.completed(ANSWER)))).isTrue();
		assertThat(claim(id, "b", TERMS).outcome()).isEqualTo(Outcome.REPLAY);
	}

	@Test
	void keepsTheAnswerWhereItsSuccessorHasDied() {
		String id = newId();
		Claim first = claim(id, "a", SHORT);
		elapse(Duration.ofMillis(200));
		claim(id, "b", SHORT);
		elapse(Duration.ofMillis(200));
		assertThat(settle(id, "a", first, Settlement.completed(ANSWER))).isTrue();
		assertThat(claim(id, "c", TERMS).outcome()).isEqualTo(Outcome.REPLAY);
	}

	@Test
	void doesNotKeepTheAnswerToSomethingElse() {
		String id = newId();
		settle(id, "a", claim(id, "a", TERMS), Settlement.FAILED);
		ClaimRequest other = new ClaimRequest(id, "other body", "b", true, TERMS);
		assertThat(get(store().settle(other, 7, Settlement.completed(ANSWER)))).isFalse();
		assertThat(claim(id, "c", TERMS).outcome()).isEqualTo(Outcome.RETRY);
	}

	@Test
	void holdsOnToWhatTheStoreHasLost() {
		String id = newId();
		assertThat(get(store().renew(request(id, "a", TERMS), 7))).isTrue();
		assertThat(claim(id, "b", TERMS).outcome()).isEqualTo(Outcome.BUSY);
		assertThat(get(store().settle(request(id, "a", TERMS), 7, Settlement.completed(ANSWER)))).isTrue();
	}

	@Test
	void doesNotCountAClaimThatIsGivenBack() {
		String id = newId();
		ClaimTerms once = new ClaimTerms(60_000, 60_000, 1);
		assertThat(settle(id, "a", claim(id, "a", once), Settlement.RELEASED)).isTrue();
		Claim second = claim(id, "b", once);
		assertThat(second.outcome()).isEqualTo(Outcome.ACQUIRED);
		assertThat(second.attempt()).isEqualTo(1);
	}

	@Test
	void keepsNothingOfAClaimThatIsGivenBack() {
		String id = newId();
		settle(id, "a", claim(id, "a", TERMS), Settlement.RELEASED);
		assertThat(store().find(id).blockOptional(Duration.ofSeconds(10))).isEmpty();
		settle(id, "b", claim(id, "b", TERMS), Settlement.FAILED);
		settle(id, "c", claim(id, "c", TERMS), Settlement.RELEASED);
		assertThat(get(store().find(id)).attempt()).isEqualTo(1);
	}

	@Test
	void doesNotCountAnotherMessageAsACopy() {
		String id = newId();
		claim(id, "a", TERMS);
		get(store().claim(new ClaimRequest(id, "other body", "b", true, TERMS)));
		assertThat(claim(id, "c", TERMS).deliveries()).isEqualTo(2);
	}

	@Test
	void tellsApartWhatHasTheSameKey() {
		String id = newId();
		claim(id, "a", TERMS);
		Claim other = get(store().claim(new ClaimRequest(id, "other body", "b", true, TERMS)));
		assertThat(other.outcome()).isEqualTo(Outcome.MISMATCH);
	}

	@Test
	void givesUpAfterTooManyAttempts() {
		String id = newId();
		ClaimTerms twice = new ClaimTerms(60_000, 60_000, 2);
		settle(id, "a", claim(id, "a", twice), Settlement.FAILED);
		settle(id, "b", claim(id, "b", twice), Settlement.FAILED);
		assertThat(claim(id, "c", twice).outcome()).isEqualTo(Outcome.DEAD);
		assertThat(claim(id, "d", TERMS).outcome()).isEqualTo(Outcome.DEAD);
	}

	@Test
	void doesNotHandleWhatWasDeclaredDead() {
		String id = newId();
		assertThat(settle(id, "a", claim(id, "a", TERMS), Settlement.DEAD)).isTrue();
		assertThat(claim(id, "b", TERMS).outcome()).isEqualTo(Outcome.DEAD);
	}

	@Test
	void forgetsWhenTheTimeIsUp() {
		String id = newId();
		ClaimTerms brief = new ClaimTerms(60_000, 150, 0);
		Claim first = claim(id, "a", brief);
		get(store().settle(request(id, "a", brief), first.token(), Settlement.completed(ANSWER)));
		elapse(Duration.ofMillis(200));
		Claim second = claim(id, "b", TERMS);
		assertThat(second.outcome()).isEqualTo(Outcome.ACQUIRED);
		assertThat(second.token()).isGreaterThan(first.token());
	}

	@Test
	void showsARecord() {
		String id = newId();
		assertThat(store().find(id).blockOptional(Duration.ofSeconds(10))).isEmpty();
		Claim first = claim(id, "a", TERMS);
		claim(id, "b", TERMS);
		MessageRecord running = get(store().find(id));
		assertThat(running.state()).isEqualTo(RecordState.PROCESSING);
		assertThat(running.owner()).isEqualTo("a");
		assertThat(running.token()).isEqualTo(first.token());
		assertThat(running.deliveries()).isEqualTo(2);
		assertThat(running.lease()).isBetween(Duration.ofSeconds(30), Duration.ofSeconds(60));
		settle(id, "a", first, Settlement.completed(ANSWER));
		MessageRecord done = get(store().find(id));
		assertThat(done.state()).isEqualTo(RecordState.COMPLETED);
		assertThat(done.lease()).isZero();
		assertThat(done.answer()).isNotNull();
	}

	@Test
	void wakesWhoWaits() {
		String id = newId();
		Queue<String> settled = new ConcurrentLinkedQueue<>();
		store().onSettled(settled::add);
		Claim first = claim(id, "a", TERMS);
		// The first who waits may be too early to be heard, and asks again.
		await().atMost(Duration.ofSeconds(10)).untilAsserted(() -> {
			String next = newId();
			Claim claim = claim(next, "a", TERMS);
			claim(next, "b", TERMS);
			settle(next, "a", claim, Settlement.FAILED);
			await().atMost(Duration.ofMillis(500)).until(() -> settled.contains(next));
		});
		claim(id, "b", TERMS);
		settle(id, "a", first, Settlement.completed(ANSWER));
		await().atMost(Duration.ofSeconds(5)).until(() -> settled.contains(id));
	}

	@Test
	void grantsEachOfManyMessagesToOneOfManyThreads() throws InterruptedException {
		int threads = 32;
		int messages = 200;
		List<String> ids = java.util.stream.Stream.generate(RecordStoreContract::newId).limit(messages).toList();
		AtomicIntegerArray granted = new AtomicIntegerArray(messages);
		CountDownLatch begin = new CountDownLatch(1);
		ExecutorService executor = Executors.newFixedThreadPool(threads);
		for (int thread = 0; thread < threads; thread++) {
			String owner = "owner-" + thread;
			executor.execute(() -> {
				try {
					begin.await();
				}
				catch (InterruptedException ex) {
					Thread.currentThread().interrupt();
				}
				for (int i = 0; i < messages; i++) {
					if (claim(ids.get(i), owner, TERMS).outcome().isGranted()) {
						granted.incrementAndGet(i);
					}
				}
			});
		}
		begin.countDown();
		executor.shutdown();
		assertThat(executor.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
		for (int i = 0; i < messages; i++) {
			assertThat(granted.get(i)).as("claims of message " + i).isEqualTo(1);
		}
	}

}
