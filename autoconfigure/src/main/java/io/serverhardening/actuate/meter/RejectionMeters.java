package io.serverhardening.actuate.meter;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.serverhardening.actuate.RejectionTally;

import org.springframework.aop.framework.AopInfrastructureBean;

/**
 * Shows refusals in {@link HardeningMeter#REJECTIONS}.
 */
public final class RejectionMeters implements MeterBinder, AopInfrastructureBean {

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
		this.tally.observe(new Registered(registry));
	}

	/**
	 * The meters in one registry.
	 */
	private static final class Registered implements RejectionTally.Observer {

		private final MeterRegistry registry;

		private final Map<RejectionTally.Key, Shown> shown = new HashMap<>();

		Registered(MeterRegistry registry) {
			this.registry = registry;
		}

		@Override
		public synchronized void begun(RejectionTally.Key key, LongAdder count) {
			Meter meter = FunctionCounter.builder(HardeningMeter.REJECTIONS.meterName(), count, LongAdder::sum)
				.description(HardeningMeter.REJECTIONS.description())
				.tag("guard", key.guard())
				.tag("route", key.route())
				.tag("reason", key.reason().code())
				.tag("outcome", key.outcome().name().toLowerCase(Locale.ROOT))
				.register(this.registry);
			this.shown.put(key, new Shown(meter, count));
		}

		// A filter of the application may have had several share a meter, which shows the
		// first of them.
		@Override
		public synchronized void gone(RejectionTally.Key key) {
			Shown gone = this.shown.remove(key);
			if (gone != null) {
				this.registry.remove(gone.meter());
				Map.copyOf(this.shown).forEach((other, shown) -> {
					if (shown.meter().equals(gone.meter())) {
						begun(other, shown.count());
					}
				});
			}
		}

	}

	/**
	 * A count and its meter.
	 *
	 * @param meter the meter
	 * @param count the count
	 */
	private record Shown(Meter meter, LongAdder count) {

	}

}
