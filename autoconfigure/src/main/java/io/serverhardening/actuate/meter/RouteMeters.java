package io.serverhardening.actuate.meter;

import java.util.Locale;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.serverhardening.Ending;
import io.serverhardening.route.RouteActivity;
import io.serverhardening.route.Routes;

/**
 * Shows the counts that routes keep anyway: nothing is added to the path of a request.
 */
public final class RouteMeters extends NamedMeters<RouteActivity> {

	/**
	 * Create the meters.
	 * @param routes the routes in force
	 */
	public RouteMeters(Routes routes) {
		super(routes::activities);
	}

	@Override
	void bind(Register register, String route, RouteActivity activity) {
		register.add(Gauge.builder(HardeningMeter.REQUESTS_ACTIVE.meterName(), activity, RouteActivity::inFlight)
			.description(HardeningMeter.REQUESTS_ACTIVE.description())
			.tag("route", route)
			.register(register.registry()));
		for (Ending ending : Ending.values()) {
			register.add(FunctionCounter
				.builder(HardeningMeter.REQUESTS.meterName(), activity, (counts) -> counts.count(ending))
				.description(HardeningMeter.REQUESTS.description())
				.tag("route", route)
				.tag("outcome", ending.name().toLowerCase(Locale.ROOT).replace('_', '-'))
				.register(register.registry()));
		}
	}

}
