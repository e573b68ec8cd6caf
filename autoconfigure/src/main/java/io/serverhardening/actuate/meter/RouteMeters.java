package io.serverhardening.actuate.meter;

import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.serverhardening.Ending;
import io.serverhardening.Route;
import io.serverhardening.route.RouteActivity;
import io.serverhardening.route.RoutePolicy;
import io.serverhardening.route.Routes;

/**
 * Shows the counts that routes keep anyway: nothing is added to the path of a request.
 */
public final class RouteMeters implements MeterBinder {

	private final Routes routes;

	private final String actuatorId;

	/**
	 * Create the meters.
	 * @param routes the routes in force
	 * @param actuatorId the id of the route that comes to be when all endpoints are known
	 */
	public RouteMeters(Routes routes, String actuatorId) {
		this.routes = routes;
		this.actuatorId = actuatorId;
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		Set<String> ids = this.routes.policies()
			.stream()
			.map(RoutePolicy::route)
			.map(Route::id)
			.collect(Collectors.toCollection(TreeSet::new));
		ids.add(this.actuatorId);
		ids.forEach((id) -> bind(registry, id, this.routes.activity(id)));
	}

	private static void bind(MeterRegistry registry, String id, RouteActivity activity) {
		Gauge.builder(HardeningMeter.REQUESTS_ACTIVE.meterName(), activity, RouteActivity::inFlight)
			.description(HardeningMeter.REQUESTS_ACTIVE.description())
			.tag("route", id)
			.register(registry);
		for (Ending ending : Ending.values()) {
			FunctionCounter.builder(HardeningMeter.REQUESTS.meterName(), activity, (counts) -> counts.count(ending))
				.description(HardeningMeter.REQUESTS.description())
				.tag("route", id)
				.tag("outcome", ending.name().toLowerCase(Locale.ROOT).replace('_', '-'))
				.register(registry);
		}
	}

}
