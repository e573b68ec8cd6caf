package io.serverhardening.sample.simulator;

import java.net.URI;
import java.time.Duration;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * What the simulator understands.
 */
class OptionsTests {

	@Test
	void hasDefaults() {
		Options options = Options.of(new String[] { "--simulate" }, Map.of("WECHAT_TOKEN", "mine"));
		assertThat(options.targets()).containsExactly(URI.create("http://localhost:8080"));
		assertThat(options.timeout()).isEqualTo(Duration.ofSeconds(5));
		assertThat(options.token()).isEqualTo("mine");
		assertThat(options.mode()).isEqualTo("safe");
	}

	@Test
	void readsWhatItIsTold() {
		Options options = Options
			.of(new String[] { "--targets=http://a:1,http://b:2", "--mode=plain", "--rate=7", "--drop=0" }, Map.of());
		assertThat(options.targets()).hasSize(2);
		assertThat(options.rate()).isEqualTo(7);
		assertThat(options.mode()).isEqualTo("plain");
	}

	@ParameterizedTest
	@ValueSource(strings = { "--mode=other", "--rate=0", "--rate=x", "--raet=1", "rate=1", "--users" })
	void refusesWhatItDoesNotUnderstand(String option) {
		assertThatIllegalArgumentException().isThrownBy(() -> Options.of(new String[] { option }, Map.of()));
	}

}
