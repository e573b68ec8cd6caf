package io.serverhardening.actuate;

import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiConsumer;

import io.serverhardening.Rejection;
import io.serverhardening.Rejection.Outcome;
import io.serverhardening.RejectionListener;
import io.serverhardening.RejectionReason;

import org.springframework.web.server.ServerWebExchange;

/**
 * Counts refusals, for Actuator and for meters.
 */
public final class RejectionTally implements RejectionListener {

	/** Guards times routes times reasons is small; a guard that invents names is not. */
	static final int MAX_COUNTS = 1000;

	private final Map<Key, LongAdder> counts = new ConcurrentHashMap<>();

	private volatile BiConsumer<Key, LongAdder> observer = (key, count) -> {
	};

	@Override
	public void onRejection(ServerWebExchange exchange, Rejection rejection, Outcome outcome) {
		Key key = new Key(rejection.guard(), rejection.route(), rejection.reason(), outcome);
		LongAdder count = this.counts.get(key);
		if (count == null) {
			Key bounded = (this.counts.size() < MAX_COUNTS) ? key
					: new Key("other", "other", rejection.reason(), outcome);
			count = this.counts.computeIfAbsent(bounded, this::begin);
		}
		count.increment();
	}

	private LongAdder begin(Key key) {
		LongAdder count = new LongAdder();
		this.observer.accept(key, count);
		return count;
	}

	/**
	 * Have each count seen as soon as there is one.
	 * @param observer sees it once
	 */
	public void observe(BiConsumer<Key, LongAdder> observer) {
		this.observer = this.observer.andThen(observer);
		this.counts.forEach(observer);
	}

	/**
	 * Return what a guard has refused on a route.
	 * @param guard the guard
	 * @param route the route
	 * @param outcome whether it was carried out
	 * @return the counts by reason
	 */
	public Map<String, Long> of(String guard, String route, Outcome outcome) {
		Map<String, Long> result = new TreeMap<>();
		this.counts.forEach((key, count) -> {
			if (key.guard().equals(guard) && key.route().equals(route) && key.outcome() == outcome) {
				result.put(key.reason().code(), count.sum());
			}
		});
		return result;
	}

	/**
	 * Return how often a guard has refused on some routes.
	 * @param guard the guard
	 * @param routes the routes
	 * @param outcome whether it was carried out
	 * @return the number since the start
	 */
	public long count(String guard, Collection<String> routes, Outcome outcome) {
		return routes.stream()
			.flatMap((route) -> of(guard, route, outcome).values().stream())
			.mapToLong(Long::longValue)
			.sum();
	}

	/**
	 * What counts together.
	 *
	 * @param guard the guard
	 * @param route the route
	 * @param reason the reason
	 * @param outcome whether it was carried out
	 */
	public record Key(String guard, String route, RejectionReason reason, Outcome outcome) {

	}

}
