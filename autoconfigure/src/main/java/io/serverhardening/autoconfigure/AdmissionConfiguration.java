package io.serverhardening.autoconfigure;

import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.ratelimiter.RateLimiter;
import io.serverhardening.ClientAddressResolver;
import io.serverhardening.autoconfigure.admission.AuthorityTiers;
import io.serverhardening.autoconfigure.admission.CircuitBreakerGuards;
import io.serverhardening.autoconfigure.admission.ConcurrencyGuards;
import io.serverhardening.autoconfigure.admission.RateLimitGuards;
import io.serverhardening.errors.CorsHeaders;
import io.serverhardening.internal.call.ApplicationCalls;
import io.serverhardening.ratelimit.AuthorityTierResolver;

import org.springframework.beans.factory.BeanFactory;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.core.Authentication;

/**
 * Who is admitted. Each part needs its library only where it is used; where the library
 * is missing, a part that is switched on refuses the start.
 */
@Configuration(proxyBeanMethods = false)
final class AdmissionConfiguration {

	// Rate limits.
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(RateLimiter.class)
	static final class RateLimitConfiguration {

		@Bean
		RateLimitGuards hardeningRateLimitGuards(ClientAddressResolver addresses, BeanFactory beans,
				ApplicationCalls calls) {
			return new RateLimitGuards(addresses, beans, calls, System::nanoTime);
		}

	}

	// Requests in flight.
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(Bulkhead.class)
	static final class ConcurrencyConfiguration {

		@Bean
		ConcurrencyGuards hardeningConcurrencyGuards() {
			return new ConcurrencyGuards();
		}

	}

	// Circuit breakers.
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(CircuitBreaker.class)
	static final class CircuitBreakerConfiguration {

		@Bean
		CircuitBreakerGuards hardeningCircuitBreakerGuards(CorsHeaders cors, BeanFactory beans) {
			return new CircuitBreakerGuards(cors, beans, System::nanoTime);
		}

	}

	// Tiers by authority.
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ Authentication.class, RateLimiter.class })
	static final class AuthorityConfiguration {

		@Bean
		AuthorityTiers hardeningAuthorityTiers() {
			return AuthorityTierResolver::new;
		}

	}

}
