package io.serverhardening.autoconfigure;

import io.serverhardening.autoconfigure.server.ServletHint;
import io.serverhardening.autoconfigure.settings.HardeningProperties;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;

/**
 * Says that there is nothing here for servlet applications. Whoever has Spring MVC beside
 * WebFlux has one, and may not know.
 */
@AutoConfiguration
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
@ConditionalOnProperty(prefix = HardeningProperties.PREFIX, name = "enabled", matchIfMissing = true)
public final class HardeningServletAutoConfiguration {

	@Bean
	static ServletHint hardeningServletHint(ApplicationContext context) {
		return new ServletHint(context);
	}

}
