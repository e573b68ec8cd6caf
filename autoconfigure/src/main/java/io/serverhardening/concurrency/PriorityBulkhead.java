package io.serverhardening.concurrency;

import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import io.github.resilience4j.bulkhead.BulkheadFullException;
import io.github.resilience4j.bulkhead.event.BulkheadEvent;
import io.github.resilience4j.bulkhead.event.BulkheadOnCallFinishedEvent;
import io.github.resilience4j.bulkhead.event.BulkheadOnCallPermittedEvent;
import io.github.resilience4j.bulkhead.event.BulkheadOnCallRejectedEvent;
import io.github.resilience4j.core.EventConsumer;
import io.github.resilience4j.core.EventProcessor;
import io.serverhardening.Priority;
import io.serverhardening.concurrency.ConcurrencyLimit.Share;

import org.springframework.util.Assert;

/**
 * A bulkhead that nobody waits for, with room kept for those that matter more. One
 * compare-and-set decides over all priorities, so that a flood of ordinary requests never
 * holds a reserved place, not even for a moment.
 */
public final class PriorityBulkhead implements Bulkhead {

	private final String name;

	private final AtomicInteger inFlight = new AtomicInteger();

	private final AtomicInteger highest = new AtomicInteger();

	private final Events events = new Events();

	private volatile ConcurrencyLimit limit;

	/**
	 * Create the bulkhead.
	 * @param name its name: the id of its route, or {@code default}
	 * @param limit how many requests, and who leaves room for whom
	 */
	public PriorityBulkhead(String name, ConcurrencyLimit limit) {
		this.name = name;
		this.limit = limit;
	}

	/**
	 * Take another limit. Requests that are beyond it stay.
	 * @param limit how many requests from now on
	 */
	public void apply(ConcurrencyLimit limit) {
		this.limit = limit;
	}

	/**
	 * Take a place.
	 * @param priority the priority of the request
	 * @return {@code false} if there is none for it
	 */
	boolean tryAcquire(Priority priority) {
		return tryAcquire(this.limit.share(priority));
	}

	/**
	 * Take a place.
	 * @param share how many may be taken, this one included
	 * @return {@code false} if as many are
	 */
	boolean tryAcquire(Share share) {
		int places = share.places();
		int taken;
		do {
			taken = this.inFlight.get();
			if (taken >= places) {
				publish(BulkheadOnCallRejectedEvent::new);
				return false;
			}
		}
		while (!this.inFlight.compareAndSet(taken, taken + 1));
		entered(taken + 1);
		return true;
	}

	/**
	 * Take a place whether there is one or not: what is only observed is counted too.
	 */
	void enterAnyway() {
		entered(this.inFlight.incrementAndGet());
	}

	private void entered(int taken) {
		int highest = this.highest.get();
		while (taken > highest && !this.highest.compareAndSet(highest, taken)) {
			highest = this.highest.get();
		}
		publish(BulkheadOnCallPermittedEvent::new);
	}

	private void publish(Function<String, BulkheadEvent> event) {
		// Who listens pays for it.
		if (this.events.hasConsumers()) {
			this.events.consumeEvent(event.apply(this.name));
		}
	}

	/**
	 * Return how many requests may be in flight, of whatever priority, for one more to be
	 * admitted.
	 * @param priority the priority of the one
	 * @return the number with it
	 */
	public int share(Priority priority) {
		return this.limit.share(priority).places();
	}

	/**
	 * Return how many requests are in flight.
	 * @return the number
	 */
	public int inFlight() {
		return this.inFlight.get();
	}

	/**
	 * Return how many requests were in flight at the most.
	 * @return the number since the start
	 */
	public int highest() {
		return this.highest.get();
	}

	/**
	 * Return how many requests there may be, and who leaves room for whom.
	 * @return the policy
	 */
	public ConcurrencyPolicy policy() {
		return this.limit.policy();
	}

	@Override
	public boolean tryAcquirePermission() {
		return tryAcquire(Priority.CRITICAL);
	}

	@Override
	public void acquirePermission() {
		if (!tryAcquirePermission()) {
			throw BulkheadFullException.createBulkheadFullException(this);
		}
	}

	@Override
	public void releasePermission() {
		this.inFlight.decrementAndGet();
	}

	@Override
	public void onComplete() {
		releasePermission();
		publish(BulkheadOnCallFinishedEvent::new);
	}

	/**
	 * Change how many requests may be in flight. Those that are beyond it stay.
	 * @param newConfig the configuration, without a wait
	 */
	@Override
	public void changeConfig(BulkheadConfig newConfig) {
		Assert.isTrue(newConfig.getMaxWaitDuration().isZero(), "This bulkhead never waits: the wait must be zero");
		this.limit.change(newConfig);
	}

	@Override
	public String getName() {
		return this.name;
	}

	@Override
	public BulkheadConfig getBulkheadConfig() {
		return this.limit.config();
	}

	@Override
	public Metrics getMetrics() {
		return new Metrics() {

			@Override
			public int getAvailableConcurrentCalls() {
				return Math.max(0, getMaxAllowedConcurrentCalls() - inFlight());
			}

			@Override
			public int getMaxAllowedConcurrentCalls() {
				return PriorityBulkhead.this.limit.config().getMaxConcurrentCalls();
			}

		};
	}

	@Override
	public Map<String, String> getTags() {
		return Map.of();
	}

	@Override
	public EventPublisher getEventPublisher() {
		return this.events;
	}

	/**
	 * The events of the bulkhead.
	 */
	private static final class Events extends EventProcessor<BulkheadEvent>
			implements EventPublisher, EventConsumer<BulkheadEvent> {

		@Override
		public EventPublisher onCallRejected(EventConsumer<BulkheadOnCallRejectedEvent> consumer) {
			registerConsumer(BulkheadOnCallRejectedEvent.class.getName(), consumer);
			return this;
		}

		@Override
		public EventPublisher onCallPermitted(EventConsumer<BulkheadOnCallPermittedEvent> consumer) {
			registerConsumer(BulkheadOnCallPermittedEvent.class.getName(), consumer);
			return this;
		}

		@Override
		public EventPublisher onCallFinished(EventConsumer<BulkheadOnCallFinishedEvent> consumer) {
			registerConsumer(BulkheadOnCallFinishedEvent.class.getName(), consumer);
			return this;
		}

		@Override
		public void consumeEvent(BulkheadEvent event) {
			processEvent(event);
		}

	}

}
