package io.serverhardening.circuitbreaker;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.serverhardening.internal.call.Contained;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * Resilience4j's breaker, with what it does not keep: when it changed its state, and
 * which calls belong to the present one. A call that began before the breaker opened says
 * nothing about whether it may close.
 */
public final class RouteBreaker {

	private static final Log logger = LogFactory.getLog(RouteBreaker.class);

	private static final int MAX_TRANSITIONS = 10;

	/** Stands for no permission. */
	static final int REFUSED = -1;

	/** How many changes of the state in a row a request follows. */
	private static final int MAX_TRIES = 3;

	private final String name;

	private final CircuitBreakerRegistry registry;

	/** Resilience4j wants an error for every failure; this one has no stack trace. */
	private final Exception failure = new CallFailedException();

	private final LongSupplier time;

	private volatile CircuitBreakerPolicy policy;

	private final List<CallListener> listeners = new CopyOnWriteArrayList<>();

	private final AtomicBoolean said = new AtomicBoolean();

	private final Deque<Transition> transitions = new ArrayDeque<>();

	private volatile State state = State.CLOSED;

	private volatile Held held;

	private volatile long changedAt;

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
		this.policy = policy;
		this.registry = registry;
		this.time = time;
		this.held = new Held(breaker, 0);
	}

	/**
	 * Let Resilience4j's meters find it.
	 */
	public void register() {
		Contained.run("Registering a circuit breaker", () -> {
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
		synchronized (this.transitions) {
			boolean counted = policy.countsLike(this.policy);
			this.policy = policy;
			if (!counted) {
				replace(policy);
			}
		}
	}

	// A call of a closed breaker that is under way counts for the next one, too: settings
	// that change often do not blind it.
	private void replace(CircuitBreakerPolicy policy) {
		look();
		CircuitBreaker next = BreakerFactory.after(breaker(), policy);
		int era = this.held.era();
		if (this.state == State.HALF_OPEN) {
			this.held = new Held(next, era + 1);
			this.changedAt = this.time.getAsLong();
		}
		else {
			this.held = new Held(next, era);
		}
		look();
		Contained.run("Registering a circuit breaker", () -> this.registry.replace(this.name, next));
	}

	/**
	 * Ask whether the handler may be called.
	 * @return the number of the state that permits it, by which the call is known to
	 * belong to it, or {@link #REFUSED}
	 */
	int tryAcquire() {
		int era = tryState();
		if (era == REFUSED && this.state != State.CLOSED && untilProbes() <= 0) {
			halfOpen();
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
			look();
			Held held = this.held;
			boolean permitted = held.breaker().tryAcquirePermission();
			look();
			if (held.era() == this.held.era()) {
				return permitted ? held.era() : REFUSED;
			}
			if (permitted) {
				held.breaker().releasePermission();
			}
		}
		return REFUSED;
	}

	// Once all probes are out and take longer than a call may, they count no more, and
	// others try.
	private long untilProbes() {
		CircuitBreakerPolicy policy = this.policy;
		long patience = (this.state == State.HALF_OPEN) ? policy.probePatience() : policy.openPeriod().toNanos();
		return patience - (this.time.getAsLong() - this.changedAt);
	}

	private void halfOpen() {
		synchronized (this.transitions) {
			State present = breaker().getState();
			if (present != this.state) {
				changed(present);
			}
			if ((present == State.OPEN || present == State.HALF_OPEN) && untilProbes() <= 0) {
				breaker().transitionToHalfOpenState();
				changed(State.HALF_OPEN);
			}
		}
	}

	/**
	 * Return the present state's number.
	 * @return the number
	 */
	int era() {
		return this.held.era();
	}

	/**
	 * A call has ended.
	 * @param era the state's number when it began
	 * @param kind what became of it
	 * @param nanos how long it took
	 */
	void ended(int era, CallKind kind, long nanos) {
		Held held = this.held;
		if (era == held.era()) {
			switch (kind) {
				case SUCCESSFUL -> held.breaker().onSuccess(nanos, TimeUnit.NANOSECONDS);
				case FAILED -> held.breaker().onError(nanos, TimeUnit.NANOSECONDS, this.failure);
				case IGNORED, NOT_PERMITTED -> held.breaker().releasePermission();
			}
			look();
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

	// Events would tell, and cost every call the making of them.
	private void look() {
		if (breaker().getState() != this.state) {
			synchronized (this.transitions) {
				State present = breaker().getState();
				if (present != this.state) {
					changed(present);
				}
			}
		}
	}

	// Under the lock only.
	private void changed(State present) {
		if (present != this.state) {
			if (this.transitions.size() == MAX_TRANSITIONS) {
				this.transitions.removeFirst();
			}
			this.transitions.addLast(new Transition(Instant.now(), this.state, present));
		}
		this.changedAt = this.time.getAsLong();
		this.held = new Held(breaker(), this.held.era() + 1);
		this.state = present;
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
		if (this.state != State.OPEN) {
			return Duration.ofSeconds(1);
		}
		return Duration.ofNanos(Math.max(1, untilProbes()));
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
		return this.held.breaker();
	}

	/**
	 * Return when the breaker opens, and for how long.
	 * @return the policy
	 */
	public CircuitBreakerPolicy policy() {
		return this.policy;
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
		synchronized (this.transitions) {
			return List.copyOf(this.transitions);
		}
	}

	/**
	 * Resilience4j's breaker, and the number of its state.
	 *
	 * @param breaker the breaker
	 * @param era how often the state has changed
	 */
	private record Held(CircuitBreaker breaker, int era) {

	}

}
