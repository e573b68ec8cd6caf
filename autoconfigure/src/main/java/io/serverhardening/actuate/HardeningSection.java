package io.serverhardening.actuate;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.aop.framework.AopInfrastructureBean;

/**
 * One section of {@code /actuator/hardening}.
 */
public interface HardeningSection extends AopInfrastructureBean {

	/**
	 * Return the name of the section, which is the name of the feature's property group.
	 * @return the name
	 */
	String name();

	/**
	 * Describe what is in force and what is happening.
	 * @return maps, lists and values, in a stable order, with units, without nulls and
	 * without secrets
	 */
	Object describe();

	/**
	 * Describe one of the things in it.
	 * @param id its id
	 * @return the same as {@link #describe()}; empty, unless overridden, for what there
	 * is none of
	 */
	default Mono<Object> find(String id) {
		return Mono.empty();
	}

	/**
	 * Describe what belongs to a key.
	 * @param key the key as a client sent it
	 * @param principal who sent it, {@code null} for nobody in particular
	 * @return the same as {@link #describe()}; empty, unless overridden
	 */
	default Mono<Object> find(String key, @Nullable String principal) {
		return Mono.empty();
	}

}
