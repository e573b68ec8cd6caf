package io.serverhardening.actuate;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

import io.serverhardening.Rejection;
import io.serverhardening.Rejection.Outcome;
import io.serverhardening.RejectionListener;
import io.serverhardening.RejectionReason;

import org.springframework.web.server.ServerWebExchange;

/**
 * Counts refusals for those who look at Actuator rather than at meters.
 */
public final class RejectionTally implements RejectionListener {

	/** Guards times routes times reasons is small; a guard that invents names is not. */
	private static final int MAX_COUNTS = 1000;

	private final Map<Key, LongAdder> counts = new ConcurrentHashMap<>();

	@Override
	public void onRejection(ServerWebExchange exchange, Rejection rejection, Outcome outcome) {
		Key key = new Key(rejection.guard(), rejection.route(), rejection.reason(), outcome);
		LongAdder count = this.counts.get(key);
		if (count == null && this.counts.size() < MAX_COUNTS) {
			count = this.counts.computeIfAbsent(key, (absent) -> new LongAdder());
		}
		if (count != null) {
			count.increment();
		}
	}

	/**
	 * Return what a guard has refused on a route.
	 * @param guard the guard
	 * @param route the route
	 * @param outcome whether it was carried out
	 * @return the counts by reason
	 */
	Map<String, Long> of(String guard, String route, Outcome outcome) {
		Map<String, Long> result = new TreeMap<>();
		this.counts.forEach((key, count) -> {
			if (key.guard().equals(guard) && key.route().equals(route) && key.outcome() == outcome) {
				result.put(key.reason().code(), count.sum());
			}
		});
		return result;
	}

	/**
	 * What counts together.
	 *
	 * @param guard the guard
	 * @param route the route
	 * @param reason the reason
	 * @param outcome whether it was carried out
	 */
	private record Key(String guard, String route, RejectionReason reason, Outcome outcome) {

	}

}
