package io.serverhardening.actuate.meter;

import java.util.Map;
import java.util.function.Supplier;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.serverhardening.ratelimit.RateLimits;

/**
 * Shows what Resilience4j's meters do not: how many clients are counted, and how many
 * requests found no room for theirs.
 */
public final class AdmissionMeters extends NamedMeters<RateLimits> {

	/**
	 * Create the meters.
	 * @param limits the rate limits by name
	 */
	public AdmissionMeters(Supplier<Map<String, RateLimits>> limits) {
		super(limits);
	}

	@Override
	void bind(Register register, String name, RateLimits limit) {
		register.add(Gauge.builder(HardeningMeter.RATE_LIMIT_KEYS.meterName(), limit, RateLimits::keys)
			.description(HardeningMeter.RATE_LIMIT_KEYS.description())
			.tag("limit", name)
			.register(register.registry()));
		register
			.add(FunctionCounter.builder(HardeningMeter.RATE_LIMIT_OVERFLOW.meterName(), limit, RateLimits::overflowed)
				.description(HardeningMeter.RATE_LIMIT_OVERFLOW.description())
				.tag("limit", name)
				.register(register.registry()));
	}

}
