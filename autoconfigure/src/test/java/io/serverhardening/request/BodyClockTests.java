package io.serverhardening.request;

import java.time.Duration;

import io.serverhardening.DataLimit;
import io.serverhardening.Timeout;
import io.serverhardening.request.BodyClock.Expiry;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class BodyClockTests {

	private static final long SECOND = Duration.ofSeconds(1).toNanos();

	private static BodyClock clock(String timeout, String rate) {
		return new BodyClock(new RequestPolicy(Timeout.of(timeout), DataLimit.of(rate), Duration.ofSeconds(5),
				DataLimit.NONE, "test"));
	}

	@Test
	void tellsWhichClockRanOut() {
		assertThat(clock("10s", "none").waited(10 * SECOND)).isEqualTo(Expiry.TIMEOUT);
		assertThat(clock("none", "240B").waited(6 * SECOND)).isEqualTo(Expiry.RATE);
		assertThat(clock("none", "none").waited(1000 * SECOND)).isNull();
	}

	@Test
	void theTimeoutIsInAllAndTheRateIsNot() {
		BodyClock clock = clock("10s", "240B");
		for (int i = 0; i < 9; i++) {
			assertThat(clock.waited(SECOND)).isNull();
			clock.arrived(1000);
		}
		assertThat(clock.waited(SECOND)).isEqualTo(Expiry.TIMEOUT);
	}

}
