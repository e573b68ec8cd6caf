package io.serverhardening.autoconfigure.diagnostics;

import org.jspecify.annotations.Nullable;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.aot.AotDetector;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.core.env.Environment;

/**
 * A setting that decides which beans there are. Ahead-of-time processing decides it once:
 * another value at run time would be shown as being in force, and would not be.
 */
public final class FrozenSetting implements BeanFactoryPostProcessor, AopInfrastructureBean {

	private final Environment environment;

	private final String property;

	private final String decided;

	private final String fallback;

	/**
	 * Create the setting.
	 * @param environment has its present value
	 * @param property its name
	 * @param decided the value for which the beans of this application were chosen
	 * @param fallback its value where nobody sets it
	 */
	public FrozenSetting(Environment environment, String property, String decided, String fallback) {
		this.environment = environment;
		this.property = property;
		this.decided = decided;
		this.fallback = fallback;
	}

	@Override
	public void postProcessBeanFactory(ConfigurableListableBeanFactory beanFactory) {
		String present = this.environment.getProperty(this.property);
		if (!this.decided.equalsIgnoreCase(valueOf(present))) {
			throw new InvalidSettingException(this.property, present,
					AotDetector.useGeneratedArtifacts() ? "was " + this.decided
							+ " when the application was processed ahead of time, and cannot change at run "
							+ "time: process the application again with this value, or, on a JVM, start it with "
							+ "-Dspring.aot.enabled=false" : "must be true or false");
		}
	}

	private String valueOf(@Nullable String present) {
		return (present != null) ? present.trim() : this.fallback;
	}

}
