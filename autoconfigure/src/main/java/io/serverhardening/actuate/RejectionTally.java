package io.serverhardening.actuate;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.LongAdder;

import io.serverhardening.Rejection;
import io.serverhardening.Rejection.Outcome;
import io.serverhardening.RejectionListener;
import io.serverhardening.RejectionReason;
import io.serverhardening.internal.call.Contained;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.web.server.ServerWebExchange;

/**
 * Counts refusals, for Actuator and for meters.
 */
public final class RejectionTally implements RejectionListener, AopInfrastructureBean {

	/** Guards times routes times reasons is small; a guard that invents names is not. */
	static final int MAX_COUNTS = 1000;

	private static final String OTHER = "other";

	private final Map<Key, LongAdder> counts = new ConcurrentHashMap<>();

	private final List<Observer> observers = new CopyOnWriteArrayList<>();

	@Override
	public void onRejection(ServerWebExchange exchange, Rejection rejection, Outcome outcome) {
		Key key = new Key(rejection.guard(), rejection.route(), rejection.reason(), outcome);
		LongAdder count = this.counts.get(key);
		if (count == null) {
			Key bounded = (this.counts.size() < MAX_COUNTS) ? key : new Key(OTHER, OTHER, rejection.reason(), outcome);
			count = this.counts.computeIfAbsent(bounded, this::begin);
		}
		count.increment();
	}

	private LongAdder begin(Key key) {
		LongAdder count = new LongAdder();
		this.observers.forEach((observer) -> observer.begun(key, count));
		return count;
	}

	/**
	 * Have each count seen as soon as there is one.
	 * @param observer sees it begin once, and go
	 */
	public void observe(Observer observer) {
		this.observers.add(observer);
		this.counts.forEach(observer::begun);
	}

	/**
	 * Forget the counts of routes that are gone.
	 * @param routes those in force
	 */
	public void keep(Set<String> routes) {
		this.counts.keySet().removeIf((key) -> {
			boolean gone = !routes.contains(key.route()) && !key.route().equals(OTHER);
			if (gone) {
				this.observers
					.forEach((observer) -> Contained.run("Removing the meter of a route", () -> observer.gone(key)));
			}
			return gone;
		});
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
	 * Sees which counts there are.
	 */
	public interface Observer {

		/**
		 * There is a count that was not there before.
		 * @param key what is counted
		 * @param count the count
		 */
		void begun(Key key, LongAdder count);

		/**
		 * A count is there no more.
		 * @param key what was counted
		 */
		void gone(Key key);

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
