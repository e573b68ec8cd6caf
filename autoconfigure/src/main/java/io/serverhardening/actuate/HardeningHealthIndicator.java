package io.serverhardening.actuate;

import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

import io.serverhardening.Ending;
import io.serverhardening.route.RouteActivity;
import io.serverhardening.route.RoutePolicy;
import io.serverhardening.route.Routes;
import reactor.core.publisher.Mono;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.boot.actuate.health.AbstractReactiveHealthIndicator;
import org.springframework.boot.actuate.health.Health;

/**
 * Says at a glance what the guards are doing. Always up: a server that refuses what it
 * cannot take is well, and taking it out of rotation would only move the load. No aspect
 * is put around it.
 */
public final class HardeningHealthIndicator extends AbstractReactiveHealthIndicator implements AopInfrastructureBean {

	private final Routes routes;

	private final Supplier<EffectiveSettings> settings;

	private final Supplier<List<String>> openBreakers;

	private final Supplier<List<String>> storesDown;

	private final Supplier<List<String>> blockedLoops;

	/**
	 * Create the indicator.
	 * @param routes the routes in force
	 * @param settings the settings in force
	 * @param openBreakers tells which circuit breakers are open
	 * @param storesDown tells the stores of which routes do not answer
	 * @param blockedLoops tells which event loops are blocked
	 */
	public HardeningHealthIndicator(Routes routes, Supplier<EffectiveSettings> settings,
			Supplier<List<String>> openBreakers, Supplier<List<String>> storesDown,
			Supplier<List<String>> blockedLoops) {
		super("The state of server hardening could not be read");
		this.routes = routes;
		this.settings = settings;
		this.openBreakers = openBreakers;
		this.storesDown = storesDown;
		this.blockedLoops = blockedLoops;
	}

	@Override
	protected Mono<Health> doHealthCheck(Health.Builder builder) {
		builder.up()
			.withDetail("version", this.settings.get().version())
			.withDetail("inFlight", sum(RouteActivity::inFlight))
			.withDetail("timedOut", sum((activity) -> activity.count(Ending.TIMED_OUT)))
			.withDetail("refused", sum((activity) -> activity.count(Ending.REFUSED)));
		List<String> open = this.openBreakers.get();
		if (!open.isEmpty()) {
			builder.withDetail("openBreakers", open);
		}
		// Not down: requests are answered, as on-store-failure says.
		List<String> down = this.storesDown.get();
		if (!down.isEmpty()) {
			builder.withDetail("storesDown", down);
		}
		// Not down either: who is taken out or started anew for one hung dependency takes
		// its load to the next, which hangs as well.
		List<String> blocked = this.blockedLoops.get();
		if (!blocked.isEmpty()) {
			builder.withDetail("blockedLoops", blocked);
		}
		return Mono.just(builder.build());
	}

	private long sum(ToLongFunction<RouteActivity> count) {
		return this.routes.policies()
			.stream()
			.map((RoutePolicy policy) -> policy.route().id())
			.distinct()
			.map(this.routes::activityOf)
			.filter(Objects::nonNull)
			.mapToLong(count)
			.sum();
	}

}
