package io.serverhardening;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Counts and amounts as users write them.
 */
class LimitTests {

	@ParameterizedTest
	@CsvSource({ "240B, 240B", "16KB, 16KB", "10mb, 10MB", "1024B, 1KB", "1536KB, 1536KB", "none, none", "NONE, none" })
	void readsAmounts(String text, String shown) {
		assertThat(DataLimit.of(text)).hasToString(shown).isEqualTo(DataLimit.of(shown));
	}

	@ParameterizedTest
	@CsvSource({ "5, needs a unit", "0B, must be positive", "-1KB, must be positive", "fast, must be an amount",
			"5 kilos, must be an amount", "'', must be an amount", "99999999999TB, must be an amount" })
	void refusesOtherAmounts(String text, String reason) {
		assertThatIllegalArgumentException().isThrownBy(() -> DataLimit.of(text)).withMessageContaining(reason);
	}

	@ParameterizedTest
	@ValueSource(strings = { "1", "16", "12000" })
	void readsCounts(String text) {
		assertThat(CountLimit.of(text)).hasToString(text);
		assertThat(CountLimit.of(text).count()).isEqualTo(Integer.parseInt(text));
	}

	@ParameterizedTest
	@CsvSource({ "0, must be positive", "-1, must be positive", "many, must be a whole number",
			"1.5, must be a whole number", "2147483647, must be below",
			"99999999999999999999, must be a whole number" })
	void refusesOtherCounts(String text, String reason) {
		assertThatIllegalArgumentException().isThrownBy(() -> CountLimit.of(text)).withMessageContaining(reason);
	}

	@Test
	void noneIsAboveEveryNumber() {
		assertThat(CountLimit.of("none").isNone()).isTrue();
		assertThat(CountLimit.NONE.count()).isEqualTo(Integer.MAX_VALUE);
		assertThat(DataLimit.NONE.bytes()).isEqualTo(Long.MAX_VALUE);
	}

}
