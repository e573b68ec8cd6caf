package io.serverhardening.autoconfigure.boot4;

import java.util.function.Supplier;

import reactor.core.scheduler.Scheduler;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.health.registry.HealthContributorRegistry;
import org.springframework.boot.health.registry.ReactiveHealthContributorRegistry;

/**
 * Has blocking health indicators asked on threads of the starter's own: Spring Boot
 * prefers what is reactive, and turns to those that block where there is nothing of their
 * name.
 */
final class OperatorHealthThreads implements BeanPostProcessor, AopInfrastructureBean {

	private final Supplier<Scheduler> scheduler;

	private final ObjectProvider<HealthContributorRegistry> blocking;

	OperatorHealthThreads(Supplier<Scheduler> scheduler, ObjectProvider<HealthContributorRegistry> blocking) {
		this.scheduler = scheduler;
		this.blocking = blocking;
	}

	@Override
	public Object postProcessAfterInitialization(Object bean, String beanName) {
		if (bean instanceof ReactiveHealthContributorRegistry registry) {
			this.blocking.ifAvailable((contributors) -> addBlocking(contributors, registry));
		}
		return bean;
	}

	private void addBlocking(HealthContributorRegistry blocking, ReactiveHealthContributorRegistry registry) {
		blocking.forEach((entry) -> {
			// One that is reactive by itself needs no thread.
			if (registry.getContributor(entry.name()) == null) {
				registry.registerContributor(entry.name(),
						OperatorHealth.of(entry.contributor(), this.scheduler.get()));
			}
		});
	}

}
