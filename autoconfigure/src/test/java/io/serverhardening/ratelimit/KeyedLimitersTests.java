package io.serverhardening.ratelimit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class KeyedLimitersTests {

	private static final long SECOND = Duration.ofSeconds(1).toNanos();

	private long now;

	private final Quota quota = new Quota("default", 10, Duration.ofSeconds(1), () -> this.now);

	private final LongAdder overflowed = new LongAdder();

	private final KeyedLimiters limiters = new KeyedLimiters(this.quota, 100, this.overflowed);

	private boolean request(Object key) {
		return this.limiters.of(key, this.now).take(1, this.quota, this.now) != ClientWindow.REFUSED;
	}

	private int requests(String prefix, int keys) {
		int admitted = 0;
		for (int i = 0; i < keys; i++) {
			admitted += request(prefix + i) ? 1 : 0;
		}
		return admitted;
	}

	@Test
	void everyClientHasItsOwn() {
		for (int i = 0; i < 10; i++) {
			assertThat(request("busy")).isTrue();
		}
		assertThat(request("busy")).isFalse();
		assertThat(request("other")).isTrue();
	}

	@Test
	void aFloodOfFreshKeysGainsNothingAndCostsNothing() {
		assertThat(request("regular")).isTrue();
		assertThat(requests("flood", 1_000_000)).as("99 of their own and one shared limit").isEqualTo(99 + 10);
		assertThat(this.limiters.size()).isEqualTo(100);
		assertThat(this.overflowed.sum()).isEqualTo(1_000_000 - 99);
		assertThat(this.limiters.of("regular", this.now)).as("an active client keeps its own")
			.isNotSameAs(this.limiters.overflow().window());
	}

	@Test
	void anActiveClientIsNeverForgottenForANewcomer() {
		for (int i = 0; i < 10; i++) {
			request("greedy");
		}
		requests("flood", 1_000);
		for (int tenth = 0; tenth < 9; tenth++) {
			this.now += SECOND / 10;
			assertThat(request("greedy")).as("refused after " + this.now).isFalse();
			requests("flood" + tenth + "-", 1_000);
		}
	}

	@Test
	void whoWasSilentForAPeriodMakesRoom() {
		requests("first", 100);
		assertThat(this.limiters.of("late", this.now)).isSameAs(this.limiters.overflow().window());
		this.now += SECOND + 1;
		assertThat(this.limiters.of("late", this.now)).isNotSameAs(this.limiters.overflow().window());
		requests("second", 1_000);
		assertThat(this.limiters.size()).isEqualTo(100);
	}

	@Test
	void aClientThatComesBackAfterAPeriodBeginsAnew() {
		for (int i = 0; i < 20; i++) {
			request("one");
		}
		this.now += SECOND + 1;
		assertThat(request("one")).isTrue();
		assertThat(this.limiters.size()).isEqualTo(1);
	}

	@Test
	void whoHoldsALimiterThatIsForgottenIsTold() {
		ClientWindow held = this.limiters.of("one", this.now);
		held.take(1, this.quota, this.now);
		assertThat(held.retire(this.quota, this.now + SECOND - 1)).as("it still counts").isFalse();
		assertThat(held.retire(this.quota, this.now + SECOND)).isTrue();
		assertThat(held.retire(this.quota, this.now + SECOND)).as("once").isFalse();
		assertThat(held.take(1, this.quota, this.now + SECOND)).isEqualTo(ClientWindow.RETIRED);
		assertThat(this.limiters.of("one", this.now + SECOND)).isNotSameAs(held);
	}

	@Test
	void neverAdmitsMoreThanTheLimitWhileClientsAreForgotten() throws Exception {
		AtomicLong clock = new AtomicLong();
		int permits = 50;
		Quota quota = new Quota("default", permits, Duration.ofSeconds(1), clock::get);
		TierLimit tier = new TierLimit(new KeyedLimiters(quota, 8, new LongAdder()), quota, "p");
		ExecutorService executor = Executors.newFixedThreadPool(4);
		try {
			for (int period = 0; period < 200; period++) {
				clock.addAndGet(2 * SECOND);
				AtomicInteger admitted = new AtomicInteger();
				List<Callable<Void>> threads = new ArrayList<>();
				for (int thread = 0; thread < 4; thread++) {
					String mine = "thread" + thread + " of " + period;
					threads.add(() -> {
						for (int i = 0; i < 100; i++) {
							admitted.addAndGet((tier.take("shared", 1, null) == null) ? 1 : 0);
							tier.take(mine, 1, null);
						}
						return null;
					});
				}
				for (Future<Void> thread : executor.invokeAll(threads)) {
					thread.get(10, TimeUnit.SECONDS);
				}
				assertThat(admitted.get()).as("period " + period).isEqualTo(permits);
			}
		}
		finally {
			executor.shutdownNow();
		}
	}

	@Test
	void aSmallerNumberOfKeysHoldsForNewcomers() {
		requests("first", 100);
		this.limiters.apply(this.quota, 10);
		assertThat(this.limiters.size()).as("those that still count").isEqualTo(100);
		assertThat(this.limiters.of("first7", this.now)).isNotSameAs(this.limiters.overflow().window());
		this.now += SECOND;
		requests("second", 100);
		assertThat(this.limiters.size()).isEqualTo(10);
	}

}
