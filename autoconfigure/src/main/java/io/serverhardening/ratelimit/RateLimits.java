package io.serverhardening.ratelimit;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

import io.github.resilience4j.ratelimiter.RateLimiterRegistry;
import io.serverhardening.CountLimit;
import io.serverhardening.ratelimit.RateLimitPolicy.Limit;
import org.jspecify.annotations.Nullable;

/**
 * What is counted for one limit: its tiers, and within each its clients. The routes that
 * share the limit share this.
 */
public final class RateLimits {

	private final String name;

	private final RateLimitPolicy policy;

	private final @Nullable TierLimit base;

	/** Without a limit for those that have none. */
	private final Map<String, @Nullable TierLimit> tiers = new LinkedHashMap<>();

	private final RefusedKeys refusedKeys = new RefusedKeys();

	/**
	 * Create the counts.
	 * @param name the name of the limit: the id of its route, or {@code default}
	 * @param policy the limit
	 * @param registry where Resilience4j's meters find the limiters that are no client's
	 * own
	 * @param time the clock, nanoseconds
	 */
	public RateLimits(String name, RateLimitPolicy policy, RateLimiterRegistry registry, LongSupplier time) {
		this.name = name;
		this.policy = policy;
		this.base = tier(name, policy.limit(), policy.propertyPrefix() + ".permits", registry, time);
		policy.tiers()
			.forEach((tier, limit) -> this.tiers.put(tier, tier(name + "." + tier, limit,
					policy.propertyPrefix() + ".tiers." + tier + ".permits", registry, time)));
	}

	private @Nullable TierLimit tier(String quotaName, Limit limit, String property, RateLimiterRegistry registry,
			LongSupplier time) {
		if (limit.permits().isNone()) {
			return null;
		}
		Quota quota = new Quota(quotaName, limit.permits().count(), limit.period(), time);
		KeyedLimiters limiters = new KeyedLimiters(quota, this.policy.maxKeys());
		registry.rateLimiter(quotaName, quota.config());
		registry.replace(quotaName, limiters.overflow());
		return new TierLimit(limiters, limit, property);
	}

	/**
	 * Return the limit of a tier.
	 * @param tier the name of the tier, empty for none
	 * @return the limit, {@code null} for no limit
	 */
	@Nullable TierLimit tier(String tier) {
		return this.tiers.containsKey(tier) ? this.tiers.get(tier) : this.base;
	}

	RefusedKeys refusedKeys() {
		return this.refusedKeys;
	}

	/**
	 * Return the name of the limit.
	 * @return the id of its route, or {@code default}
	 */
	public String name() {
		return this.name;
	}

	/**
	 * Return the limit.
	 * @return the policy
	 */
	public RateLimitPolicy policy() {
		return this.policy;
	}

	/**
	 * Return how many clients have a limiter of their own.
	 * @return the number, over all tiers
	 */
	public int keys() {
		return all().values().stream().mapToInt((tier) -> tier.limiters().size()).sum();
	}

	/**
	 * Return how many requests were counted by the limiters that newcomers share when
	 * there is no room for one of their own.
	 * @return the number since the start, over all tiers
	 */
	public long overflowed() {
		return all().values().stream().mapToLong((tier) -> tier.limiters().overflowed()).sum();
	}

	/**
	 * Return the limits in force: those of the configuration, unless changed since.
	 * @return the limits by tier, the empty name for the limit outside them
	 */
	public Map<String, Limit> quotas() {
		Map<String, Limit> quotas = new LinkedHashMap<>();
		all().forEach((name, tier) -> {
			Quota quota = tier.limiters().quota();
			quotas.put(name, new Limit(CountLimit.of(quota.permits()), quota.period()));
		});
		return quotas;
	}

	/**
	 * Return the keys that are refused most.
	 * @param limit how many
	 * @return what to show of the keys, with the number of refusals
	 */
	public Map<String, Long> topRefused(int limit) {
		Map<String, Long> top = new LinkedHashMap<>();
		this.refusedKeys.top(limit)
			.forEach((entry) -> top.put(ShownKey.of(entry.getKey(), this.policy.showKeys()), entry.getValue()));
		return top;
	}

	private Map<String, TierLimit> all() {
		Map<String, TierLimit> all = new LinkedHashMap<>();
		if (this.base != null) {
			all.put("", this.base);
		}
		this.tiers.forEach((name, tier) -> {
			if (tier != null) {
				all.put(name, tier);
			}
		});
		return all;
	}

}
