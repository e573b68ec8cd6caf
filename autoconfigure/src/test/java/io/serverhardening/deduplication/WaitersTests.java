package io.serverhardening.deduplication;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

import io.serverhardening.deduplication.record.Claim;
import io.serverhardening.deduplication.run.BodyBudget;
import org.junit.jupiter.api.Test;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Copies that wait.
 */
class WaitersTests {

	private static final Duration LONG = Duration.ofMinutes(5);

	private static final MessageContent TEA = new MessageContent("tea", new byte[10], null);

	private final BodyBudget budget = new BodyBudget(100);

	// Without the time passing: a wait that is over also completes.
	private static boolean isWoken(Waiter waiter) {
		AtomicBoolean woken = new AtomicBoolean();
		waiter.await(LONG).subscribe(null, null, () -> woken.set(true));
		return woken.get();
	}

	@Test
	void tellsWhoeverWaitsForThatMessage() {
		VirtualTimeScheduler time = VirtualTimeScheduler.create();
		Waiters waiters = new Waiters(this.budget, time);
		Waiter one = waiters.join("a", TEA);
		Waiter two = waiters.join("a", TEA);
		Waiter other = waiters.join("b", TEA);
		Claim claim = Claim.refused(Claim.Outcome.REPLAY, 1, 2);
		waiters.tellAll("a", claim);
		assertThat(one.told()).isSameAs(claim);
		assertThat(two.told()).isSameAs(claim);
		assertThat(other.told()).isNull();
		assertThat(isWoken(one)).isTrue();
		assertThat(isWoken(two)).isTrue();
		StepVerifier.withVirtualTime(() -> other.await(LONG), () -> time, Long.MAX_VALUE)
			.expectSubscription()
			.expectNoEvent(LONG.minusMillis(1))
			.thenAwait(Duration.ofMillis(1))
			.verifyComplete();
	}

	@Test
	void doesNotMissWhatComesBeforeItWaits() {
		VirtualTimeScheduler time = VirtualTimeScheduler.create();
		Waiters waiters = new Waiters(this.budget, time);
		Waiter waiter = waiters.join("a", TEA);
		assertThat(isWoken(waiter)).isFalse();
		time.advanceTimeBy(LONG);
		waiters.wake("a");
		assertThat(isWoken(waiter)).isTrue();
		assertThat(isWoken(waiter)).as("heard twice").isFalse();
	}

	@Test
	void wakesTheOldestAndAnotherWhereThatLeavesWithoutAsking() {
		VirtualTimeScheduler time = VirtualTimeScheduler.create();
		Waiters waiters = new Waiters(this.budget, time);
		List<String> woken = new ArrayList<>();
		List<Waiter> all = new ArrayList<>();
		for (String name : List.of("one", "two", "three")) {
			Waiter waiter = waiters.join("a", TEA);
			waiter.await(LONG).subscribe(null, null, () -> woken.add(name));
			all.add(waiter);
		}
		waiters.wake("a");
		assertThat(woken).containsExactly("one");
		all.get(0).close();
		assertThat(woken).containsExactly("one", "two");
		all.get(1).asks();
		all.get(1).close();
		assertThat(woken).containsExactly("one", "two");
		waiters.wake("a");
		assertThat(woken).containsExactly("one", "two", "three");
		all.get(2).close();
		waiters.wake("a");
		assertThat(waiters.count()).isZero();
	}

	@Test
	void hasACap() {
		Waiters waiters = new Waiters(2, this.budget, Schedulers.parallel());
		Waiter one = waiters.join("a", TEA);
		assertThat(waiters.join("b", TEA)).isNotNull();
		assertThat(waiters.join("c", TEA)).isNull();
		one.close();
		one.close();
		assertThat(waiters.count()).isEqualTo(1);
		assertThat(waiters.join("c", TEA)).isNotNull();
	}

	@Test
	void countsWhoLeavesOnceAlsoWhereOthersWaitOn() {
		Waiters waiters = new Waiters(2, this.budget, Schedulers.parallel());
		Waiter one = waiters.join("a", TEA);
		waiters.join("a", TEA);
		one.close();
		one.close();
		assertThat(waiters.count()).isEqualTo(1);
	}

	@Test
	void keepsOneBodyForAllCopiesOfAMessage() {
		Waiters waiters = new Waiters(this.budget, Schedulers.parallel());
		Waiter one = waiters.join("a", TEA);
		Waiter two = waiters.join("a", new MessageContent("tea", new byte[10], null));
		assertThat(two.content().body()).isSameAs(TEA.body());
		assertThat(this.budget.held()).isEqualTo(10);
		one.close();
		assertThat(this.budget.held()).isEqualTo(10);
		two.close();
		two.close();
		assertThat(this.budget.held()).isZero();
	}

	@Test
	void nobodyWaitsWithAnotherBody() {
		Waiters waiters = new Waiters(this.budget, Schedulers.parallel());
		waiters.join("a", TEA);
		assertThat(waiters.join("a", new MessageContent("coffee", new byte[10], null))).isNull();
		assertThat(waiters.join("a", new MessageContent("tea", new byte[11], null))).as("another boundary").isNull();
		assertThat(waiters.count()).isEqualTo(1);
		assertThat(this.budget.held()).isEqualTo(10);
	}

	@Test
	void nobodyWaitsForMoreThanMayBeKept() {
		Waiters waiters = new Waiters(this.budget, Schedulers.parallel());
		assertThat(waiters.join("a", new MessageContent("long", new byte[101], null))).isNull();
		assertThat(waiters.count()).isZero();
		assertThat(this.budget.held()).isZero();
		assertThat(waiters.join("a", TEA)).isNotNull();
	}

}
