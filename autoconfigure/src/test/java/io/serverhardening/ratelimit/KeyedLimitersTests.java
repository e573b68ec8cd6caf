package io.serverhardening.ratelimit;

import java.time.Duration;

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

}
