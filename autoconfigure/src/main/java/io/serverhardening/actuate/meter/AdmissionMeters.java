package io.serverhardening.actuate.meter;

import java.util.Collection;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.serverhardening.ratelimit.RateLimits;

/**
 * Shows what Resilience4j's meters do not: how many clients are counted, and how many
 * requests found no room for theirs.
 */
public final class AdmissionMeters implements MeterBinder {

	private final Collection<RateLimits> limits;

	/**
	 * Create the meters.
	 * @param limits the rate limits
	 */
	public AdmissionMeters(Collection<RateLimits> limits) {
		this.limits = limits;
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		for (RateLimits limit : this.limits) {
			Gauge.builder(HardeningMeter.RATE_LIMIT_KEYS.meterName(), limit, RateLimits::keys)
				.description(HardeningMeter.RATE_LIMIT_KEYS.description())
				.tag("limit", limit.name())
				.register(registry);
			FunctionCounter.builder(HardeningMeter.RATE_LIMIT_OVERFLOW.meterName(), limit, RateLimits::overflowed)
				.description(HardeningMeter.RATE_LIMIT_OVERFLOW.description())
				.tag("limit", limit.name())
				.register(registry);
		}
	}

}
