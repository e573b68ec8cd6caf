package io.serverhardening.autoconfigure.resolution;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

import io.serverhardening.Mode;
import io.serverhardening.Percentage;
import io.serverhardening.Timeout;
import io.serverhardening.autoconfigure.settings.HardeningProperties;
import io.serverhardening.autoconfigure.settings.HardeningProperties.CircuitBreaker;
import io.serverhardening.autoconfigure.settings.HardeningProperties.Concurrency;
import io.serverhardening.autoconfigure.settings.HardeningProperties.RateLimit;
import io.serverhardening.autoconfigure.settings.HardeningProperties.Request;
import io.serverhardening.autoconfigure.settings.HardeningProperties.Response;
import io.serverhardening.autoconfigure.settings.RouteProperties;
import io.serverhardening.autoconfigure.settings.TierProperties;
import org.jspecify.annotations.Nullable;

import org.springframework.aop.framework.AopInfrastructureBean;

/**
 * The settings in force: what is written, and what takes its place where nothing is.
 * Guards are made from it, and Actuator shows it.
 * <p>
 * A route inherits from the top leaf by leaf, but for three things that belong together:
 * the {@code reserve} of places of its own, the {@code tiers} beside a limit of its own,
 * and a {@code fallback}.
 *
 * @param written the settings as they were bound
 * @param everywhere what is in force where no route says anything
 * @param routes what is in force for each route, by its id
 */
public record Resolution(HardeningProperties written, ResolvedRoute everywhere,
		Map<String, ResolvedRoute> routes) implements AopInfrastructureBean {

	private static final Percentage NO_RESERVE = new Percentage(0);

	private static final int SLOW_PERCENT = 80;

	/**
	 * Resolve settings.
	 * @param written the settings as they were bound
	 * @return the settings in force
	 */
	public static Resolution of(HardeningProperties written) {
		Map<String, ResolvedRoute> routes = new LinkedHashMap<>();
		written.routes().forEach((id, own) -> routes.put(id, route(written, own)));
		return new Resolution(written, route(written, RouteProperties.NOTHING), routes);
	}

	private static ResolvedRoute route(HardeningProperties top, RouteProperties own) {
		Response response = response(top, own.response());
		Timeout callTimeout = own.circuitBreaker().isSet() ? response.timeout() : top.response().timeout();
		return new ResolvedRoute(request(top, own.request()), response, rateLimit(top, own.rateLimit()),
				concurrency(top, own.concurrency()), circuitBreaker(top, own.circuitBreaker(), callTimeout),
				callTimeout);
	}

	private static Request request(HardeningProperties top, RouteProperties.Request own) {
		Request from = top.request();
		return new Request(from.headerTimeout(), either(own.bodyTimeout(), from.bodyTimeout()),
				either(own.minRate(), from.minRate()), either(own.rateGrace(), from.rateGrace()),
				either(own.maxBodySize(), from.maxBodySize()), from.strict(), mode(own.mode(), from.mode(), top));
	}

	private static Response response(HardeningProperties top, RouteProperties.Response own) {
		Response from = top.response();
		return new Response(either(own.timeout(), from.timeout()), either(own.totalTimeout(), from.totalTimeout()),
				either(own.timeoutStatus(), from.timeoutStatus()), either(own.writeTimeout(), from.writeTimeout()),
				either(own.minRate(), from.minRate()), either(own.rateGrace(), from.rateGrace()),
				mode(own.mode(), from.mode(), top));
	}

	private static RateLimit rateLimit(HardeningProperties top, RouteProperties.RateLimit own) {
		RateLimit from = top.rateLimit();
		RateLimit limit = new RateLimit(either(own.enabled(), from.enabled()), either(own.permits(), from.permits()),
				either(own.period(), from.period()), either(own.key(), from.key()),
				either(own.maxKeys(), from.maxKeys()), Map.of(), either(own.showKeys(), from.showKeys()),
				mode(own.mode(), from.mode(), top));
		return new RateLimit(limit.enabled(), limit.permits(), limit.period(), limit.key(), limit.maxKeys(),
				tiers(own, from, limit), limit.showKeys(), limit.mode());
	}

	private static Map<String, TierProperties> tiers(RouteProperties.RateLimit own, RateLimit from, RateLimit outside) {
		Map<String, TierProperties> tiers = new LinkedHashMap<>();
		Set<String> names = new LinkedHashSet<>(inheritsTiers(own) ? from.tiers().keySet() : Set.<String>of());
		names.addAll(own.tiers().keySet());
		for (String name : names) {
			TierProperties tier = own.tiers().getOrDefault(name, TierProperties.NOTHING);
			TierProperties inherited = from.tiers().getOrDefault(name, TierProperties.NOTHING);
			tiers.put(name, new TierProperties(either(tier.permits(), either(inherited.permits(), outside.permits())),
					either(tier.period(), either(inherited.period(), outside.period()))));
		}
		return tiers;
	}

	// A route with a number of its own means it for everyone: five log-ins a minute are
	// not a thousand for a partner.
	private static boolean inheritsTiers(RouteProperties.RateLimit own) {
		return own.permits() == null && own.period() == null;
	}

	private static Concurrency concurrency(HardeningProperties top, RouteProperties.Concurrency own) {
		Concurrency from = top.concurrency();
		// Places of its own have one priority only: what is kept of them is kept for
		// nobody.
		Percentage reserve = own.isSet() ? NO_RESERVE : from.reserve();
		return new Concurrency(either(own.enabled(), from.enabled()), either(own.maxRequests(), from.maxRequests()),
				either(own.reserve(), reserve), mode(own.mode(), from.mode(), top));
	}

	private static CircuitBreaker circuitBreaker(HardeningProperties top, RouteProperties.CircuitBreaker own,
			Timeout callTimeout) {
		CircuitBreaker from = top.circuitBreaker();
		Timeout slow = (own.slowCallAfter() != null) ? own.slowCallAfter() : from.slowCallAfter();
		return new CircuitBreaker(either(own.enabled(), from.enabled()), either(own.failureRate(), from.failureRate()),
				either(own.slowCallRate(), from.slowCallRate()), (slow != null) ? slow : slowCallAfter(callTimeout),
				either(own.window(), from.window()), either(own.minCalls(), from.minCalls()),
				either(own.openPeriod(), from.openPeriod()), own.fallback().isSet() ? own.fallback() : from.fallback(),
				mode(own.mode(), from.mode(), top));
	}

	private static Timeout slowCallAfter(Timeout callTimeout) {
		Duration longest = callTimeout.duration();
		return (longest != null) ? Timeout.of(longest.multipliedBy(SLOW_PERCENT).dividedBy(100)) : Timeout.NONE;
	}

	private static Mode mode(@Nullable Mode own, @Nullable Mode group, HardeningProperties top) {
		return either(own, either(group, top.mode()));
	}

	private static <T> T either(@Nullable T own, T otherwise) {
		return Objects.requireNonNullElse(own, otherwise);
	}

}
