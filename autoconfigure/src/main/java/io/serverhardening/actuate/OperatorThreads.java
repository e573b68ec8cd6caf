package io.serverhardening.actuate;

import java.util.function.Supplier;

import reactor.core.scheduler.Scheduler;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.actuate.endpoint.web.WebEndpointsSupplier;

/**
 * Has what operators ask for done on threads of the starter's own. Spring Boot runs
 * blocking operations on {@code Schedulers.boundedElastic()}, where they wait behind
 * whatever of the application's hangs there: that is when they are asked. The same goes
 * for health indicators, which the binding of each line of Spring Boot knows.
 */
public final class OperatorThreads implements BeanPostProcessor, AopInfrastructureBean {

	private final Supplier<Scheduler> scheduler;

	/**
	 * Create the processor.
	 * @param scheduler gives the threads
	 */
	public OperatorThreads(Supplier<Scheduler> scheduler) {
		this.scheduler = scheduler;
	}

	@Override
	public Object postProcessAfterInitialization(Object bean, String beanName) {
		return (bean instanceof WebEndpointsSupplier endpoints) ? new OperatorEndpoints(endpoints, this.scheduler)
				: bean;
	}

}
