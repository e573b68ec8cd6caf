package io.serverhardening.response;

import java.time.Duration;

import io.serverhardening.DataLimit;
import io.serverhardening.Timeout;
import io.serverhardening.response.WriteClock.Expiry;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class WriteClockTests {

	private static final long SECOND = Duration.ofSeconds(1).toNanos();

	private long written;

	private static WriteClock clock(String timeout, String rate) {
		return new WriteClock(new WritePolicy(Timeout.of(timeout), DataLimit.of(rate), Duration.ofSeconds(5)));
	}

	private Expiry look(WriteClock clock, long written, long unsent) {
		this.written += written;
		return clock.look(SECOND, this.written, unsent);
	}

	@Test
	void nothingToTakeIsNobodysFault() {
		WriteClock clock = clock("3s", "240B");
		for (int i = 0; i < 100; i++) {
			assertThat(look(clock, 10, 0)).isNull();
		}
	}

	@Test
	void endsWhenNothingIsTaken() {
		WriteClock clock = clock("3s", "none");
		assertThat(look(clock, 100, 100)).isNull();
		assertThat(look(clock, 0, 100)).isNull();
		assertThat(look(clock, 0, 100)).isNull();
		assertThat(look(clock, 0, 100)).isEqualTo(Expiry.TIMEOUT);
	}

	@Test
	void whatIsWrittenMeanwhileIsNotTaken() {
		WriteClock clock = clock("3s", "none");
		look(clock, 100, 100);
		look(clock, 100, 200);
		look(clock, 100, 300);
		assertThat(look(clock, 100, 400)).isEqualTo(Expiry.TIMEOUT);
	}

	@Test
	void aByteIsEnoughForTheTimeoutAndNotForTheRate() {
		WriteClock timeout = clock("3s", "none");
		WriteClock rate = clock("none", "240B");
		Expiry expiry = null;
		for (int i = 0; i < 20; i++) {
			assertThat(look(timeout, 0, 1000 - i)).isNull();
			expiry = (expiry != null) ? expiry : look(rate, 0, 1000 - i);
		}
		assertThat(expiry).isEqualTo(Expiry.RATE);
	}

	@Test
	void theRateIsOfWhatIsTakenAlthoughMoreIsWritten() {
		WriteClock clock = clock("none", "1KB");
		// 2 KB written and 2 KB taken each second, 64 KB always waiting.
		look(clock, 64 * 1024, 64 * 1024);
		for (int i = 0; i < 100; i++) {
			assertThat(look(clock, 2048, 64 * 1024)).isNull();
		}
	}

	@Test
	void beginsAnewWheneverThereWasNothing() {
		WriteClock clock = clock("3s", "240B");
		for (int i = 0; i < 10; i++) {
			assertThat(look(clock, 100, 100)).isNull();
			assertThat(look(clock, 0, 100)).isNull();
			assertThat(look(clock, 0, 100)).isNull();
			assertThat(look(clock, 0, 0)).isNull();
		}
	}

}
