package io.serverhardening.actuate.meter;

import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Meter;
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
		this.tally.observe(new Registered(registry, new ConcurrentHashMap<>()));
	}

	/**
	 * The meters in one registry.
	 *
	 * @param registry the registry
	 * @param meters by what they count
	 */
	private record Registered(MeterRegistry registry,
			Map<RejectionTally.Key, Meter> meters) implements RejectionTally.Observer {

		@Override
		public void begun(RejectionTally.Key key, LongAdder count) {
			this.meters.put(key,
					FunctionCounter.builder(HardeningMeter.REJECTIONS.meterName(), count, LongAdder::sum)
						.description(HardeningMeter.REJECTIONS.description())
						.tag("guard", key.guard())
						.tag("route", key.route())
						.tag("reason", key.reason().code())
						.tag("outcome", key.outcome().name().toLowerCase(Locale.ROOT))
						.register(this.registry));
		}

		@Override
		public void gone(RejectionTally.Key key) {
			Meter meter = this.meters.remove(key);
			// A filter of the application may have had several share a meter.
			if (meter != null && !this.meters.containsValue(meter)) {
				this.registry.remove(meter);
			}
		}

	}

}
