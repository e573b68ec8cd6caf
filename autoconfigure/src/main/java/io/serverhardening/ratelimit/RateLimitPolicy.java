package io.serverhardening.ratelimit;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

import io.serverhardening.CountLimit;

/**
 * How many requests a client may send.
 *
 * @param limit the limit outside the tiers
 * @param tiers the limits of the tiers by their names
 * @param key by what requests are counted
 * @param maxKeys how many clients may have a limit of their own; beyond it newcomers
 * share one
 * @param showKeys whether Actuator may show the keys themselves
 * @param propertyPrefix the prefix of the properties that an operator would change
 */
public record RateLimitPolicy(Limit limit, Map<String, Limit> tiers, ClientKey key, int maxKeys, boolean showKeys,
		String propertyPrefix) {

	public RateLimitPolicy {
		tiers = Collections.unmodifiableMap(new LinkedHashMap<>(tiers));
	}

	/**
	 * Permits per period.
	 *
	 * @param permits how many requests in each period
	 * @param period how long a period is
	 */
	public record Limit(CountLimit permits, Duration period) {

	}

}
