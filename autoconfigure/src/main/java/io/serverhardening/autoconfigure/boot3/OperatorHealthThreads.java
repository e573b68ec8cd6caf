package io.serverhardening.autoconfigure.boot3;

import java.util.function.Supplier;

import reactor.core.scheduler.Scheduler;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.actuate.health.HealthContributor;
import org.springframework.boot.actuate.health.HealthContributorNameFactory;
import org.springframework.boot.actuate.health.ReactiveHealthContributor;
import org.springframework.boot.actuate.health.ReactiveHealthContributorRegistry;

/**
 * Has blocking health indicators asked on threads of the starter's own.
 */
final class OperatorHealthThreads implements BeanPostProcessor, AopInfrastructureBean {

	private final Supplier<Scheduler> scheduler;

	private final ListableBeanFactory beans;

	OperatorHealthThreads(Supplier<Scheduler> scheduler, ListableBeanFactory beans) {
		this.scheduler = scheduler;
		this.beans = beans;
	}

	@Override
	public Object postProcessAfterInitialization(Object bean, String beanName) {
		if (bean instanceof ReactiveHealthContributorRegistry registry) {
			replaceBlocking(registry);
		}
		return bean;
	}

	private void replaceBlocking(ReactiveHealthContributorRegistry registry) {
		HealthContributorNameFactory names = HealthContributorNameFactory.INSTANCE;
		this.beans.getBeansOfType(HealthContributor.class).forEach((beanName, blocking) -> {
			String name = names.apply(beanName);
			// One that is reactive by itself needs no thread.
			if (registry.getContributor(name) != null && !isReactive(name)) {
				registry.unregisterContributor(name);
				registry.registerContributor(name, OperatorHealth.of(blocking, this.scheduler.get()));
			}
		});
	}

	private boolean isReactive(String name) {
		for (String beanName : this.beans.getBeanNamesForType(ReactiveHealthContributor.class)) {
			if (HealthContributorNameFactory.INSTANCE.apply(beanName).equals(name)) {
				return true;
			}
		}
		return false;
	}

}
