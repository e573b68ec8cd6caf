package io.serverhardening.actuate.meter;

import java.util.Locale;
import java.util.concurrent.atomic.LongAdder;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.serverhardening.actuate.RejectionTally;

/**
 * Shows refusals in {@link HardeningMeter#REJECTIONS}.
 */
public final class RejectionMeters implements MeterBinder {

	private final RejectionTally tally;

	/**
	 * Create the meters.
	 * @param tally the refusals
	 */
	public RejectionMeters(RejectionTally tally) {
		this.tally = tally;
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		this.tally.observe(
				(key, count) -> FunctionCounter.builder(HardeningMeter.REJECTIONS.meterName(), count, LongAdder::sum)
					.description(HardeningMeter.REJECTIONS.description())
					.tag("guard", key.guard())
					.tag("route", key.route())
					.tag("reason", key.reason().code())
					.tag("outcome", key.outcome().name().toLowerCase(Locale.ROOT))
					.register(registry));
	}

}
