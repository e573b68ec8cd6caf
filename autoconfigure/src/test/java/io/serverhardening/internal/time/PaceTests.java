package io.serverhardening.internal.time;

import java.time.Duration;

import io.serverhardening.DataLimit;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class PaceTests {

	private static final long SECOND = Duration.ofSeconds(1).toNanos();

	private static Pace pace(String rate) {
		return new Pace(DataLimit.of(rate), Duration.ofSeconds(5));
	}

	@Test
	void endsWhenTheGraceIsUsedUp() {
		Pace pace = pace("240B");
		assertThat(pace.keptUp(5 * SECOND)).isTrue();
		assertThat(pace.keptUp(1)).isFalse();
	}

	@Test
	void aTrickleEndsLittleLater() {
		Pace pace = pace("240B");
		int seconds = 0;
		while (pace.keptUp(SECOND)) {
			pace.moved(1);
			seconds++;
		}
		assertThat(seconds).isEqualTo(5);
	}

	@Test
	void exactlyTheRateGoesOnForEver() {
		Pace pace = pace("240B");
		for (int i = 0; i < 100_000; i++) {
			assertThat(pace.keptUp(SECOND)).isTrue();
			pace.moved(240);
		}
	}

	@Test
	void whoWasFastMayRestButNotForEver() {
		Pace pace = pace("1KB");
		pace.moved(1L << 40);
		assertThat(pace.keptUp(30 * SECOND)).isTrue();
		assertThat(pace.keptUp(1)).isFalse();
	}

	@Test
	void aGraceAboveTheCeilingIsKept() {
		Pace pace = new Pace(DataLimit.of("1KB"), Duration.ofMinutes(2));
		pace.moved(1);
		assertThat(pace.keptUp(120 * SECOND)).isTrue();
	}

	@Test
	void beginsAnew() {
		Pace pace = pace("240B");
		pace.keptUp(4 * SECOND);
		pace.restart();
		assertThat(pace.keptUp(5 * SECOND)).isTrue();
	}

	@Test
	void aCorrectionMayTakeCreditBack() {
		Pace pace = pace("1KB");
		pace.moved(-1024);
		assertThat(pace.keptUp(4 * SECOND)).isTrue();
		assertThat(pace.keptUp(1)).isFalse();
	}

	@Test
	void withoutARateNothingEnds() {
		Pace pace = new Pace(DataLimit.NONE, Duration.ofSeconds(5));
		pace.moved(-5);
		assertThat(pace.keptUp(Long.MAX_VALUE)).isTrue();
	}

	@Test
	void aBurstMayBeReadAtTheRate() {
		Pace pace = new Pace(DataLimit.of("1KB"), Duration.ofSeconds(5), 256 * 1024);
		pace.moved(1L << 40);
		assertThat(pace.keptUp(256 * SECOND)).isTrue();
		assertThat(pace.keptUp(1)).isFalse();
		assertThat(pace.isKeptUp()).isFalse();
	}

}
