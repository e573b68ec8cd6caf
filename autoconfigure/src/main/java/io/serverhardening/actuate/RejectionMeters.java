package io.serverhardening.actuate;

import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.serverhardening.Rejection;
import io.serverhardening.Rejection.Outcome;
import io.serverhardening.RejectionListener;
import io.serverhardening.RejectionReason;

import org.springframework.web.server.ServerWebExchange;

/**
 * Counts refusals in {@link HardeningMeter#REJECTIONS}.
 */
public final class RejectionMeters implements RejectionListener {

	/** Guards times routes times reasons is small; a guard that invents names is not. */
	private static final int MAX_COUNTERS = 1000;

	private final Map<Key, Counter> counters = new ConcurrentHashMap<>();

	private final MeterRegistry registry;

	/**
	 * Create the listener.
	 * @param registry where to count
	 */
	public RejectionMeters(MeterRegistry registry) {
		this.registry = registry;
	}

	@Override
	public void onRejection(ServerWebExchange exchange, Rejection rejection, Outcome outcome) {
		Key key = new Key(rejection.guard(), rejection.route(), rejection.reason(), outcome);
		Counter counter = this.counters.get(key);
		if (counter == null) {
			Key bounded = (this.counters.size() < MAX_COUNTERS) ? key
					: new Key("other", "other", rejection.reason(), outcome);
			counter = this.counters.computeIfAbsent(bounded, this::register);
		}
		counter.increment();
	}

	private Counter register(Key key) {
		return Counter.builder(HardeningMeter.REJECTIONS.meterName())
			.description(HardeningMeter.REJECTIONS.description())
			.tag("guard", key.guard())
			.tag("route", key.route())
			.tag("reason", key.reason().code())
			.tag("outcome", key.outcome().name().toLowerCase(Locale.ROOT))
			.register(this.registry);
	}

	/**
	 * The tags of a counter.
	 *
	 * @param guard the guard
	 * @param route the route
	 * @param reason the reason
	 * @param outcome whether it was carried out
	 */
	private record Key(String guard, String route, RejectionReason reason, Outcome outcome) {

	}

}
