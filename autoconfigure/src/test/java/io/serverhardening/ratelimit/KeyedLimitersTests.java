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

import io.serverhardening.CountLimit;
import io.serverhardening.ratelimit.RateLimitPolicy.Limit;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class KeyedLimitersTests {

	private static final long SECOND = Duration.ofSeconds(1).toNanos();

	private long now;

	private final KeyedLimiters limiters = new KeyedLimiters(
			new Quota("default", 10, Duration.ofSeconds(1), () -> this.now), 100);

	private boolean request(Object key) {
		return this.limiters.of(key, this.now).tryAcquire(1, this.now) != WindowRateLimiter.REFUSED;
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
		assertThat(this.limiters.overflowed()).isEqualTo(1_000_000 - 99);
		assertThat(this.limiters.of("regular", this.now)).as("an active client keeps its own")
			.isNotSameAs(this.limiters.overflow());
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
		assertThat(this.limiters.of("late", this.now)).isSameAs(this.limiters.overflow());
		this.now += SECOND + 1;
		assertThat(this.limiters.of("late", this.now)).isNotSameAs(this.limiters.overflow());
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
		WindowRateLimiter held = this.limiters.of("one", this.now);
		held.tryAcquire(1, this.now);
		assertThat(held.retire(this.now + SECOND - 1)).as("it still counts").isFalse();
		assertThat(held.retire(this.now + SECOND)).isTrue();
		assertThat(held.retire(this.now + SECOND)).as("once").isFalse();
		assertThat(held.tryAcquire(1, this.now + SECOND)).isEqualTo(WindowRateLimiter.RETIRED);
		assertThat(this.limiters.of("one", this.now + SECOND)).isNotSameAs(held);
	}

	@Test
	void neverAdmitsMoreThanTheLimitWhileClientsAreForgotten() throws Exception {
		AtomicLong clock = new AtomicLong();
		int permits = 50;
		KeyedLimiters shared = new KeyedLimiters(new Quota("default", permits, Duration.ofSeconds(1), clock::get), 8);
		TierLimit tier = new TierLimit(shared, new Limit(CountLimit.of(permits), Duration.ofSeconds(1)), "p");
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

}
