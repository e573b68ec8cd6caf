package io.serverhardening.actuate;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

import io.serverhardening.Ending;
import io.serverhardening.route.RouteActivity;
import io.serverhardening.route.RoutePolicy;
import io.serverhardening.route.Routes;

import org.springframework.aop.framework.AopInfrastructureBean;

/**
 * Says at a glance what the guards are doing. Always up: a server that refuses what it
 * cannot take is well, and taking it out of rotation would only move the load.
 */
public final class HardeningHealth implements AopInfrastructureBean {

	private final Routes routes;

	private final Supplier<EffectiveSettings> settings;

	private final Supplier<List<String>> openBreakers;

	private final Supplier<List<String>> storesDown;

	private final Supplier<List<String>> blockedLoops;

	private final List<String> nettyAdvisories;

	/**
	 * Create it.
	 * @param routes the routes in force
	 * @param settings the settings in force
	 * @param openBreakers tells which circuit breakers are open
	 * @param storesDown tells the stores of which routes do not answer
	 * @param blockedLoops tells which event loops are blocked
	 * @param nettyAdvisories the faults of the server
	 */
	public HardeningHealth(Routes routes, Supplier<EffectiveSettings> settings, Supplier<List<String>> openBreakers,
			Supplier<List<String>> storesDown, Supplier<List<String>> blockedLoops, List<String> nettyAdvisories) {
		this.routes = routes;
		this.settings = settings;
		this.openBreakers = openBreakers;
		this.storesDown = storesDown;
		this.blockedLoops = blockedLoops;
		this.nettyAdvisories = nettyAdvisories;
	}

	/**
	 * Return what the guards are doing.
	 * @return by name
	 */
	public Map<String, Object> details() {
		Map<String, Object> details = new LinkedHashMap<>();
		details.put("version", this.settings.get().version());
		details.put("inFlight", sum(RouteActivity::inFlight));
		details.put("timedOut", sum((activity) -> activity.count(Ending.TIMED_OUT)));
		details.put("refused", sum((activity) -> activity.count(Ending.REFUSED)));
		putUnlessEmpty(details, "openBreakers", this.openBreakers.get());
		// Not down: requests are answered, as on-store-failure says.
		putUnlessEmpty(details, "storesDown", this.storesDown.get());
		// Not down either: who is taken out or started anew for one hung dependency takes
		// its load to the next, which hangs as well.
		putUnlessEmpty(details, "blockedLoops", this.blockedLoops.get());
		putUnlessEmpty(details, "nettyAdvisories", this.nettyAdvisories);
		return details;
	}

	private static void putUnlessEmpty(Map<String, Object> details, String name, List<String> values) {
		if (!values.isEmpty()) {
			details.put(name, values);
		}
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
