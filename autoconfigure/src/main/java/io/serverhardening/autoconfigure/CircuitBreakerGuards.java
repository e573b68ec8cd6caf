package io.serverhardening.autoconfigure;

import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.serverhardening.Fallback;
import io.serverhardening.Mode;
import io.serverhardening.Timeout;
import io.serverhardening.circuitbreaker.CircuitBreakerGuard;
import io.serverhardening.circuitbreaker.CircuitBreakerPolicy;
import io.serverhardening.circuitbreaker.RouteBreaker;
import io.serverhardening.circuitbreaker.StaticFallback;
import io.serverhardening.errors.CorsHeaders;
import io.serverhardening.route.RoutePolicy.Binding;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.BeanNotOfRequiredTypeException;
import org.springframework.beans.factory.NoSuchBeanDefinitionException;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;

/**
 * Makes circuit breakers.
 */
final class CircuitBreakerGuards implements GuardFactory {

	private static final int SLOW_PERCENT = 80;

	private static final int LARGEST_WINDOW = 100_000;

	private final HardeningProperties properties;

	private final CorsHeaders cors;

	private final BeanFactory beans;

	private final LongSupplier time;

	private final CircuitBreakerRegistry registry = CircuitBreakerRegistry.ofDefaults();

	/** Breakers outlive the guards, which are made anew at each re-tune. */
	private final Map<String, RouteBreaker> breakers = new ConcurrentHashMap<>();

	/**
	 * Create the factory.
	 * @param properties the settings
	 * @param cors adds the CORS headers to fallbacks
	 * @param beans has the fallbacks of the application
	 * @param time the clock, nanoseconds
	 */
	CircuitBreakerGuards(HardeningProperties properties, CorsHeaders cors, BeanFactory beans, LongSupplier time) {
		this.properties = properties;
		this.cors = cors;
		this.beans = beans;
		this.time = time;
	}

	@Override
	public String group() {
		return CircuitBreakerGuard.NAME;
	}

	Collection<RouteBreaker> breakers() {
		return this.breakers.values();
	}

	@Override
	public @Nullable Binding guard(RouteSettings settings) {
		HardeningProperties.CircuitBreaker top = this.properties.circuitBreaker();
		RouteProperties.CircuitBreaker own = settings.own().circuitBreaker();
		if (!Objects.requireNonNullElse(own.enabled(), top.enabled())) {
			return null;
		}
		String property = settings.propertyOf(own.isSet(), group());
		// The deadline of whoever has the breaker: those who share it share this too.
		Timeout deadline = own.isSet()
				? Objects.requireNonNullElse(settings.own().response().timeout(), this.properties.response().timeout())
				: this.properties.response().timeout();
		Mode mode = Objects.requireNonNullElse(own.mode(),
				Objects.requireNonNullElse(top.mode(), this.properties.mode()));
		RouteBreaker breaker = this.breakers.computeIfAbsent(settings.nameOf(own.isSet()),
				(name) -> new RouteBreaker(name, policy(own, top, deadline, property), this.registry, this.time));
		return new Binding(new CircuitBreakerGuard(breaker, fallback(own.fallback(), top.fallback(), property)), mode);
	}

	private static CircuitBreakerPolicy policy(RouteProperties.CircuitBreaker own,
			HardeningProperties.CircuitBreaker top, Timeout deadline, String property) {
		int window = positive(Objects.requireNonNullElse(own.window(), top.window()), property + ".window");
		if (window > LARGEST_WINDOW) {
			throw new InvalidSettingException(property + ".window", window, "must not be more than " + LARGEST_WINDOW);
		}
		int minCalls = positive(Objects.requireNonNullElse(own.minCalls(), top.minCalls()), property + ".min-calls");
		if (minCalls > window) {
			throw new InvalidSettingException(property + ".min-calls", minCalls,
					"must not be more than " + property + ".window (" + window + ")");
		}
		Timeout openPeriod = Objects.requireNonNullElse(own.openPeriod(), top.openPeriod());
		Duration open = openPeriod.duration();
		if (open == null || open.toMillis() < 1) {
			throw new InvalidSettingException(property + ".open-period", openPeriod,
					"must be a time of at least 1ms: a breaker that opens has to close again");
		}
		return new CircuitBreakerPolicy(
				rate(Objects.requireNonNullElse(own.failureRate(), top.failureRate()), property + ".failure-rate"),
				rate(Objects.requireNonNullElse(own.slowCallRate(), top.slowCallRate()), property + ".slow-call-rate"),
				slowCallAfter((own.slowCallAfter() != null) ? own.slowCallAfter() : top.slowCallAfter(), deadline,
						property),
				window, minCalls, open, property);
	}

	private static Timeout slowCallAfter(@Nullable Timeout set, Timeout deadline, String property) {
		Duration longest = deadline.duration();
		if (set == null) {
			return (longest != null) ? Timeout.of(longest.multipliedBy(SLOW_PERCENT).dividedBy(100)) : Timeout.NONE;
		}
		Duration slow = set.duration();
		if (slow != null && longest != null && slow.compareTo(longest) >= 0) {
			throw new InvalidSettingException(property + ".slow-call-after", set,
					"must be less than response.timeout (" + deadline + "), which ends the call");
		}
		return set;
	}

	private static int positive(int number, String property) {
		if (number <= 0) {
			throw new InvalidSettingException(property, number, "must be positive");
		}
		return number;
	}

	private static int rate(int percent, String property) {
		if (percent < 1 || percent > 100) {
			throw new InvalidSettingException(property, percent, "must be a percentage between 1 and 100");
		}
		return percent;
	}

	private @Nullable Fallback fallback(RouteProperties.Fallback own, RouteProperties.Fallback top, String property) {
		RouteProperties.Fallback set = own.isSet() ? own : top;
		if (!set.isSet()) {
			return null;
		}
		if (set.bean() != null) {
			if (set.body() != null || set.status() != null || set.contentType() != null) {
				throw new InvalidSettingException(property + ".fallback.bean", set.bean(),
						"writes the whole answer: leave out status, content-type and body");
			}
			return this.cors.around(bean(set.bean(), property + ".fallback.bean"));
		}
		return this.cors.around(new StaticFallback(status(set.status(), property + ".fallback.status"),
				contentType(set.contentType(), property + ".fallback.content-type"),
				Objects.requireNonNullElse(set.body(), "")));
	}

	private Fallback bean(String name, String property) {
		try {
			return this.beans.getBean(name, Fallback.class);
		}
		catch (NoSuchBeanDefinitionException | BeanNotOfRequiredTypeException ex) {
			throw new InvalidSettingException(property, name, "names no bean: there is no Fallback of that name");
		}
	}

	private static HttpStatusCode status(@Nullable Integer status, String property) {
		int code = Objects.requireNonNullElse(status, 200);
		if (code < 200 || code > 599) {
			throw new InvalidSettingException(property, code, "must be a status between 200 and 599");
		}
		return HttpStatusCode.valueOf(code);
	}

	private static MediaType contentType(@Nullable String type, String property) {
		try {
			return (type != null) ? MediaType.parseMediaType(type) : MediaType.APPLICATION_JSON;
		}
		catch (InvalidMediaTypeException ex) {
			throw new InvalidSettingException(property, type, "is not a media type such as application/json");
		}
	}

}
