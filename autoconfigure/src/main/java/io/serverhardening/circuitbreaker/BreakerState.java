package io.serverhardening.circuitbreaker;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;

/**
 * The state of Resilience4j's breaker, with what that does not keep: since when it has
 * been in it, how often it has changed, and by which policy it changes again.
 */
final class BreakerState {

	private static final int MAX_TRANSITIONS = 10;

	private final LongSupplier time;

	private volatile CircuitBreakerPolicy policy;

	private final Deque<Transition> transitions = new ArrayDeque<>();

	private volatile State state = State.CLOSED;

	private volatile Held held;

	private volatile long changedAt;

	/**
	 * Create the state.
	 * @param breaker the breaker, which is closed
	 * @param policy when it opens, and for how long
	 * @param time the clock, nanoseconds
	 */
	BreakerState(CircuitBreaker breaker, CircuitBreakerPolicy policy, LongSupplier time) {
		this.policy = policy;
		this.time = time;
		this.held = new Held(breaker, 0);
	}

	/**
	 * Take another policy.
	 * @param policy when the breaker opens, and for how long, from now on
	 * @param onReplaced takes the breaker in the place of this one, where the policy
	 * needs another
	 */
	void apply(CircuitBreakerPolicy policy, Consumer<CircuitBreaker> onReplaced) {
		synchronized (this.transitions) {
			boolean counted = policy.countsLike(this.policy);
			this.policy = policy;
			if (!counted) {
				onReplaced.accept(replace(policy));
			}
		}
	}

	// A call of a closed breaker that is under way counts for the next one, too: settings
	// that change often do not blind it.
	private CircuitBreaker replace(CircuitBreakerPolicy policy) {
		look();
		CircuitBreaker next = BreakerFactory.after(this.held.breaker(), policy);
		int era = this.held.era();
		if (this.state == State.HALF_OPEN) {
			this.held = new Held(next, era + 1);
			this.changedAt = this.time.getAsLong();
		}
		else {
			this.held = new Held(next, era);
		}
		look();
		return next;
	}

	/**
	 * Have others try, where it is time.
	 */
	void halfOpen() {
		synchronized (this.transitions) {
			CircuitBreaker breaker = this.held.breaker();
			State present = breaker.getState();
			if (present != this.state) {
				changed(present);
			}
			if ((present == State.OPEN || present == State.HALF_OPEN) && untilProbes() <= 0) {
				breaker.transitionToHalfOpenState();
				changed(State.HALF_OPEN);
			}
		}
	}

	/**
	 * Return when others may try. Once all probes are out and take longer than a call
	 * may, they count no more.
	 * @return nanoseconds until then, not positive where it is time
	 */
	long untilProbes() {
		CircuitBreakerPolicy policy = this.policy;
		long patience = (this.state == State.HALF_OPEN) ? policy.probePatience() : policy.openPeriod().toNanos();
		return patience - (this.time.getAsLong() - this.changedAt);
	}

	/**
	 * Look whether the breaker has changed its state. Events would tell, and cost every
	 * call the making of them.
	 */
	void look() {
		if (this.held.breaker().getState() != this.state) {
			synchronized (this.transitions) {
				State present = this.held.breaker().getState();
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
		this.held = new Held(this.held.breaker(), this.held.era() + 1);
		this.state = present;
	}

	/**
	 * Return the state as it was when somebody looked last.
	 * @return the state
	 */
	State present() {
		return this.state;
	}

	Held held() {
		return this.held;
	}

	CircuitBreakerPolicy policy() {
		return this.policy;
	}

	List<Transition> transitions() {
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
	record Held(CircuitBreaker breaker, int era) {

	}

}
