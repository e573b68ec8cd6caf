package io.serverhardening.sample;

import io.serverhardening.sample.simulator.Simulations;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The sample for an account in another mode than its own: a setting, and the same route.
 */
class SampleModesIT {

	@ParameterizedTest
	@CsvSource({ "compatible, AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "plain, ''" })
	void answersWhatTheAccountSends(String mode, String aesKeys) throws InterruptedException {
		try (ConfigurableApplicationContext context = new SpringApplicationBuilder(SampleApplication.class)
			.profiles("demo")
			.run("--server.port=0", "--management.server.port=0", "--spring.main.banner-mode=off",
					"--server.hardening.webhook.account.encryption=" + mode,
					"--server.hardening.webhook.account.aes-keys=" + aesKeys)) {
			String port = context.getEnvironment().getRequiredProperty("local.server.port");
			String seen = Simulations.run("--targets=http://localhost:" + port, "--mode=" + mode, "--seconds=1",
					"--rate=40", "--copies=3");
			assertThat(seen).contains("| text | 28 | 84 | 28 | 0 | 0 |")
				.contains("| mini | 8 | 24 | 0 | 8 | 0 |")
				.contains("| event | 4 | 12 | 4 | 0 | 0 |")
				.containsPattern("text .* 28 \\| 0 \\| 0 \\|");
		}
	}

}
