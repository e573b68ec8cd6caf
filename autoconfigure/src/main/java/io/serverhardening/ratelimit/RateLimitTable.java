package io.serverhardening.ratelimit;

import java.util.LinkedHashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * A rate limit as one version of the settings has it: the limit outside the tiers, and
 * those of the tiers. A request is counted by the table that it began with.
 */
public final class RateLimitTable {

	private final RateLimits limits;

	private final RateLimitPolicy policy;

	private final @Nullable TierLimit base;

	/** Without a limit for those that have none. */
	private final Map<String, @Nullable TierLimit> tiers;

	private final RefusedKeys refusedKeys;

	RateLimitTable(RateLimits limits, RateLimitPolicy policy, @Nullable TierLimit base,
			Map<String, @Nullable TierLimit> tiers, RefusedKeys refusedKeys) {
		this.limits = limits;
		this.policy = policy;
		this.base = base;
		this.tiers = tiers;
		this.refusedKeys = refusedKeys;
	}

	/**
	 * Put the table in force.
	 */
	public void apply() {
		this.limits.apply(this);
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
	 * Return what is counted.
	 * @return the limits
	 */
	public RateLimits limits() {
		return this.limits;
	}

	/**
	 * Return what the table was made from.
	 * @return the policy
	 */
	public RateLimitPolicy policy() {
		return this.policy;
	}

	/**
	 * Return those that have a limit.
	 * @return the limits by tier, the empty name for the limit outside them
	 */
	Map<String, TierLimit> all() {
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
