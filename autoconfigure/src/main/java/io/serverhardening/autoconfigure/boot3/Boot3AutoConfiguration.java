package io.serverhardening.autoconfigure.boot3;

import io.serverhardening.actuate.HardeningHealth;
import io.serverhardening.autoconfigure.HardeningActuatorAutoConfiguration;
import io.serverhardening.autoconfigure.route.EndpointMappings;
import io.serverhardening.autoconfigure.server.ServerHardening;
import io.serverhardening.autoconfigure.server.StartHints;
import io.serverhardening.internal.HardeningThreads;
import io.serverhardening.route.chain.AdapterSettings;
import io.serverhardening.route.chain.EdgeFirst;
import reactor.netty.http.server.HttpServer;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.autoconfigure.health.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.actuate.endpoint.web.reactive.AdditionalHealthEndpointPathsWebFluxHandlerMapping;
import org.springframework.boot.actuate.endpoint.web.reactive.ControllerEndpointHandlerMapping;
import org.springframework.boot.actuate.endpoint.web.reactive.WebFluxEndpointHandlerMapping;
import org.springframework.boot.actuate.health.ReactiveHealthContributor;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.web.reactive.context.ReactiveWebServerInitializedEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;

/**
 * Binds the guards to Spring Boot 3.
 */
@AutoConfiguration(after = HardeningActuatorAutoConfiguration.class)
@ConditionalOnClass(ReactiveWebServerInitializedEvent.class)
@ConditionalOnBean(StartHints.class)
public final class Boot3AutoConfiguration {

	@Bean
	ApplicationListener<ReactiveWebServerInitializedEvent> hardeningServerStarted(StartHints hints) {
		return (ApplicationListener<ReactiveWebServerInitializedEvent> & AopInfrastructureBean) (event) -> hints
			.serverStarted(event.getApplicationContext(), event.getWebServer());
	}

	// The last of the decorators of Spring's handler: of those with the same order, beans
	// of later configurations come later.
	@Bean
	EdgeFirst hardeningEdgeFirst() {
		return new EdgeFirst(AdapterSettings.NONE);
	}

	// The server, where it is Reactor Netty.
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(HttpServer.class)
	@ConditionalOnBean(ServerHardening.class)
	static final class ServerConfiguration {

		@Bean
		ServerCustomizer hardeningServerCustomizer(ServerHardening hardening) {
			return new ServerCustomizer(hardening, Ordered.LOWEST_PRECEDENCE);
		}

	}

	// Health, and where the endpoints are, where there is Actuator.
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ ReactiveHealthContributor.class, ConditionalOnEnabledHealthIndicator.class })
	@ConditionalOnBean(HardeningHealth.class)
	static final class HealthConfiguration {

		@Bean
		@ConditionalOnMissingBean(name = { "hardeningHealthIndicator", "hardeningHealthContributor" })
		@ConditionalOnEnabledHealthIndicator("hardening")
		ReactiveHealthContributor hardeningHealthContributor(HardeningHealth health) {
			return new HardeningHealthIndicator(health);
		}

		@Bean
		static OperatorHealthThreads hardeningOperatorHealthThreads(ObjectProvider<HardeningThreads> threads,
				ListableBeanFactory beans) {
			return new OperatorHealthThreads(() -> threads.getObject().operators(), beans);
		}

		// Not Cloud Foundry's: whoever comes there has first to be asked about.
		@Bean
		@SuppressWarnings("removal")
		EndpointMappings hardeningEndpointMappings() {
			return (mapping) -> mapping instanceof WebFluxEndpointHandlerMapping
					|| mapping instanceof AdditionalHealthEndpointPathsWebFluxHandlerMapping
					|| mapping instanceof ControllerEndpointHandlerMapping;
		}

	}

}
