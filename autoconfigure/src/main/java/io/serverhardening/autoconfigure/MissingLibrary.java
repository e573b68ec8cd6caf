package io.serverhardening.autoconfigure;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import io.serverhardening.route.RoutePolicy.Binding;
import org.jspecify.annotations.Nullable;

/**
 * Stands in for the guards of a group whose library is not on the classpath: a group that
 * is switched on all the same refuses the start rather than protect nobody.
 */
final class MissingLibrary implements GuardFactory {

	private static final Map<String, String> LIBRARIES = Map.of("rate-limit",
			"io.github.resilience4j:resilience4j-ratelimiter", "concurrency",
			"io.github.resilience4j:resilience4j-bulkhead", "circuit-breaker",
			"io.github.resilience4j:resilience4j-circuitbreaker");

	private final String group;

	private final HardeningProperties properties;

	private MissingLibrary(String group, HardeningProperties properties) {
		this.group = group;
		this.properties = properties;
	}

	/**
	 * Add what is missing.
	 * @param groups the groups that there have to be, in order
	 * @param factories those that there are
	 * @param properties the settings
	 * @return one for each group
	 */
	static List<GuardFactory> complete(List<String> groups, List<GuardFactory> factories,
			HardeningProperties properties) {
		List<GuardFactory> complete = new ArrayList<>();
		for (String group : groups) {
			complete.add(factories.stream()
				.filter((factory) -> factory.group().equals(group))
				.findFirst()
				.orElseGet(() -> new MissingLibrary(group, properties)));
		}
		return complete;
	}

	@Override
	public String group() {
		return this.group;
	}

	@Override
	public @Nullable Binding guard(RouteSettings settings) {
		if (isEnabled(settings.own())) {
			throw new InvalidSettingException(HardeningProperties.PREFIX + "." + this.group + ".enabled", true,
					"needs " + LIBRARIES.get(this.group) + " on the classpath; the starter brings it");
		}
		return null;
	}

	private boolean isEnabled(RouteProperties own) {
		return switch (this.group) {
			case "rate-limit" ->
				Objects.requireNonNullElse(own.rateLimit().enabled(), this.properties.rateLimit().enabled());
			case "concurrency" ->
				Objects.requireNonNullElse(own.concurrency().enabled(), this.properties.concurrency().enabled());
			default ->
				Objects.requireNonNullElse(own.circuitBreaker().enabled(), this.properties.circuitBreaker().enabled());
		};
	}

}
