package io.serverhardening.autoconfigure;

import io.serverhardening.autoconfigure.diagnostics.FrozenSetting;
import io.serverhardening.autoconfigure.settings.HardeningProperties;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.Environment;

/**
 * What is left where the starter is switched off: someone who notices that it should have
 * been on.
 */
@AutoConfiguration
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.REACTIVE)
@ConditionalOnProperty(prefix = HardeningProperties.PREFIX, name = "enabled", havingValue = "false")
public final class HardeningOffAutoConfiguration {

	@Bean
	static FrozenSetting hardeningOff(Environment environment) {
		return new FrozenSetting(environment, HardeningProperties.PREFIX + ".enabled", "false", "true");
	}

}
