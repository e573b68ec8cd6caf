package io.serverhardening.autoconfigure.server;

import io.serverhardening.internal.message.QuietCodecs;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.http.codec.ServerCodecConfigurer;

/**
 * Sees to it that an upload that ends early, refused or broken off, is not written to the
 * log with a stack for each.
 */
public final class QuietUploads implements BeanPostProcessor, AopInfrastructureBean {

	@Override
	public Object postProcessAfterInitialization(Object bean, String beanName) {
		return (bean instanceof ServerCodecConfigurer codecs) ? new QuietCodecs(codecs) : bean;
	}

}
