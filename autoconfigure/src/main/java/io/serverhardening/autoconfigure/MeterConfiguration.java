package io.serverhardening.autoconfigure;

import io.github.resilience4j.micrometer.tagged.TaggedBulkheadMetrics;
import io.github.resilience4j.micrometer.tagged.TaggedRateLimiterMetrics;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.serverhardening.actuate.RejectionTally;
import io.serverhardening.actuate.meter.AdmissionMeters;
import io.serverhardening.actuate.meter.CircuitBreakerMeters;
import io.serverhardening.actuate.meter.ClientMeters;
import io.serverhardening.actuate.meter.ConnectionMeters;
import io.serverhardening.actuate.meter.LoopMeters;
import io.serverhardening.actuate.meter.MessageMeters;
import io.serverhardening.actuate.meter.PushMeters;
import io.serverhardening.actuate.meter.RejectionMeters;
import io.serverhardening.actuate.meter.RouteMeters;
import io.serverhardening.autoconfigure.admission.CircuitBreakerGuards;
import io.serverhardening.autoconfigure.admission.ConcurrencyGuards;
import io.serverhardening.autoconfigure.admission.RateLimitGuards;
import io.serverhardening.autoconfigure.message.DeduplicationGuards;
import io.serverhardening.autoconfigure.message.WebhookGuards;
import io.serverhardening.autoconfigure.route.SettingsInForce;
import io.serverhardening.client.ForwardedClientAddressResolver;
import io.serverhardening.connection.registry.Connections;
import io.serverhardening.internal.time.LoopClocks;
import reactor.netty.http.server.HttpServer;

import org.springframework.boot.LazyInitializationExcludeFilter;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Meters, where there is a registry.
 */
@Configuration(proxyBeanMethods = false)
final class MeterConfiguration {

	// Meters of routes and refusals.
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(MeterRegistry.class)
	@ConditionalOnBean(MeterRegistry.class)
	static final class RouteMeterConfiguration {

		@Bean
		RejectionMeters hardeningRejectionMeters(RejectionTally tally) {
			return new RejectionMeters(tally);
		}

		@Bean
		RouteMeters hardeningRouteMeters(SettingsInForce settings) {
			return settings.listening(new RouteMeters(settings.routes()));
		}

		@Bean
		@ConditionalOnBean(ForwardedClientAddressResolver.class)
		ClientMeters hardeningClientMeters(ForwardedClientAddressResolver resolver) {
			return new ClientMeters(resolver);
		}

	}

	// Meters of messages, which are known once the routes are.
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(MeterRegistry.class)
	@ConditionalOnBean({ MeterRegistry.class, DeduplicationGuards.class })
	static final class MessageMeterConfiguration {

		@Bean
		MessageMeters hardeningMessageMeters(DeduplicationGuards messages, SettingsInForce settings) {
			return settings.listening(new MessageMeters(messages::states));
		}

		@Bean
		PushMeters hardeningPushMeters(WebhookGuards webhooks, SettingsInForce settings) {
			return settings.listening(new PushMeters(webhooks::activities));
		}

	}

	// The same for what only Reactor Netty has.
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ MeterRegistry.class, HttpServer.class })
	@ConditionalOnBean({ MeterRegistry.class, Connections.class })
	static final class SocketMeterConfiguration {

		@Bean
		ConnectionMeters hardeningConnectionMeters(Connections connections) {
			return new ConnectionMeters(connections);
		}

		// Nobody asks for it.
		@Bean
		static LazyInitializationExcludeFilter hardeningLoopMetersNotLazy() {
			return LazyInitializationExcludeFilter.forBeanTypes(LoopMeters.class);
		}

		@Bean
		LoopMeters hardeningLoopMeters(LoopClocks clocks) {
			return new LoopMeters(clocks);
		}

	}

	// Resilience4j's own meters, and ours beside them.
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ MeterRegistry.class, TaggedRateLimiterMetrics.class })
	@ConditionalOnBean(MeterRegistry.class)
	static final class AdmissionMeterConfiguration {

		@Bean
		@ConditionalOnBean(RateLimitGuards.class)
		AdmissionMeters hardeningAdmissionMeters(RateLimitGuards guards, SettingsInForce settings) {
			return settings.listening(new AdmissionMeters(guards::limits));
		}

		@Bean
		@ConditionalOnBean(RateLimitGuards.class)
		MeterBinder hardeningRateLimiterMetrics(RateLimitGuards guards) {
			return TaggedRateLimiterMetrics.ofRateLimiterRegistry(guards.registry());
		}

		@Bean
		@ConditionalOnBean(ConcurrencyGuards.class)
		MeterBinder hardeningBulkheadMetrics(ConcurrencyGuards guards) {
			return TaggedBulkheadMetrics.ofBulkheadRegistry(guards.registry());
		}

		@Bean
		@ConditionalOnBean(CircuitBreakerGuards.class)
		CircuitBreakerMeters hardeningCircuitBreakerMeters(CircuitBreakerGuards guards, SettingsInForce settings) {
			return settings.listening(new CircuitBreakerMeters(guards::breakers));
		}

	}

}
