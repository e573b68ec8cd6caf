package io.serverhardening.autoconfigure.admission;

import java.util.Collection;

import io.serverhardening.TierResolver;

import org.springframework.aop.framework.AopInfrastructureBean;

/**
 * Finds tiers in the authorities of principals, where Spring Security is there.
 */
@FunctionalInterface
public interface AuthorityTiers extends AopInfrastructureBean {

	/**
	 * Make a resolver for one limit.
	 * @param tiers the names of its tiers, in the order in which they are asked
	 * @return the resolver
	 */
	TierResolver among(Collection<String> tiers);

}
