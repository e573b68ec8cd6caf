package io.serverhardening.autoconfigure;

import java.util.List;
import java.util.stream.Stream;

import io.serverhardening.actuate.HardeningEndpoint;
import io.serverhardening.actuate.HardeningHealth;
import io.serverhardening.actuate.HardeningSection;
import io.serverhardening.actuate.OperatorThreads;
import io.serverhardening.actuate.RejectionTally;
import io.serverhardening.actuate.section.CircuitBreakerSection;
import io.serverhardening.actuate.section.ClientSection;
import io.serverhardening.actuate.section.ConcurrencySection;
import io.serverhardening.actuate.section.ConnectionSection;
import io.serverhardening.actuate.section.DeduplicationSection;
import io.serverhardening.actuate.section.RateLimitSection;
import io.serverhardening.actuate.section.RequestSection;
import io.serverhardening.actuate.section.ResponseSection;
import io.serverhardening.actuate.section.RoutesSection;
import io.serverhardening.actuate.section.WatchdogSection;
import io.serverhardening.actuate.section.WebhookSection;
import io.serverhardening.autoconfigure.admission.CircuitBreakerGuards;
import io.serverhardening.autoconfigure.admission.ConcurrencyGuards;
import io.serverhardening.autoconfigure.admission.RateLimitGuards;
import io.serverhardening.autoconfigure.diagnostics.SettingOrigins;
import io.serverhardening.autoconfigure.message.DeduplicationGuards;
import io.serverhardening.autoconfigure.route.ActuatorPaths;
import io.serverhardening.autoconfigure.route.EndpointMappings;
import io.serverhardening.autoconfigure.route.SettingsInForce;
import io.serverhardening.autoconfigure.route.SettingsPart;
import io.serverhardening.autoconfigure.route.ShownSettings;
import io.serverhardening.autoconfigure.server.ConnectionSettings;
import io.serverhardening.autoconfigure.server.NettyAdvisories;
import io.serverhardening.autoconfigure.server.ServerPolicies;
import io.serverhardening.client.ForwardedClientAddressResolver;
import io.serverhardening.connection.registry.Connections;
import io.serverhardening.internal.HardeningThreads;
import io.serverhardening.internal.call.ApplicationCalls;
import io.serverhardening.internal.time.LoopClocks;
import io.serverhardening.route.Routes;
import io.serverhardening.watchdog.StallWatch;
import reactor.netty.http.server.HttpServer;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.web.PathMappedEndpoints;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.Environment;
import org.springframework.web.reactive.result.method.RequestMappingInfoHandlerMapping;

/**
 * What operators read: endpoint, health and meters.
 */
@AutoConfiguration(after = HardeningServerAutoConfiguration.class,
		afterName = { "org.springframework.boot.actuate.autoconfigure.metrics.MetricsAutoConfiguration",
				"org.springframework.boot.actuate.autoconfigure.metrics.CompositeMeterRegistryAutoConfiguration",
				"org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration",
				"org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration" })
@ConditionalOnBean(Routes.class)
@Import(MeterConfiguration.class)
public final class HardeningActuatorAutoConfiguration {

	@Bean
	RejectionTally hardeningRejectionTally() {
		return new RejectionTally();
	}

	@Bean
	SettingsPart hardeningRejectionsOfRoutes(RejectionTally tally, Routes routes) {
		return (resolution) -> () -> tally.keep(routes.activities().keySet());
	}

	// Sections of what only Reactor Netty has.
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ Endpoint.class, HttpServer.class })
	@ConditionalOnBean(Connections.class)
	static final class SocketSectionConfiguration {

		@Bean
		@Order(2)
		ConnectionSection hardeningConnectionSection(ServerPolicies policies, Connections connections) {
			return new ConnectionSection(policies.sockets()::policy, connections);
		}

		@Bean
		@Order(11)
		WatchdogSection hardeningWatchdogSection(LoopClocks clocks, StallWatch stalls, ApplicationCalls calls) {
			return new WatchdogSection(clocks, stalls, calls);
		}

	}

	// Sections of what needs Resilience4j.
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(Endpoint.class)
	static final class AdmissionSectionConfiguration {

		@Bean
		@Order(6)
		@ConditionalOnBean(RateLimitGuards.class)
		RateLimitSection hardeningRateLimitSection(Routes routes, RejectionTally tally) {
			return new RateLimitSection(routes, tally);
		}

		@Bean
		@Order(7)
		@ConditionalOnBean(ConcurrencyGuards.class)
		ConcurrencySection hardeningConcurrencySection(Routes routes, RejectionTally tally) {
			return new ConcurrencySection(routes, tally);
		}

		@Bean
		@Order(8)
		@ConditionalOnBean(CircuitBreakerGuards.class)
		CircuitBreakerSection hardeningCircuitBreakerSection(Routes routes, RejectionTally tally) {
			return new CircuitBreakerSection(routes, tally);
		}

	}

	// Endpoint and health, where there is Actuator.
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ Endpoint.class, ConditionalOnAvailableEndpoint.class })
	static final class EndpointConfiguration {

		@Bean
		@ConditionalOnMissingBean
		@ConditionalOnAvailableEndpoint
		HardeningEndpoint hardeningEndpoint(ShownSettings settings, ObjectProvider<HardeningSection> sections) {
			return new HardeningEndpoint(settings::settings, sections.orderedStream().toList());
		}

		@Bean
		ShownSettings hardeningShownSettings(SettingsInForce settings, Environment environment,
				DeduplicationGuards messages) {
			return new ShownSettings(settings::version, new SettingOrigins(environment), (resolution) -> List
				.of(new ConnectionSettings(resolution, environment).defaults(), messages.found()));
		}

		@Bean
		@Order(1)
		@ConditionalOnBean(ForwardedClientAddressResolver.class)
		ClientSection hardeningClientSection(ForwardedClientAddressResolver resolver) {
			return new ClientSection(resolver);
		}

		@Bean
		@Order(3)
		RequestSection hardeningRequestSection(Routes routes, RejectionTally tally) {
			return new RequestSection(routes, tally);
		}

		@Bean
		@Order(4)
		ResponseSection hardeningResponseSection(Routes routes, RejectionTally tally) {
			return new ResponseSection(routes, tally);
		}

		@Bean
		@Order(5)
		RoutesSection hardeningRoutesSection(Routes routes) {
			return new RoutesSection(routes);
		}

		@Bean
		@Order(9)
		WebhookSection hardeningWebhookSection(Routes routes) {
			return new WebhookSection(routes);
		}

		@Bean
		@Order(10)
		DeduplicationSection hardeningDeduplicationSection(Routes routes) {
			return new DeduplicationSection(routes);
		}

		@Bean
		HardeningHealth hardeningHealth(Routes routes, ShownSettings settings,
				ObjectProvider<CircuitBreakerSection> breakers, DeduplicationSection messages, WebhookSection webhooks,
				ObjectProvider<WatchdogSection> watchdogs, ObjectProvider<NettyAdvisories> advisories) {
			return new HardeningHealth(routes, settings::settings,
					() -> breakers.stream().flatMap((section) -> section.open().stream()).toList(),
					() -> Stream.concat(messages.down().stream(), webhooks.down().stream()).distinct().toList(),
					() -> watchdogs.stream().flatMap((section) -> section.blocked().stream()).toList(),
					advisories.getIfAvailable(() -> NettyAdvisories.NONE).names());
		}

		@Bean
		static OperatorThreads hardeningOperatorThreads(ObjectProvider<HardeningThreads> threads) {
			return new OperatorThreads(() -> threads.getObject().operators());
		}

		// Operators must get through when nobody else does. The paths are known only when
		// all endpoints are, and the server does not accept before that.
		@Bean
		SmartInitializingSingleton hardeningActuatorRoutes(SettingsInForce settings,
				ObjectProvider<PathMappedEndpoints> endpoints, ObjectProvider<EndpointMappings> actuators,
				ObjectProvider<RequestMappingInfoHandlerMapping> mappings, Environment environment) {
			return (SmartInitializingSingleton & AopInfrastructureBean) () -> endpoints
				.ifAvailable((known) -> actuators.ifAvailable((mine) -> settings
					.exempt(ActuatorPaths.onApplicationPort(known, mappings.stream(), mine, environment))));
		}

	}

}
