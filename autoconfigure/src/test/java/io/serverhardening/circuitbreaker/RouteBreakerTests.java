package io.serverhardening.circuitbreaker;

import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.serverhardening.Timeout;
import io.serverhardening.circuitbreaker.RouteBreaker.CallKind;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyString;
import static org.mockito.BDDMockito.given;
import static org.mockito.BDDMockito.willAnswer;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.spy;

class RouteBreakerTests {

	private static final long SLOW = Duration.ofMillis(800).toNanos();

	private long now = 42;

	private final RouteBreaker breaker = new RouteBreaker("report",
			new CircuitBreakerPolicy(50, 100, Timeout.of(Duration.ofMillis(800)), 10, 4, Duration.ofSeconds(5),
					"server.hardening.routes.report.circuit-breaker"),
			CircuitBreakerRegistry.ofDefaults(), () -> this.now);

	private void fail(int times) {
		for (int i = 0; i < times; i++) {
			assertThat(this.breaker.tryAcquire()).isNotNegative();
			this.breaker.ended(this.breaker.era(), CallKind.FAILED, 1);
		}
	}

	private void succeed(int times, long nanos) {
		for (int i = 0; i < times; i++) {
			assertThat(this.breaker.tryAcquire()).isNotNegative();
			this.breaker.ended(this.breaker.era(), CallKind.SUCCESSFUL, nanos);
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
		assertThat(this.breaker.tryAcquire()).isEqualTo(RouteBreaker.REFUSED);
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
	void aCallBelongsToTheStateThatPermittedIt() {
		CircuitBreaker changing = spy(CircuitBreaker.ofDefaults("changing"));
		CircuitBreakerRegistry registry = mock(CircuitBreakerRegistry.class);
		given(registry.circuitBreaker(anyString(), any(CircuitBreakerConfig.class))).willReturn(changing);
		RouteBreaker breaker = new RouteBreaker("report", this.breaker.policy(), registry, () -> this.now);
		AtomicBoolean first = new AtomicBoolean(true);
		willAnswer((invocation) -> {
			Object permitted = invocation.callRealMethod();
			if (first.getAndSet(false)) {
				changing.transitionToOpenState();
			}
			return permitted;
		}).given(changing).tryAcquirePermission();
		assertThat(breaker.tryAcquire()).as("permitted by the state before").isEqualTo(RouteBreaker.REFUSED);
		assertThat(breaker.isOpen()).isTrue();
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
		assertThat(this.breaker.tryAcquire()).isEqualTo(RouteBreaker.REFUSED);
		pass(Duration.ofMillis(-4999));
		pass(Duration.ofMillis(5001));
		int permitted = 0;
		for (int i = 0; i < 1000; i++) {
			permitted += (this.breaker.tryAcquire() >= 0) ? 1 : 0;
		}
		assertThat(permitted).isEqualTo(4);
		assertThat(state()).isEqualTo(State.HALF_OPEN);
		assertThat(this.breaker.retryAfter()).isEqualTo(Duration.ofSeconds(1));
		for (int i = 0; i < 4; i++) {
			this.breaker.ended(this.breaker.era(), CallKind.SUCCESSFUL, 1);
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
			assertThat(this.breaker.tryAcquire()).isNotNegative();
			this.breaker.ended(this.breaker.era(), CallKind.IGNORED, 1);
		}
		succeed(4, 1);
		assertThat(state()).isEqualTo(State.CLOSED);
	}

	@Test
	void callsFromBeforeItOpenedSayNothingAboutWhetherItMayClose() {
		int before = this.breaker.era();
		assertThat(this.breaker.tryAcquire()).isNotNegative();
		fail(4);
		pass(Duration.ofMillis(5001));
		assertThat(this.breaker.tryAcquire()).isNotNegative();
		for (int i = 0; i < 10; i++) {
			this.breaker.ended(before, CallKind.FAILED, 1);
			this.breaker.ended(before, CallKind.IGNORED, 1);
		}
		assertThat(state()).isEqualTo(State.HALF_OPEN);
		succeed(3, 1);
		assertThat(this.breaker.tryAcquire()).as("the probe that is still out").isEqualTo(RouteBreaker.REFUSED);
	}

	@Test
	void probesThatNeverEndDoNotKeepItHalfOpen() {
		fail(4);
		pass(Duration.ofMillis(5001));
		int stuck = this.breaker.era() + 1;
		for (int i = 0; i < 4; i++) {
			assertThat(this.breaker.tryAcquire()).isNotNegative();
		}
		assertThat(this.breaker.tryAcquire()).isEqualTo(RouteBreaker.REFUSED);
		assertThat(this.breaker.retryAfter()).isEqualTo(Duration.ofSeconds(1));
		pass(Duration.ofSeconds(5));
		succeed(3, 1);
		this.breaker.ended(stuck, CallKind.FAILED, 1);
		succeed(1, 1);
		assertThat(state()).as("four that came later have answered").isEqualTo(State.CLOSED);
		assertThat(this.breaker.transitions()).hasSize(3);
	}

	@Test
	void probesMayBeFarBetween() {
		fail(4);
		for (int i = 0; i < 4; i++) {
			assertThat(this.breaker.isOpen()).isEqualTo(i == 0);
			pass(Duration.ofMinutes(1));
			succeed(1, 1);
		}
		assertThat(state()).isEqualTo(State.CLOSED);
	}

	@Test
	void aFloodAtTheMomentItMayTryAgainGetsTheProbesOnce() throws Exception {
		for (int round = 0; round < 50; round++) {
			fail(4);
			pass(Duration.ofMillis(5001));
			ExecutorService executor = Executors.newFixedThreadPool(8);
			try {
				AtomicInteger permitted = new AtomicInteger();
				List<Callable<Void>> flood = Collections.nCopies(64, () -> {
					permitted.addAndGet((this.breaker.tryAcquire() >= 0) ? 1 : 0);
					return null;
				});
				for (Future<Void> one : executor.invokeAll(flood)) {
					one.get(10, TimeUnit.SECONDS);
				}
				assertThat(permitted.get()).isEqualTo(4);
			}
			finally {
				executor.shutdownNow();
			}
			for (int i = 0; i < 4; i++) {
				this.breaker.ended(this.breaker.era(), CallKind.SUCCESSFUL, 1);
			}
			assertThat(state()).isEqualTo(State.CLOSED);
		}
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
