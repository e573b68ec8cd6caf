package io.serverhardening.autoconfigure;

import java.time.Duration;

import io.serverhardening.ClientAddressResolver;
import io.serverhardening.autoconfigure.message.DeduplicationGuards;
import io.serverhardening.autoconfigure.message.RedisRecords;
import io.serverhardening.autoconfigure.message.SharedRecords;
import io.serverhardening.autoconfigure.message.WebhookGuards;
import io.serverhardening.autoconfigure.message.WebhookMessageArgumentResolver;
import io.serverhardening.autoconfigure.server.RunsAtShutdown;
import io.serverhardening.errors.CorsHeaders;
import io.serverhardening.internal.HardeningThreads;
import io.serverhardening.internal.call.ApplicationCalls;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingClass;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.data.redis.connection.ReactiveRedisConnectionFactory;
import org.springframework.web.reactive.config.WebFluxConfigurer;
import org.springframework.web.reactive.result.method.annotation.ArgumentResolverConfigurer;

/**
 * What verifies webhooks, and has messages answered once.
 */
@Configuration(proxyBeanMethods = false)
final class MessageConfiguration {

	@Bean
	WebhookGuards hardeningWebhookGuards(ClientAddressResolver addresses, ListableBeanFactory beans,
			ApplicationCalls calls, SharedRecords shared, HardeningThreads threads) {
		return new WebhookGuards(addresses, beans, calls, shared, threads.timers(), System::currentTimeMillis);
	}

	@Bean
	DeduplicationGuards hardeningDeduplicationGuards(WebhookGuards webhooks, SharedRecords shared, BeanFactory beans,
			CorsHeaders cors, HardeningThreads threads, ApplicationCalls calls) {
		return new DeduplicationGuards(webhooks, shared, beans, cors::ahead, threads, calls, System::nanoTime);
	}

	@Bean
	RunsAtShutdown hardeningRunsAtShutdown(DeduplicationGuards messages, Environment environment,
			HardeningThreads threads) {
		boolean immediate = "immediate".equalsIgnoreCase(environment.getProperty("server.shutdown"));
		Duration phase = environment.getProperty("spring.lifecycle.timeout-per-shutdown-phase", Duration.class,
				Duration.ofSeconds(30));
		return new RunsAtShutdown(messages::busy, immediate ? Duration.ZERO : phase, threads.operators(),
				System::nanoTime);
	}

	// Records in Redis.
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(ReactiveRedisConnectionFactory.class)
	static final class RedisConfiguration {

		@Bean
		RedisRecords hardeningRedisRecords(ObjectProvider<ReactiveRedisConnectionFactory> factories,
				Environment environment, HardeningThreads threads) {
			return new RedisRecords(factories, environment.getProperty("spring.application.name"), threads,
					System::nanoTime);
		}

	}

	// No Redis.
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnMissingClass("org.springframework.data.redis.connection.ReactiveRedisConnectionFactory")
	static final class NoRedisConfiguration {

		@Bean
		SharedRecords hardeningSharedRecords() {
			return () -> null;
		}

	}

	// Verified pushes as arguments.
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(WebFluxConfigurer.class)
	static final class ArgumentConfiguration {

		@Bean
		MessageArgument hardeningWebhookMessageArgument() {
			return new MessageArgument();
		}

		/**
		 * Has controllers ask for a verified push.
		 */
		static final class MessageArgument implements WebFluxConfigurer, AopInfrastructureBean {

			@Override
			public void configureArgumentResolvers(ArgumentResolverConfigurer configurer) {
				configurer.addCustomResolver(new WebhookMessageArgumentResolver());
			}

		}

	}

}
