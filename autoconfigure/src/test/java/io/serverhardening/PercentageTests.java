package io.serverhardening;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class PercentageTests {

	@ParameterizedTest
	@CsvSource({ "10%, 10, 20, 10%", "0%, 0, 0, none", "none, 0, 0, none", "' 100 % ', 100, 200, 100%" })
	void readsWhatUsersWrite(String text, int percent, int ofTwoHundred, String shown) {
		Percentage percentage = Percentage.of(text);
		assertThat(percentage.percent()).isEqualTo(percent);
		assertThat(percentage.of(200)).isEqualTo(ofTwoHundred);
		assertThat(percentage).hasToString(shown);
	}

	@ParameterizedTest
	@ValueSource(strings = { "10", "-1%", "1.5%", "ten percent", "" })
	void refusesWhatIsNoPercentage(String text) {
		assertThatIllegalArgumentException().isThrownBy(() -> Percentage.of(text))
			.withMessage("must be a whole number of percent, such as 10%, or none");
	}

	@Test
	void refusesMoreThanTheWhole() {
		assertThatIllegalArgumentException().isThrownBy(() -> Percentage.of("101%"))
			.withMessage("must be between 0% and 100%");
	}

	@Test
	void roundsDown() {
		assertThat(new Percentage(10).of(39)).isEqualTo(3);
		assertThat(new Percentage(99).of(Integer.MAX_VALUE)).isPositive();
	}

}
