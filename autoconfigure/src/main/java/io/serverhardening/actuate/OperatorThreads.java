package io.serverhardening.actuate;

import java.util.function.Supplier;

import reactor.core.scheduler.Scheduler;

import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.actuate.endpoint.web.WebEndpointsSupplier;
import org.springframework.boot.actuate.health.HealthContributor;
import org.springframework.boot.actuate.health.HealthContributorNameFactory;
import org.springframework.boot.actuate.health.ReactiveHealthContributor;
import org.springframework.boot.actuate.health.ReactiveHealthContributorRegistry;

/**
 * Has what operators ask for done on threads of the starter's own. Spring Boot runs
 * blocking operations and health indicators on {@code Schedulers.boundedElastic()}, where
 * they wait behind whatever of the application's hangs there: that is when they are
 * asked.
 */
public final class OperatorThreads implements BeanPostProcessor {

	private final Supplier<Scheduler> scheduler;

	private final ListableBeanFactory beans;

	/**
	 * Create the processor.
	 * @param scheduler gives the threads
	 * @param beans has the health indicators
	 */
	public OperatorThreads(Supplier<Scheduler> scheduler, ListableBeanFactory beans) {
		this.scheduler = scheduler;
		this.beans = beans;
	}

	@Override
	public Object postProcessAfterInitialization(Object bean, String beanName) {
		if (bean instanceof WebEndpointsSupplier endpoints) {
			return new OperatorEndpoints(endpoints, this.scheduler);
		}
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
