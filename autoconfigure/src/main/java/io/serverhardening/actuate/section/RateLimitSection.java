package io.serverhardening.actuate.section;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

import io.serverhardening.Timeout;
import io.serverhardening.actuate.HardeningSection;
import io.serverhardening.actuate.RejectionTally;
import io.serverhardening.ratelimit.RateLimitGuard;
import io.serverhardening.ratelimit.RateLimits;
import io.serverhardening.route.Routes;

/**
 * The rate limits, how many clients they count, and whom they refuse most.
 */
public final class RateLimitSection implements HardeningSection {

	private static final int TOP_REFUSED = 10;

	private final SharedGuards guards;

	/**
	 * Create the section.
	 * @param routes the routes in force
	 * @param tally the refusals
	 */
	public RateLimitSection(Routes routes, RejectionTally tally) {
		this.guards = new SharedGuards(routes, tally);
	}

	@Override
	public String name() {
		return RateLimitGuard.NAME;
	}

	@Override
	public Object describe() {
		return this.guards.describe(RateLimitGuard.class, (guard) -> guard.limits().name(),
				(guard, policies) -> describe(guard));
	}

	private static Map<String, Object> describe(RateLimitGuard guard) {
		RateLimits limits = guard.limits();
		Map<String, Object> result = new LinkedHashMap<>();
		result.put("key", limits.policy().key().name());
		result.put("stage", guard.stage().name().toLowerCase(Locale.ROOT));
		Map<String, Object> tiers = new LinkedHashMap<>();
		limits.quotas().forEach((tier, quota) -> {
			Map<String, Object> limit = new LinkedHashMap<>();
			limit.put("permits", quota.permits().count());
			limit.put("period", Timeout.of(quota.period()).toString());
			if (tier.isEmpty()) {
				result.putAll(limit);
			}
			else {
				tiers.put(tier, limit);
			}
		});
		result.put("tiers", tiers);
		result.put("keys", limits.keys());
		result.put("maxKeys", limits.policy().maxKeys());
		result.put("overflowed", limits.overflowed());
		result.put("topRefused", limits.topRefused(TOP_REFUSED));
		return result;
	}

}
