package io.serverhardening.autoconfigure;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

import io.micrometer.core.instrument.MeterRegistry;
import io.serverhardening.actuate.ClientMeters;
import io.serverhardening.actuate.ClientSection;
import io.serverhardening.actuate.EffectiveSettings;
import io.serverhardening.actuate.HardeningEndpoint;
import io.serverhardening.actuate.HardeningHealthIndicator;
import io.serverhardening.actuate.HardeningSection;
import io.serverhardening.actuate.RejectionMeters;
import io.serverhardening.actuate.ResponseSection;
import io.serverhardening.actuate.RouteMeters;
import io.serverhardening.actuate.RoutesSection;
import io.serverhardening.connection.ForwardedClientAddressResolver;
import io.serverhardening.route.Routes;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.actuate.autoconfigure.health.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.actuate.autoconfigure.metrics.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.actuate.autoconfigure.metrics.MetricsAutoConfiguration;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.web.PathMappedEndpoints;
import org.springframework.boot.actuate.health.HealthContributor;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/**
 * What operators read: endpoint, health and meters.
 */
@AutoConfiguration(after = { HardeningAutoConfiguration.class, MetricsAutoConfiguration.class,
		CompositeMeterRegistryAutoConfiguration.class })
@ConditionalOnBean(Routes.class)
public final class HardeningActuatorAutoConfiguration {

	// Meters, where there is a registry.
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(MeterRegistry.class)
	@ConditionalOnBean(MeterRegistry.class)
	static final class MeterConfiguration {

		@Bean
		RejectionMeters hardeningRejectionMeters(MeterRegistry registry) {
			return new RejectionMeters(registry);
		}

		@Bean
		RouteMeters hardeningRouteMeters(Routes routes) {
			return new RouteMeters(routes, RouteAssembler.ACTUATOR_ID);
		}

		@Bean
		@ConditionalOnBean(ForwardedClientAddressResolver.class)
		ClientMeters hardeningClientMeters(ForwardedClientAddressResolver resolver) {
			return new ClientMeters(resolver);
		}

	}

	// Endpoint and health, where there is Actuator.
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ Endpoint.class, ConditionalOnAvailableEndpoint.class })
	static final class EndpointConfiguration {

		@Bean
		@ConditionalOnMissingBean
		@ConditionalOnAvailableEndpoint
		HardeningEndpoint hardeningEndpoint(Routes routes, HardeningProperties properties, Environment environment,
				ObjectProvider<ForwardedClientAddressResolver> resolver) {
			List<HardeningSection> sections = new ArrayList<>();
			resolver.ifAvailable((found) -> sections.add(new ClientSection(found)));
			sections.add(new ResponseSection(routes));
			sections.add(new RoutesSection(routes));
			return new HardeningEndpoint(settings(properties, environment), sections);
		}

		@Bean
		@ConditionalOnMissingBean(name = { "hardeningHealthIndicator", "hardeningHealthContributor" })
		@ConditionalOnEnabledHealthIndicator("hardening")
		HealthContributor hardeningHealthContributor(Routes routes, HardeningProperties properties,
				Environment environment) {
			return new HardeningHealthIndicator(routes, settings(properties, environment));
		}

		// Operators must get through when nobody else does. The paths are known only when
		// all endpoints are, and the server does not accept before that.
		@Bean
		SmartInitializingSingleton hardeningActuatorRoutes(Routes routes, RouteAssembler assembler,
				ObjectProvider<PathMappedEndpoints> endpoints, Environment environment) {
			return () -> endpoints.ifAvailable((mapped) -> {
				List<String> paths = ActuatorPaths.onApplicationPort(mapped, environment);
				routes.recompile((activities) -> assembler.assemble(activities, paths));
			});
		}

		private static Supplier<EffectiveSettings> settings(HardeningProperties properties, Environment environment) {
			EffectiveSettings settings = new EffectiveSettingsReader(properties, new SettingOrigins(environment))
				.read(1);
			return () -> settings;
		}

	}

}
