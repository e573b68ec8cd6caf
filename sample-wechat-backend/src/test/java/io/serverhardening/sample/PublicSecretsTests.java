package io.serverhardening.sample;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.io.ClassPathResource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

/**
 * What the start refuses, and what it says then.
 */
@ExtendWith(OutputCaptureExtension.class)
class PublicSecretsTests {

	private static final Map<String, String> OWN = Map.of("server.hardening.webhook.account.app-id",
			"wx1d2c3b4a59687766", "server.hardening.webhook.account.secrets", "8c1f0e6d9b7a4c35",
			"server.hardening.webhook.account.aes-keys", "Zk3vPq8LmT1xYw9RbN5sHc7DfG2jKa4EuQ6oViXtBzC");

	private static void check(Map<String, ?> properties, String... profiles) {
		StandardEnvironment environment = new StandardEnvironment();
		Map<String, Object> all = new LinkedHashMap<>(OWN);
		all.putAll(properties);
		environment.getPropertySources().addFirst(new MapPropertySource("test", all));
		environment.setActiveProfiles(profiles);
		DefaultListableBeanFactory beans = new DefaultListableBeanFactory();
		beans.registerSingleton("environment", environment);
		new PublicSecrets().postProcessBeanFactory(beans);
	}

	// Each alone, as whoever copies a line of the demo would have it.
	static Stream<Map.Entry<String, Object>> secretsOfTheDemo() throws IOException {
		EnumerablePropertySource<?> demo = (EnumerablePropertySource<?>) new YamlPropertySourceLoader()
			.load("demo", new ClassPathResource("application-demo.yml"))
			.get(0);
		return Stream.of(demo.getPropertyNames())
			.filter((name) -> name.startsWith("server.hardening.webhook.") || name.startsWith("sample.api.tiers."))
			.map((name) -> Map.entry(name, String.valueOf(demo.getProperty(name))));
	}

	@Test
	void theDemoHasSecrets() throws IOException {
		assertThat(secretsOfTheDemo()).hasSize(5);
	}

	@ParameterizedTest
	@MethodSource("secretsOfTheDemo")
	void refusesEachSecretOfTheDemoOutsideIt(Map.Entry<String, Object> secret) {
		assertThatExceptionOfType(PublicSecretException.class)
			.isThrownBy(() -> check(Map.of(secret.getKey(), secret.getValue())))
			.withMessageStartingWith(secret.getKey() + " is printed in documentation");
		assertThatNoException().isThrownBy(() -> check(Map.of(secret.getKey(), secret.getValue()), "demo"));
	}

	@Test
	void takesSecretsOfOnesOwn() {
		assertThatNoException().isThrownBy(() -> check(Map.of("sample.api.tiers.5b3d", "partner")));
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', value = { "server.hardening.webhook.account.secrets | 8c1f0e6d9b7a4c35,AAAAA",
			"server.hardening.webhook.pay.secrets[1] | AAAAA", "server.hardening.webhook.pay.secrets | old-secret",
			"server.hardening.webhook.pay.aesKeys | 0123456789abcdef0123456789abcdef" })
	void findsAnExampleWhereverItIsWritten(String property, String value) {
		Map<String, String> properties = property.endsWith("[1]")
				? Map.of(property, value, property.replace("[1]", "[0]"), "8c1f0e6d9b7a4c35") : Map.of(property, value);
		assertThatExceptionOfType(PublicSecretException.class).isThrownBy(() -> check(properties));
	}

	@Test
	void saysWhichIsMissingAndHowToMakeOne(CapturedOutput output) {
		for (String args : List.of("", "--WECHAT_APP_ID=wx1d2c3b4a59687766",
				"--WECHAT_APP_ID=wx1d2c3b4a59687766 --WECHAT_TOKEN=8c1f0e6d9b7a4c35")) {
			assertThatExceptionOfType(PublicSecretException.class)
				.isThrownBy(() -> new SpringApplicationBuilder(SampleApplication.class).run(args.split(" ")));
		}
		assertThat(output).contains("APPLICATION FAILED TO START")
			.contains("server.hardening.webhook.account.app-id is not set.", "Set WECHAT_APP_ID")
			.contains("server.hardening.webhook.account.secrets is not set.", "Set WECHAT_TOKEN",
					"openssl rand -hex 16")
			.contains("server.hardening.webhook.account.aes-keys is not set.", "Set WECHAT_AES_KEY",
					"openssl rand -base64 64 | tr -dc A-Za-z0-9 | head -c 43")
			.contains("--spring.profiles.active=demo")
			.doesNotContain("\tat ");
	}

	@Test
	void refusesTheExampleOfWeChatsDocumentation(CapturedOutput output) {
		assertThatExceptionOfType(PublicSecretException.class)
			.isThrownBy(() -> new SpringApplicationBuilder(SampleApplication.class)
				.run("--WECHAT_APP_ID=wx1d2c3b4a59687766", "--WECHAT_TOKEN=AAAAA"));
		assertThat(output)
			.contains("server.hardening.webhook.account.secrets is printed in documentation as an example")
			.contains("openssl rand -hex 16")
			.doesNotContain("\tat ");
	}

}
