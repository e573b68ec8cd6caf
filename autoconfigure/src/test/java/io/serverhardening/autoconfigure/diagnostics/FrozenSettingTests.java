package io.serverhardening.autoconfigure.diagnostics;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.core.SpringProperties;
import org.springframework.mock.env.MockEnvironment;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

/**
 * What was decided when an application was processed cannot be undone unnoticed.
 */
class FrozenSettingTests {

	private static void start(String decided, String property, String value) {
		MockEnvironment environment = new MockEnvironment();
		if (value != null) {
			environment.setProperty(property, value);
		}
		new FrozenSetting(environment, property, decided, "true")
			.postProcessBeanFactory(new DefaultListableBeanFactory());
	}

	@ParameterizedTest
	@CsvSource({ "true, ", "true, true", "true, TRUE", "false, false" })
	void whatWasDecidedMayBeSaidAgain(String decided, String value) {
		assertThatNoException().isThrownBy(() -> start(decided, "server.hardening.enabled", value));
	}

	@ParameterizedTest
	@CsvSource({ "true, false", "false, true", "false, " })
	void whatWasDecidedOtherwiseIsRefused(String decided, String value) {
		SpringProperties.setFlag("spring.aot.enabled");
		try {
			assertThatExceptionOfType(InvalidSettingException.class)
				.isThrownBy(() -> start(decided, "server.hardening.enabled", value))
				.withMessageContaining("server.hardening.enabled")
				.withMessageContaining("was " + decided + " when the application was processed ahead of time")
				.withMessageContaining("-Dspring.aot.enabled=false");
		}
		finally {
			SpringProperties.setProperty("spring.aot.enabled", null);
		}
	}

	@Test
	void whatIsNeitherOnNorOffIsRefused() {
		assertThatExceptionOfType(InvalidSettingException.class)
			.isThrownBy(() -> start("true", "server.hardening.enabled", "nope"))
			.withMessageContaining("must be true or false");
	}

}
