package io.serverhardening.deduplication;

import java.time.Duration;

import io.serverhardening.deduplication.Waiters.Waiter;
import org.junit.jupiter.api.Test;
import reactor.test.StepVerifier;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Copies that wait.
 */
class WaitersTests {

	private static final Duration LONG = Duration.ofMinutes(5);

	@Test
	void wakesWhoeverWaitsForThatMessage() {
		Waiters waiters = new Waiters();
		Waiter one = waiters.join("a");
		Waiter two = waiters.join("a");
		Waiter other = waiters.join("b");
		waiters.wake("a");
		StepVerifier.create(one.await(LONG)).verifyComplete();
		StepVerifier.create(two.await(LONG)).verifyComplete();
		StepVerifier.withVirtualTime(() -> other.await(LONG))
			.expectSubscription()
			.expectNoEvent(LONG.minusMillis(1))
			.thenAwait(Duration.ofMillis(1))
			.verifyComplete();
	}

	@Test
	void doesNotMissWhatComesBeforeItWaits() {
		Waiters waiters = new Waiters();
		Waiter waiter = waiters.join("a");
		StepVerifier.create(waiter.await(Duration.ofMillis(1))).verifyComplete();
		waiters.wake("a");
		StepVerifier.create(waiter.await(LONG)).verifyComplete();
	}

	@Test
	void hasACap() {
		Waiters waiters = new Waiters(2);
		Waiter one = waiters.join("a");
		assertThat(waiters.join("b")).isNotNull();
		assertThat(waiters.join("c")).isNull();
		one.close();
		one.close();
		assertThat(waiters.count()).isEqualTo(1);
		assertThat(waiters.join("c")).isNotNull();
	}

}
