package io.serverhardening.autoconfigure.server;

import io.serverhardening.autoconfigure.settings.HardeningProperties;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.boot.context.event.ApplicationStartedEvent;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationListener;
import org.springframework.util.ClassUtils;

/**
 * The one line in the log of a servlet application: nobody should believe to be protected
 * who is not.
 */
public final class ServletHint implements ApplicationListener<ApplicationStartedEvent>, AopInfrastructureBean {

	private static final Log logger = LogFactory.getLog(ServletHint.class);

	private final ApplicationContext context;

	/**
	 * Create it.
	 * @param context of the application
	 */
	public ServletHint(ApplicationContext context) {
		this.context = context;
	}

	@Override
	public void onApplicationEvent(ApplicationStartedEvent event) {
		if (event.getApplicationContext() == this.context) {
			logger.warn("This is a servlet application: Server Hardening protects reactive applications only, and "
					+ "does nothing here. No setting under " + HardeningProperties.PREFIX + " is read or checked."
					+ way() + " To switch this warning off, remove the starter or set " + HardeningProperties.PREFIX
					+ ".enabled to false");
		}
	}

	private String way() {
		return ClassUtils.isPresent("org.springframework.web.reactive.DispatcherHandler", this.context.getClassLoader())
				? " Spring WebFlux is on the class path too, but Spring Boot prefers Spring MVC. To run Spring "
						+ "WebFlux, remove spring-boot-starter-web or set spring.main.web-application-type to reactive."
				: "";
	}

}
