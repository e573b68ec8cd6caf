package io.serverhardening.autoconfigure.admission;

import java.security.Principal;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;

import io.github.resilience4j.ratelimiter.RateLimiterRegistry;
import io.serverhardening.ClientAddressResolver;
import io.serverhardening.ClientKeyResolver;
import io.serverhardening.CostResolver;
import io.serverhardening.CountLimit;
import io.serverhardening.Mode;
import io.serverhardening.TierResolver;
import io.serverhardening.Timeout;
import io.serverhardening.autoconfigure.diagnostics.InvalidSettingException;
import io.serverhardening.autoconfigure.resolution.Resolution;
import io.serverhardening.autoconfigure.resolution.RouteSettings;
import io.serverhardening.autoconfigure.route.ContainedAddresses;
import io.serverhardening.autoconfigure.route.GuardFactory;
import io.serverhardening.autoconfigure.route.GuardFactory.Draft;
import io.serverhardening.autoconfigure.route.KeptStates;
import io.serverhardening.autoconfigure.settings.HardeningProperties;
import io.serverhardening.autoconfigure.settings.TierProperties;
import io.serverhardening.internal.call.ApplicationCalls;
import io.serverhardening.ratelimit.ClientKey;
import io.serverhardening.ratelimit.RateLimitGuard;
import io.serverhardening.ratelimit.RateLimitPolicy;
import io.serverhardening.ratelimit.RateLimitPolicy.Limit;
import io.serverhardening.ratelimit.RateLimitTable;
import io.serverhardening.ratelimit.RateLimits;
import io.serverhardening.route.RoutePolicy.Binding;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.BeanNotOfRequiredTypeException;
import org.springframework.beans.factory.NoSuchBeanDefinitionException;

/**
 * Makes rate limits.
 */
public final class RateLimitGuards implements GuardFactory {

	private static final Pattern TIER_NAME = Pattern.compile("[a-z0-9]+");

	private static final Duration SHORTEST_PERIOD = Duration.ofMillis(1);

	private static final Duration LONGEST_PERIOD = Duration.ofDays(365);

	private final ClientAddressResolver addresses;

	private final BeanFactory beans;

	private final ApplicationCalls calls;

	private final LongSupplier time;

	private final RateLimiterRegistry registry = RateLimiterRegistry.ofDefaults();

	private final KeptStates<RateLimits> limits = new KeptStates<>((limit) -> limit.keys() > 0, (forgotten) -> {
	});

	/**
	 * Create the factory.
	 * @param addresses tells who is behind a request
	 * @param beans has the resolvers of the application
	 * @param calls lead to them
	 * @param time the clock, nanoseconds
	 */
	public RateLimitGuards(ClientAddressResolver addresses, BeanFactory beans, ApplicationCalls calls,
			LongSupplier time) {
		this.addresses = new ContainedAddresses(addresses, calls);
		this.beans = beans;
		this.calls = calls;
		this.time = time;
	}

	@Override
	public String group() {
		return RateLimitGuard.NAME;
	}

	/**
	 * Return where the limits are registered.
	 * @return the registry
	 */
	public RateLimiterRegistry registry() {
		return this.registry;
	}

	/**
	 * Return the limits in force.
	 * @return by name
	 */
	public Map<String, RateLimits> limits() {
		return this.limits.all();
	}

	@Override
	public Draft draft(Resolution resolution) {
		return new RateLimitDraft();
	}

	private RateLimits limits(String name) {
		return new RateLimits(name, this.registry, this.time);
	}

	private @Nullable TierResolver tiers(RateLimitPolicy policy, String property) {
		Collection<String> names = policy.tiers().keySet();
		return names.isEmpty() ? null : tierResolver(names, property);
	}

	private @Nullable CostResolver costs() {
		return this.beans.getBeanProvider(CostResolver.class).getIfAvailable();
	}

	private RateLimitPolicy policy(HardeningProperties.RateLimit inForce, String property) {
		if (inForce.maxKeys() <= 0) {
			throw new InvalidSettingException(property + ".max-keys", inForce.maxKeys(), "must be positive");
		}
		return new RateLimitPolicy(limit(inForce.permits(), inForce.period(), property),
				tiers(inForce.tiers(), property), key(inForce.key(), property + ".key"), inForce.maxKeys(),
				inForce.showKeys(), property);
	}

	private static Limit limit(CountLimit permits, Timeout period, String property) {
		Duration duration = period.duration();
		if (duration == null || duration.compareTo(SHORTEST_PERIOD) < 0 || duration.compareTo(LONGEST_PERIOD) > 0) {
			throw new InvalidSettingException(property + ".period", period,
					"must be a time between 1ms and 365d; to have no limit, set " + property + ".permits to none");
		}
		return new Limit(permits, duration);
	}

	private static Map<String, Limit> tiers(Map<String, TierProperties> inForce, String property) {
		Map<String, Limit> tiers = new LinkedHashMap<>();
		inForce.forEach((name, tier) -> {
			if (!TIER_NAME.matcher(name).matches()) {
				throw new InvalidSettingException(property + ".tiers." + name, null,
						"is not the name of a tier: only lowercase letters and digits");
			}
			tiers.put(name, limit(Objects.requireNonNull(tier.permits()), Objects.requireNonNull(tier.period()),
					property + ".tiers." + name));
		});
		return tiers;
	}

	private ClientKey key(String key, String property) {
		if (key.equals("client-address")) {
			return ClientKey.address(this.addresses);
		}
		if (key.equals("global")) {
			return ClientKey.global();
		}
		if (key.equals("principal")) {
			return ClientKey.resolved(key, (exchange) -> exchange.getPrincipal().map(Principal::getName),
					this.addresses);
		}
		if (key.matches("header:[!-9;-~]+")) {
			return ClientKey.header(key.substring("header:".length()), this.addresses);
		}
		if (key.startsWith("bean:")) {
			return ClientKey.resolved(key, keyResolver(key.substring("bean:".length()), key, property), this.addresses);
		}
		throw new InvalidSettingException(property, key,
				"must be client-address, principal, header:NAME, bean:NAME or global");
	}

	private ClientKeyResolver keyResolver(String bean, String key, String property) {
		try {
			return this.beans.getBean(bean, ClientKeyResolver.class);
		}
		catch (NoSuchBeanDefinitionException | BeanNotOfRequiredTypeException ex) {
			throw new InvalidSettingException(property, key,
					"names no bean: there is no ClientKeyResolver called '" + bean + "'");
		}
	}

	private TierResolver tierResolver(Collection<String> tiers, String property) {
		TierResolver resolver = this.beans.getBeanProvider(TierResolver.class).getIfAvailable();
		AuthorityTiers authorities = this.beans.getBeanProvider(AuthorityTiers.class).getIfAvailable();
		if (resolver == null && authorities != null) {
			return authorities.among(tiers);
		}
		if (resolver == null) {
			throw new InvalidSettingException(property + ".tiers", null,
					"need a TierResolver bean, or Spring Security, whose authorities name the tier of a client");
		}
		return resolver;
	}

	/**
	 * Limits in the making.
	 */
	private final class RateLimitDraft implements Draft {

		private final Map<String, RateLimitTable> tables = new LinkedHashMap<>();

		@Override
		public @Nullable Binding guard(RouteSettings settings) {
			HardeningProperties.RateLimit inForce = settings.inForce().rateLimit();
			if (!inForce.enabled()) {
				return null;
			}
			Mode mode = Objects.requireNonNull(inForce.mode());
			boolean own = settings.own().rateLimit().isSet();
			String property = settings.propertyOf(own, group());
			RateLimitTable table = this.tables.computeIfAbsent(settings.nameOf(own),
					(name) -> RateLimitGuards.this.limits.get(name, RateLimitGuards.this::limits)
						.table(policy(inForce, property)));
			return new Binding(new RateLimitGuard(table, mode, tiers(table.policy(), property), costs(),
					RateLimitGuards.this.calls), mode);
		}

		@Override
		public void commit() {
			Map<String, RateLimits> limits = new LinkedHashMap<>();
			this.tables.forEach((name, table) -> {
				table.apply();
				limits.put(name, table.limits());
			});
			RateLimitGuards.this.limits.keep(limits, (name, added) -> {
			}, (name, gone) -> gone.close());
		}

	}

}
