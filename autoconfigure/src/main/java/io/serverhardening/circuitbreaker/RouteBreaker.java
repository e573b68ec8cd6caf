package io.serverhardening.circuitbreaker;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.serverhardening.circuitbreaker.BreakerState.Held;
import io.serverhardening.internal.call.Contained;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * Asks Resilience4j's breaker for each call, and tells it what came of those that belong
 * to its present state. A call that began before the breaker opened says nothing about
 * whether it may close.
 */
public final class RouteBreaker {

	private static final Log logger = LogFactory.getLog(RouteBreaker.class);

	/** Stands for no permission. */
	static final int REFUSED = -1;

	/** How many changes of the state in a row a request follows. */
	private static final int MAX_TRIES = 3;

	private final String name;

	private final CircuitBreakerRegistry registry;

	/** Resilience4j wants an error for every failure; this one has no stack trace. */
	private final Exception failure = new CallFailedException();

	private final BreakerState state;

	private final List<CallListener> listeners = new CopyOnWriteArrayList<>();

	private final AtomicBoolean said = new AtomicBoolean();

	/**
	 * Create the breaker.
	 * @param name its name: the id of its route, or {@code default}
	 * @param policy when it opens, and for how long
	 * @param registry where Resilience4j's meters find it
	 * @param time the clock, nanoseconds
	 */
	public RouteBreaker(String name, CircuitBreakerPolicy policy, CircuitBreakerRegistry registry, LongSupplier time) {
		this(CircuitBreaker.of(name, BreakerFactory.config(policy)), policy, registry, time);
	}

	RouteBreaker(CircuitBreaker breaker, CircuitBreakerPolicy policy, CircuitBreakerRegistry registry,
			LongSupplier time) {
		this.name = breaker.getName();
		this.registry = registry;
		this.state = new BreakerState(breaker, policy, time);
	}

	/**
	 * Let Resilience4j's meters find it.
	 */
	public void register() {
		Contained.run("Adding a breaker to Resilience4j's registry", () -> {
			this.registry.circuitBreaker(this.name, breaker().getCircuitBreakerConfig());
			this.registry.replace(this.name, breaker());
		});
	}

	/**
	 * Take another policy. An open breaker stays open for what is left of its new period,
	 * and a half-open one has others try. Where rates, window or slowness change,
	 * Resilience4j needs another breaker, which is told the calls of the one before.
	 * @param policy when it opens, and for how long, from now on
	 */
	public void apply(CircuitBreakerPolicy policy) {
		this.state.apply(policy, this::replaced);
	}

	private void replaced(CircuitBreaker next) {
		Contained.run("Replacing a breaker in Resilience4j's registry", () -> this.registry.replace(this.name, next));
	}

	/**
	 * Ask whether the handler may be called.
	 * @return the number of the state that permits it, by which the call is known to
	 * belong to it, or {@link #REFUSED}
	 */
	int tryAcquire() {
		int era = tryState();
		if (era == REFUSED && this.state.present() != State.CLOSED && this.state.untilProbes() <= 0) {
			this.state.halfOpen();
			era = tryState();
		}
		if (era == REFUSED) {
			tell(CallKind.NOT_PERMITTED, 0);
		}
		return era;
	}

	// A permission and the state's number are two reads. If the state changes in between,
	// the call would be counted for one that did not permit it: the new one is asked.
	private int tryState() {
		for (int tries = 0; tries < MAX_TRIES; tries++) {
			this.state.look();
			Held held = this.state.held();
			boolean permitted = held.breaker().tryAcquirePermission();
			this.state.look();
			if (held.era() == this.state.held().era()) {
				return permitted ? held.era() : REFUSED;
			}
			if (permitted) {
				held.breaker().releasePermission();
			}
		}
		return REFUSED;
	}

	/**
	 * Return the present state's number.
	 * @return the number
	 */
	int era() {
		return this.state.held().era();
	}

	/**
	 * A call has ended.
	 * @param era the state's number when it began
	 * @param kind what became of it
	 * @param nanos how long it took
	 */
	void ended(int era, CallKind kind, long nanos) {
		Held held = this.state.held();
		if (era == held.era()) {
			switch (kind) {
				case SUCCESSFUL -> held.breaker().onSuccess(nanos, TimeUnit.NANOSECONDS);
				case FAILED -> held.breaker().onError(nanos, TimeUnit.NANOSECONDS, this.failure);
				case IGNORED, NOT_PERMITTED -> held.breaker().releasePermission();
			}
			this.state.look();
		}
		tell(kind, nanos);
	}

	private void tell(CallKind kind, long nanos) {
		for (CallListener listener : this.listeners) {
			try {
				listener.onCall(kind, nanos);
			}
			catch (Throwable ex) {
				// A registry of the application. Nobody's answer is to depend on it.
				if (this.said.compareAndSet(false, true)) {
					logger.warn("Counting a call of the circuit breaker '" + this.name
							+ "' has failed. This is said once, however often it does", ex);
				}
			}
		}
	}

	/**
	 * Return the name of the breaker.
	 * @return the id of its route, or {@code default}
	 */
	public String name() {
		return this.name;
	}

	/**
	 * Return when a call that was not permitted may be tried again.
	 * @return what is left of the open period, at least a moment
	 */
	Duration retryAfter() {
		if (this.state.present() != State.OPEN) {
			return Duration.ofSeconds(1);
		}
		return Duration.ofNanos(Math.max(1, this.state.untilProbes()));
	}

	/**
	 * Have every call heard of.
	 * @param listener hears of it, on the event loop at hand
	 */
	public void listen(CallListener listener) {
		this.listeners.add(listener);
	}

	/**
	 * Have somebody hear of no more calls.
	 * @param listener heard of them
	 */
	public void forget(CallListener listener) {
		this.listeners.remove(listener);
	}

	/**
	 * Return the breaker, for those who want its figures.
	 * @return the breaker of Resilience4j, which another policy may replace
	 */
	public CircuitBreaker breaker() {
		return this.state.held().breaker();
	}

	/**
	 * Return when the breaker opens, and for how long.
	 * @return the policy
	 */
	public CircuitBreakerPolicy policy() {
		return this.state.policy();
	}

	/**
	 * Whether calls are not permitted now.
	 * @return {@code true} while open
	 */
	public boolean isOpen() {
		State present = breaker().getState();
		return present == State.OPEN || present == State.FORCED_OPEN;
	}

	/**
	 * Whether fewer calls are permitted than would be to a breaker that has heard of
	 * none.
	 * @return {@code true} while open, and while others are tried
	 */
	public boolean isLimiting() {
		return isOpen() || breaker().getState() == State.HALF_OPEN;
	}

	/**
	 * Return how the state has changed.
	 * @return the last transitions, the oldest first
	 */
	public List<Transition> transitions() {
		return this.state.transitions();
	}

}
