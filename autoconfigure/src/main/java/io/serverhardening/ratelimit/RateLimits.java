package io.serverhardening.ratelimit;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

import io.github.resilience4j.ratelimiter.RateLimiterRegistry;
import io.serverhardening.CountLimit;
import io.serverhardening.internal.call.Contained;
import io.serverhardening.ratelimit.RateLimitPolicy.Limit;
import org.jspecify.annotations.Nullable;

/**
 * What is counted for one limit: its tiers, and within each its clients. The routes that
 * share the limit share this. It outlives the settings: what clients have taken counts
 * on, whatever they may have from now on.
 */
public final class RateLimits {

	private final String name;

	private final RateLimiterRegistry registry;

	private final LongSupplier time;

	/** How many requests of newcomers found no room, since the start. */
	private final LongAdder overflowed = new LongAdder();

	private Map<String, OverflowRateLimiter> registered = Map.of();

	private volatile @Nullable RateLimitTable inForce;

	/**
	 * Create the counts. Nothing is limited before a table is in force.
	 * @param name the name of the limit: the id of its route, or {@code default}
	 * @param registry where Resilience4j's meters find the limiters that are no client's
	 * own
	 * @param time the clock, nanoseconds
	 */
	public RateLimits(String name, RateLimiterRegistry registry, LongSupplier time) {
		this.name = name;
		this.registry = registry;
		this.time = time;
	}

	/**
	 * Make what would be in force by a policy. Nothing changes before it is applied.
	 * @param policy the limit
	 * @return the table
	 */
	public RateLimitTable table(RateLimitPolicy policy) {
		Map<String, TierLimit> known = known(policy);
		TierLimit base = tier("", policy.limit(), policy.propertyPrefix(), policy, known);
		Map<String, @Nullable TierLimit> tiers = new LinkedHashMap<>();
		policy.tiers()
			.forEach((tier, limit) -> tiers.put(tier,
					tier(tier, limit, policy.propertyPrefix() + ".tiers." + tier, policy, known)));
		return new RateLimitTable(this, policy, base, tiers, refusedKeys(policy));
	}

	// What was hidden of them is not shown, and keys of another kind are no clients.
	private RefusedKeys refusedKeys(RateLimitPolicy policy) {
		RateLimitTable inForce = this.inForce;
		if (inForce == null || !inForce.policy().key().name().equals(policy.key().name())
				|| (policy.showKeys() && !inForce.policy().showKeys())) {
			return new RefusedKeys();
		}
		return inForce.refusedKeys();
	}

	// Clients that are known by something else are others.
	private Map<String, TierLimit> known(RateLimitPolicy policy) {
		RateLimitTable inForce = this.inForce;
		return (inForce != null && inForce.policy().key().name().equals(policy.key().name())) ? inForce.all()
				: Map.of();
	}

	private @Nullable TierLimit tier(String tier, Limit limit, String property, RateLimitPolicy policy,
			Map<String, TierLimit> known) {
		if (limit.permits().isNone()) {
			return null;
		}
		Quota quota = new Quota(tier.isEmpty() ? this.name : this.name + "." + tier, limit.permits().count(),
				limit.period(), this.time);
		TierLimit before = known.get(tier);
		KeyedLimiters limiters = (before != null) ? before.limiters()
				: new KeyedLimiters(quota, policy.maxKeys(), this.overflowed);
		return new TierLimit(limiters, quota, property + ".permits");
	}

	synchronized void apply(RateLimitTable table) {
		Collection<TierLimit> tiers = table.all().values();
		tiers.forEach((tier) -> tier.limiters().apply(tier.quota(), table.policy().maxKeys()));
		this.inForce = table;
		register(limiters());
	}

	private void register(Map<String, OverflowRateLimiter> after) {
		Map<String, OverflowRateLimiter> before = this.registered;
		this.registered = after;
		before.forEach((limit, limiter) -> {
			if (after.get(limit) != limiter) {
				Contained.run("Removing a rate limit from Resilience4j's registry", () -> this.registry.remove(limit));
			}
		});
		after.forEach((limit, limiter) -> {
			if (before.get(limit) != limiter) {
				Contained.run("Adding a rate limit to Resilience4j's registry", () -> {
					this.registry.rateLimiter(limit, limiter.getRateLimiterConfig());
					this.registry.replace(limit, limiter);
				});
			}
		});
	}

	private Map<String, OverflowRateLimiter> limiters() {
		Map<String, OverflowRateLimiter> limiters = new LinkedHashMap<>();
		all().values().forEach((tier) -> limiters.put(tier.quota().name(), tier.limiters().overflow()));
		return limiters;
	}

	/**
	 * Take the limiters out of the registry, when nothing is limited any more.
	 */
	public synchronized void close() {
		register(Map.of());
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
		return Objects.requireNonNull(this.inForce, "Nothing is in force yet").policy();
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
		return this.overflowed.sum();
	}

	/**
	 * Return the limits in force: those of the configuration, unless changed since.
	 * @return the limits by tier, the empty name for the limit outside them
	 */
	public Map<String, Limit> quotas() {
		Map<String, Limit> quotas = new LinkedHashMap<>();
		all().forEach((name, tier) -> {
			Quota quota = tier.quota();
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
		RateLimitTable table = Objects.requireNonNull(this.inForce, "Nothing is in force yet");
		boolean shown = table.policy().showKeys();
		table.refusedKeys()
			.top(limit)
			.forEach((entry) -> top.put(ShownKey.of(entry.getKey(), shown), entry.getValue()));
		return top;
	}

	private Map<String, TierLimit> all() {
		RateLimitTable inForce = this.inForce;
		return (inForce != null) ? inForce.all() : Map.of();
	}

}
