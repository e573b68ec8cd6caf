package io.serverhardening.circuitbreaker;

import java.time.Duration;

import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.serverhardening.Timeout;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class RouteBreakerTests {

	private static final long SLOW = Duration.ofMillis(800).toNanos();

	private long now = 42;

	private final RouteBreaker breaker = new RouteBreaker("report",
			new CircuitBreakerPolicy(50, 100, Timeout.of(Duration.ofMillis(800)), 10, 4, Duration.ofSeconds(5),
					"server.hardening.routes.report.circuit-breaker"),
			CircuitBreakerRegistry.ofDefaults(), () -> this.now);

	private void fail(int times) {
		for (int i = 0; i < times; i++) {
			assertThat(this.breaker.tryAcquire()).isTrue();
			this.breaker.failed(this.breaker.era(), 1);
		}
	}

	private void succeed(int times, long nanos) {
		for (int i = 0; i < times; i++) {
			assertThat(this.breaker.tryAcquire()).isTrue();
			this.breaker.succeeded(this.breaker.era(), nanos);
		}
	}

	private State state() {
		return this.breaker.breaker().getState();
	}

	private void pass(Duration time) {
		this.now += time.toNanos();
	}

	@Test
	void opensWhenHalfOfTheCallsFail() {
		succeed(2, 1);
		fail(1);
		assertThat(state()).isEqualTo(State.CLOSED);
		fail(1);
		assertThat(this.breaker.isOpen()).isTrue();
		assertThat(this.breaker.tryAcquire()).isFalse();
	}

	@Test
	void opensWhenAllCallsAreSlow() {
		succeed(3, SLOW);
		assertThat(state()).isEqualTo(State.CLOSED);
		succeed(1, SLOW + 1);
		assertThat(state()).as("exactly as slow as allowed is not slow").isEqualTo(State.CLOSED);
		succeed(9, SLOW + 1);
		assertThat(state()).isEqualTo(State.OPEN);
	}

	@Test
	void saysWhenToComeBack() {
		fail(4);
		assertThat(this.breaker.retryAfter()).isEqualTo(Duration.ofSeconds(5));
		pass(Duration.ofMillis(4900));
		assertThat(this.breaker.retryAfter()).isEqualTo(Duration.ofMillis(100));
		pass(Duration.ofMinutes(1));
		assertThat(this.breaker.retryAfter()).isPositive();
	}

	// The time of day has not moved: only the clock that cannot be set has.
	@Test
	void someCallsTryAgainAndTheFloodWaits() {
		fail(4);
		pass(Duration.ofMillis(4999));
		assertThat(this.breaker.tryAcquire()).isFalse();
		pass(Duration.ofMillis(-4999));
		pass(Duration.ofMillis(5001));
		int permitted = 0;
		for (int i = 0; i < 1000; i++) {
			permitted += this.breaker.tryAcquire() ? 1 : 0;
		}
		assertThat(permitted).isEqualTo(4);
		assertThat(state()).isEqualTo(State.HALF_OPEN);
		assertThat(this.breaker.retryAfter()).isEqualTo(Duration.ofSeconds(1));
		for (int i = 0; i < 4; i++) {
			this.breaker.succeeded(this.breaker.era(), 1);
		}
		assertThat(state()).isEqualTo(State.CLOSED);
		assertThat(this.breaker.transitions()).extracting(RouteBreaker.Transition::to)
			.containsExactly(State.OPEN, State.HALF_OPEN, State.CLOSED);
	}

	@Test
	void aProbeThatSaysNothingGivesItsPlaceBack() {
		fail(4);
		pass(Duration.ofMillis(5001));
		for (int i = 0; i < 100; i++) {
			assertThat(this.breaker.tryAcquire()).isTrue();
			this.breaker.saidNothing(this.breaker.era(), 1);
		}
		succeed(4, 1);
		assertThat(state()).isEqualTo(State.CLOSED);
	}

	@Test
	void callsFromBeforeItOpenedSayNothingAboutWhetherItMayClose() {
		int before = this.breaker.era();
		assertThat(this.breaker.tryAcquire()).isTrue();
		fail(4);
		pass(Duration.ofMillis(5001));
		assertThat(this.breaker.tryAcquire()).isTrue();
		for (int i = 0; i < 10; i++) {
			this.breaker.failed(before, 1);
			this.breaker.saidNothing(before, 1);
		}
		assertThat(state()).isEqualTo(State.HALF_OPEN);
		succeed(3, 1);
		assertThat(this.breaker.tryAcquire()).as("the probe that is still out").isFalse();
	}

	@Test
	void keepsTheLastTransitionsOnly() {
		for (int i = 0; i < 50; i++) {
			fail(4);
			pass(Duration.ofMillis(5001));
			succeed(4, 1);
		}
		assertThat(this.breaker.transitions()).hasSize(10);
	}

}
