package io.serverhardening.response.pace;

import java.time.Duration;

import io.serverhardening.DataLimit;
import io.serverhardening.Timeout;
import io.serverhardening.response.pace.WriteClock.Expiry;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class WriteClockTests {

	private static final long SECOND = Duration.ofSeconds(1).toNanos();

	private final Client client = new Client();

	private static WriteClock clock(String timeout, String rate) {
		return new WriteClock(new WritePolicy(Timeout.of(timeout), DataLimit.of(rate), Duration.ofSeconds(5)),
				Outflow.BURST);
	}

	private Expiry look(WriteClock clock, long taken, long unsent) {
		this.client.taken += taken;
		return clock.look(SECOND, unsent, this.client);
	}

	private int secondsUntil(Expiry expiry, WriteClock clock, long takenEachSecond) {
		for (int seconds = 1; seconds < 10_000; seconds++) {
			Expiry now = look(clock, takenEachSecond, 1000);
			if (now != null) {
				assertThat(now).isEqualTo(expiry);
				return seconds;
			}
		}
		throw new AssertionError("Never");
	}

	@Test
	void nothingToTakeIsNobodysFault() {
		WriteClock clock = clock("3s", "240B");
		for (int i = 0; i < 100; i++) {
			assertThat(look(clock, 0, 0)).isNull();
		}
		assertThat(this.client.asked).isZero();
	}

	@Test
	void endsWhenNothingIsTaken() {
		WriteClock clock = clock("3s", "none");
		assertThat(look(clock, 0, 100)).isNull();
		assertThat(look(clock, 0, 200)).isNull();
		assertThat(look(clock, 0, 300)).isNull();
		assertThat(look(clock, 0, 400)).isEqualTo(Expiry.TIMEOUT);
	}

	@Test
	void aByteIsEnoughForTheTimeoutAndNotForTheRate() {
		WriteClock timeout = clock("3s", "none");
		for (int i = 0; i < 20; i++) {
			assertThat(look(timeout, 1, 1000)).isNull();
		}
		assertThat(secondsUntil(Expiry.RATE, clock("none", "240B"), 1)).isBetween(6, 7);
	}

	@Test
	void exactlyTheRateGoesOnForEver() {
		WriteClock clock = clock("3s", "240B");
		for (int i = 0; i < 100_000; i++) {
			assertThat(look(clock, 240, 64 * 1024)).isNull();
		}
	}

	@Test
	void halfTheRateEndsWhenTheGraceIsUsedUp() {
		assertThat(secondsUntil(Expiry.RATE, clock("3s", "240B"), 120)).isBetween(10, 13);
	}

	@Test
	void whatWasTakenAtOnceIsPaidForByWhatItLastsAtTheRate() {
		WriteClock clock = clock("30s", "240B");
		look(clock, 24_000, 1000);
		assertThat(secondsUntil(Expiry.TIMEOUT, clock, 0)).isBetween(105, 107);
	}

	@Test
	void whatWasTakenBeforeAnythingWaitedCountsToo() {
		WriteClock clock = clock("30s", "240B");
		look(clock, 12_000, 0);
		look(clock, 12_000, 1000);
		assertThat(secondsUntil(Expiry.TIMEOUT, clock, 0)).isBetween(105, 107);
	}

	@Test
	void whatWasTakenUnderOneRateBuysNoTimeUnderAnother() {
		WriteClock before = clock("30s", "240B");
		look(before, 1L << 40, 1000);
		WritePolicy strict = new WritePolicy(Timeout.of("3s"), DataLimit.of("1MB"), Duration.ofSeconds(5));
		WriteClock clock = before.with(strict, Outflow.BURST);
		assertThat(look(clock, 0, 1000)).isNull();
		assertThat(secondsUntil(Expiry.TIMEOUT, clock, 0)).isBetween(3, 7);
	}

	@Test
	void whoTookMuchIsNotWaitedForForEver() {
		WriteClock clock = clock("30s", "240B");
		look(clock, 1L << 40, 1000);
		assertThat(secondsUntil(Expiry.TIMEOUT, clock, 0)).isBetween(1092, 1094);
	}

	@Test
	void aHostThatDoesNotAnswerIsNotReadingWhatItTook() {
		WriteClock clock = clock("30s", "240B");
		look(clock, 1L << 40, 1000);
		this.client.silent = true;
		assertThat(secondsUntil(Expiry.TIMEOUT, clock, 0)).isBetween(30, 31);
	}

	@Test
	void withoutARateTheTimeoutIsStrict() {
		WriteClock clock = clock("30s", "none");
		look(clock, 1L << 40, 1000);
		assertThat(secondsUntil(Expiry.TIMEOUT, clock, 0)).isEqualTo(30);
	}

	@Test
	void beginsAnewWheneverThereWasNothing() {
		WriteClock clock = clock("3s", "240B");
		for (int i = 0; i < 10; i++) {
			for (int stalled = 0; stalled < 3; stalled++) {
				assertThat(look(clock, 0, 100)).isNull();
			}
			assertThat(look(clock, 0, 0)).isNull();
		}
	}

	@Test
	void asksOnlyOnceASecondWhileNothingIsDue() {
		WriteClock clock = clock("30s", "240B");
		for (int i = 0; i < 400; i++) {
			this.client.taken += 1000;
			assertThat(clock.look(SECOND / 4, 64 * 1024, this.client)).isNull();
		}
		assertThat(this.client.asked).isBetween(100, 101);
	}

	/**
	 * A client that has taken what it is told.
	 */
	private static final class Client implements WriteClock.Reader {

		private long taken;

		private int asked;

		private boolean silent;

		@Override
		public long taken() {
			this.asked++;
			return this.taken;
		}

		@Override
		public long unanswered() {
			return this.silent ? Long.MAX_VALUE : 0;
		}

	}

}
