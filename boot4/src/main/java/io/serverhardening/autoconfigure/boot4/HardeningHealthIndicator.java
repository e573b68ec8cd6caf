package io.serverhardening.autoconfigure.boot4;

import io.serverhardening.actuate.HardeningHealth;
import reactor.core.publisher.Mono;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.boot.health.contributor.AbstractReactiveHealthIndicator;
import org.springframework.boot.health.contributor.Health;

/**
 * The health of the guards. No aspect is put around it.
 */
final class HardeningHealthIndicator extends AbstractReactiveHealthIndicator implements AopInfrastructureBean {

	private final HardeningHealth health;

	HardeningHealthIndicator(HardeningHealth health) {
		super("The state of server hardening could not be read");
		this.health = health;
	}

	@Override
	protected Mono<Health> doHealthCheck(Health.Builder builder) {
		return Mono.just(builder.up().withDetails(this.health.details()).build());
	}

}
