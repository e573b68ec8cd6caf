package io.serverhardening;

import java.time.Duration;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * What users may write for a time.
 */
class TimeoutTests {

	@ParameterizedTest
	@CsvSource({ "500ms, PT0.5S, 500ms", "30s, PT30S, 30s", "2m, PT2M, 2m", "90s, PT90S, 90s", "120s, PT120S, 2m",
			"4500ms, PT4.5S, 4500ms", "PT30S, PT30S, 30s", "pt1h, PT1H, 1h", "1d, PT24H, 24h", "1m30s, PT90S, 90s",
			" 5s , PT5S, 5s" })
	void readsATimeWithItsUnit(String text, Duration expected, String printed) {
		Timeout timeout = Timeout.of(text);
		assertThat(timeout.duration()).isEqualTo(expected);
		assertThat(timeout).hasToString(printed).isEqualTo(Timeout.of(expected));
	}

	@ParameterizedTest
	@ValueSource(strings = { "none", "NONE", " none " })
	void readsNone(String text) {
		assertThat(Timeout.of(text)).isEqualTo(Timeout.NONE).hasToString("none");
		assertThat(Timeout.of(text).duration()).isNull();
	}

	@ParameterizedTest
	@ValueSource(strings = { "5", "-5", "0", "+7" })
	void refusesABareNumber(String text) {
		assertThatIllegalArgumentException().isThrownBy(() -> Timeout.of(text))
			.withMessage("needs a unit, such as " + text + "s or " + text + "ms");
	}

	@ParameterizedTest
	@ValueSource(strings = { "0s", "-1s", "PT0S", "-PT5S", "0ms" })
	void refusesZeroAndLess(String text) {
		assertThatIllegalArgumentException().isThrownBy(() -> Timeout.of(text))
			.withMessage("must be positive; write none for no limit");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "soon", "5 parsecs", "5s5", "1.5s", "99999999999999999999s" })
	void refusesWhatIsNoTime(String text) {
		assertThatIllegalArgumentException().isThrownBy(() -> Timeout.of(text))
			.withMessage("must be a time with its unit, such as 500ms, 30s or 2m, or none");
	}

	@Test
	void printsWhatNoUnitFits() {
		assertThat(Timeout.of(Duration.ofNanos(1))).hasToString("PT0.000000001S");
	}

}
