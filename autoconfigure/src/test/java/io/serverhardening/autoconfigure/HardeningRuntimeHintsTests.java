package io.serverhardening.autoconfigure;

import java.lang.reflect.RecordComponent;
import java.util.List;

import io.serverhardening.CountLimit;
import io.serverhardening.DataLimit;
import io.serverhardening.Percentage;
import io.serverhardening.Timeout;
import io.serverhardening.actuate.EffectiveSettings;
import io.serverhardening.autoconfigure.settings.ConnectionProperties;
import io.serverhardening.autoconfigure.settings.DeduplicationProperties;
import io.serverhardening.autoconfigure.settings.HardeningProperties;
import io.serverhardening.autoconfigure.settings.RouteProperties;
import io.serverhardening.autoconfigure.settings.TierProperties;
import io.serverhardening.autoconfigure.settings.TimeoutStatus;
import io.serverhardening.autoconfigure.settings.WebhookProperties;
import io.serverhardening.client.CidrBlock;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.context.annotation.ImportRuntimeHints;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a native image would miss.
 */
class HardeningRuntimeHintsTests {

	private static final RuntimeHints hints = new RuntimeHints();

	@BeforeAll
	static void register() {
		Class<?> registrar = HardeningAutoConfiguration.class.getAnnotation(ImportRuntimeHints.class).value()[0];
		assertThat(registrar).isEqualTo(HardeningRuntimeHints.class);
		new HardeningRuntimeHints().registerHints(hints, null);
	}

	@ParameterizedTest
	@ValueSource(classes = { Timeout.class, DataLimit.class, CountLimit.class, Percentage.class, CidrBlock.class,
			TimeoutStatus.class })
	void valuesAreReadFromText(Class<?> value) throws NoSuchMethodException {
		assertThat(RuntimeHintsPredicates.reflection().onMethod(value.getDeclaredMethod("of", String.class)).invoke())
			.accepts(hints);
	}

	@ParameterizedTest
	@ValueSource(classes = { HardeningProperties.class, ConnectionProperties.class, RouteProperties.class,
			RouteProperties.Response.class, DeduplicationProperties.class, WebhookProperties.class,
			TierProperties.class })
	void everyComponentOfTheSettingsIsListed(Class<?> settings) {
		List<RecordComponent> components = List.of(settings.getRecordComponents());
		assertThat(components).isNotEmpty()
			.allSatisfy((component) -> assertThat(
					RuntimeHintsPredicates.reflection().onMethod(component.getAccessor()).invoke())
				.accepts(hints));
	}

	@Test
	void actuatorWritesThem() {
		assertThat(RuntimeHintsPredicates.reflection().onMethod(EffectiveSettings.Setting.class, "origin").invoke())
			.accepts(hints);
	}

	@ParameterizedTest
	@ValueSource(strings = { "claim", "find", "renew", "settle" })
	void theScriptsAreThere(String script) {
		String resource = "io/serverhardening/deduplication/redis/" + script + ".lua";
		assertThat(HardeningRuntimeHintsTests.class.getClassLoader().getResource(resource)).isNotNull();
		assertThat(RuntimeHintsPredicates.resource().forResource(resource)).accepts(hints);
	}

}
