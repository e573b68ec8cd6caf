package io.serverhardening.autoconfigure.admission;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.LongSupplier;

import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.serverhardening.Fallback;
import io.serverhardening.Mode;
import io.serverhardening.Timeout;
import io.serverhardening.autoconfigure.diagnostics.InvalidSettingException;
import io.serverhardening.autoconfigure.resolution.Resolution;
import io.serverhardening.autoconfigure.resolution.RouteSettings;
import io.serverhardening.autoconfigure.route.GuardFactory;
import io.serverhardening.autoconfigure.route.GuardFactory.Draft;
import io.serverhardening.autoconfigure.route.KeptStates;
import io.serverhardening.autoconfigure.settings.HardeningProperties;
import io.serverhardening.autoconfigure.settings.RouteProperties;
import io.serverhardening.circuitbreaker.CircuitBreakerGuard;
import io.serverhardening.circuitbreaker.CircuitBreakerPolicy;
import io.serverhardening.circuitbreaker.RouteBreaker;
import io.serverhardening.circuitbreaker.StaticFallback;
import io.serverhardening.errors.CorsHeaders;
import io.serverhardening.internal.call.Contained;
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
public final class CircuitBreakerGuards implements GuardFactory {

	private static final int LARGEST_WINDOW = 100_000;

	private static final Duration LONGEST = Duration.ofDays(365);

	private final CorsHeaders cors;

	private final BeanFactory beans;

	private final LongSupplier time;

	private final CircuitBreakerRegistry registry = CircuitBreakerRegistry.ofDefaults();

	private final KeptStates<RouteBreaker> breakers = new KeptStates<>(RouteBreaker::isLimiting, (forgotten) -> {
	});

	/**
	 * Create the factory.
	 * @param cors adds the CORS headers to fallbacks
	 * @param beans has the fallbacks of the application
	 * @param time the clock, nanoseconds
	 */
	public CircuitBreakerGuards(CorsHeaders cors, BeanFactory beans, LongSupplier time) {
		this.cors = cors;
		this.beans = beans;
		this.time = time;
	}

	@Override
	public String group() {
		return CircuitBreakerGuard.NAME;
	}

	/**
	 * Return the breakers in force.
	 * @return by name
	 */
	public Map<String, RouteBreaker> breakers() {
		return this.breakers.all();
	}

	@Override
	public Draft draft(Resolution resolution) {
		return new BreakerDraft();
	}

	private RouteBreaker breaker(String name, CircuitBreakerPolicy policy) {
		return new RouteBreaker(name, policy, this.registry, this.time);
	}

	private static CircuitBreakerPolicy policy(HardeningProperties.CircuitBreaker inForce, Timeout callTimeout,
			String property) {
		int window = positive(inForce.window(), property + ".window");
		if (window > LARGEST_WINDOW) {
			throw new InvalidSettingException(property + ".window", window, "must not be more than " + LARGEST_WINDOW);
		}
		int minCalls = positive(inForce.minCalls(), property + ".min-calls");
		if (minCalls > window) {
			throw new InvalidSettingException(property + ".min-calls", minCalls,
					"must not be more than " + property + ".window (" + window + ")");
		}
		Duration open = inForce.openPeriod().duration();
		if (open == null || open.toMillis() < 1 || open.compareTo(LONGEST) > 0) {
			throw new InvalidSettingException(property + ".open-period", inForce.openPeriod(),
					"must be a time between 1ms and 365d: a breaker that opens has to close again");
		}
		return new CircuitBreakerPolicy(rate(inForce.failureRate(), property + ".failure-rate"),
				rate(inForce.slowCallRate(), property + ".slow-call-rate"),
				slowCallAfter(Objects.requireNonNull(inForce.slowCallAfter()), callTimeout, property), window, minCalls,
				open, property);
	}

	private static Timeout slowCallAfter(Timeout inForce, Timeout callTimeout, String property) {
		Duration slow = inForce.duration();
		Duration longest = callTimeout.duration();
		if (slow != null && slow.compareTo(LONGEST) > 0) {
			throw new InvalidSettingException(property + ".slow-call-after", inForce,
					"must not be more than 365d; to have no slow calls, set it to none");
		}
		if (slow != null && longest != null && slow.compareTo(longest) >= 0) {
			throw new InvalidSettingException(property + ".slow-call-after", inForce,
					"must be less than response.timeout (" + callTimeout + "), which ends the call");
		}
		return inForce;
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

	private @Nullable Fallback fallback(RouteProperties.Fallback set, String property) {
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

	/**
	 * Breakers in the making.
	 */
	private final class BreakerDraft implements Draft {

		private final Map<String, RouteBreaker> breakers = new LinkedHashMap<>();

		private final Map<String, CircuitBreakerPolicy> policies = new LinkedHashMap<>();

		@Override
		public @Nullable Binding guard(RouteSettings settings) {
			HardeningProperties.CircuitBreaker inForce = settings.inForce().circuitBreaker();
			if (!inForce.enabled()) {
				return null;
			}
			boolean own = settings.own().circuitBreaker().isSet();
			String name = settings.nameOf(own);
			String property = settings.propertyOf(own, group());
			Mode mode = Objects.requireNonNull(inForce.mode());
			CircuitBreakerPolicy policy = this.policies.computeIfAbsent(name,
					(key) -> policy(inForce, settings.inForce().callTimeout(), property));
			RouteBreaker breaker = this.breakers.computeIfAbsent(name,
					(key) -> CircuitBreakerGuards.this.breakers.get(key, (made) -> breaker(made, policy)));
			return new Binding(new CircuitBreakerGuard(breaker, policy, fallback(inForce.fallback(), property)), mode);
		}

		@Override
		public void commit() {
			CircuitBreakerGuards.this.breakers.keep(this.breakers, (name, added) -> added.register(),
					(name, gone) -> Contained.run("Removing a breaker from Resilience4j's registry",
							() -> CircuitBreakerGuards.this.registry.remove(name)));
			this.breakers.forEach((name, breaker) -> breaker.apply(Objects.requireNonNull(this.policies.get(name))));
		}

	}

}
