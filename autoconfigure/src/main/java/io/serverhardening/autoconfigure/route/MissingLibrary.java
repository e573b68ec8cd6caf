package io.serverhardening.autoconfigure.route;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import io.serverhardening.autoconfigure.diagnostics.InvalidSettingException;
import io.serverhardening.autoconfigure.resolution.Resolution;
import io.serverhardening.autoconfigure.resolution.ResolvedRoute;
import io.serverhardening.autoconfigure.resolution.RouteSettings;
import io.serverhardening.autoconfigure.route.GuardFactory.Draft;
import io.serverhardening.autoconfigure.settings.HardeningProperties;
import io.serverhardening.route.RoutePolicy.Binding;
import org.jspecify.annotations.Nullable;

/**
 * Stands in for the guards of a group whose library is not on the classpath: a group that
 * is switched on all the same refuses the start rather than protect nobody.
 */
final class MissingLibrary implements GuardFactory, GuardFactory.Draft {

	private static final Map<String, String> LIBRARIES = Map.of("rate-limit",
			"io.github.resilience4j:resilience4j-ratelimiter", "concurrency",
			"io.github.resilience4j:resilience4j-bulkhead", "circuit-breaker",
			"io.github.resilience4j:resilience4j-circuitbreaker");

	private final String group;

	private MissingLibrary(String group) {
		this.group = group;
	}

	/**
	 * Add what is missing.
	 * @param groups the groups that there have to be, in order
	 * @param factories those that there are
	 * @return one for each group
	 */
	static List<GuardFactory> complete(List<String> groups, List<GuardFactory> factories) {
		List<GuardFactory> complete = new ArrayList<>();
		for (String group : groups) {
			complete.add(factories.stream()
				.filter((factory) -> factory.group().equals(group))
				.findFirst()
				.orElseGet(() -> new MissingLibrary(group)));
		}
		return complete;
	}

	@Override
	public String group() {
		return this.group;
	}

	@Override
	public Draft draft(Resolution resolution) {
		return this;
	}

	@Override
	public void commit() {
		// There is nothing to keep.
	}

	@Override
	public @Nullable Binding guard(RouteSettings settings) {
		if (isEnabled(settings.inForce())) {
			throw new InvalidSettingException(HardeningProperties.PREFIX + "." + this.group + ".enabled", true,
					"needs " + LIBRARIES.get(this.group) + " on the classpath; the starter brings it");
		}
		return null;
	}

	private boolean isEnabled(ResolvedRoute inForce) {
		return switch (this.group) {
			case "rate-limit" -> inForce.isRateLimited();
			case "concurrency" -> inForce.isConcurrencyLimited();
			case "circuit-breaker" -> inForce.hasBreaker();
			default -> throw new IllegalStateException("No library is known that " + this.group + " needs");
		};
	}

}
