package io.serverhardening.circuitbreaker;

import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.Metrics;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.serverhardening.Timeout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.BDDMockito.willAnswer;
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
	void whoFailsToCountChangesNoAnswer() {
		AtomicInteger counted = new AtomicInteger();
		this.breaker.listen((kind, nanos) -> {
			throw new NoClassDefFoundError("Planted");
		});
		this.breaker.listen((kind, nanos) -> counted.incrementAndGet());
		fail(4);
		assertThat(this.breaker.isOpen()).isTrue();
		assertThat(this.breaker.tryAcquire()).isEqualTo(RouteBreaker.REFUSED);
		assertThat(counted).hasValue(5);
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
		RouteBreaker breaker = new RouteBreaker(changing, this.breaker.policy(), CircuitBreakerRegistry.ofDefaults(),
				() -> this.now);
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
		assertThat(this.breaker.transitions()).extracting(Transition::to)
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

	private static CircuitBreakerPolicy policy(int failureRate, Duration openPeriod) {
		return new CircuitBreakerPolicy(failureRate, 100, Timeout.of(Duration.ofMillis(800)), 10, 4, openPeriod,
				"server.hardening.routes.report.circuit-breaker");
	}

	@Test
	void anotherOpenPeriodLeavesTheWindowAlone() {
		succeed(2, 1);
		fail(1);
		this.breaker.apply(policy(50, Duration.ofSeconds(9)));
		assertThat(this.breaker.breaker().getMetrics().getNumberOfFailedCalls()).isEqualTo(1);
		fail(1);
		assertThat(this.breaker.retryAfter()).isEqualTo(Duration.ofSeconds(9));
		pass(Duration.ofSeconds(6));
		this.breaker.apply(policy(50, Duration.ofSeconds(7)));
		assertThat(this.breaker.retryAfter()).as("of its new period").isEqualTo(Duration.ofSeconds(1));
		this.breaker.apply(policy(50, Duration.ofSeconds(6)));
		assertThat(this.breaker.tryAcquire()).isNotNegative();
		assertThat(state()).isEqualTo(State.HALF_OPEN);
	}

	@Test
	void anOpenBreakerStaysOpenWhateverItsRates() {
		fail(4);
		pass(Duration.ofSeconds(2));
		this.breaker.apply(policy(90, Duration.ofSeconds(5)));
		assertThat(this.breaker.isOpen()).isTrue();
		assertThat(this.breaker.tryAcquire()).isEqualTo(RouteBreaker.REFUSED);
		assertThat(this.breaker.retryAfter()).isEqualTo(Duration.ofSeconds(3));
		pass(Duration.ofSeconds(3));
		succeed(4, 1);
		assertThat(state()).isEqualTo(State.CLOSED);
		assertThat(this.breaker.transitions()).extracting(Transition::to)
			.containsExactly(State.OPEN, State.HALF_OPEN, State.CLOSED);
	}

	@Test
	void aProbeOfTheBreakerBeforeSaysNothingOfTheNextOne() {
		fail(4);
		pass(Duration.ofSeconds(5));
		int probe = this.breaker.tryAcquire();
		this.breaker.apply(policy(90, Duration.ofSeconds(5)));
		assertThat(state()).isEqualTo(State.HALF_OPEN);
		this.breaker.ended(probe, CallKind.FAILED, 1);
		succeed(4, 1);
		assertThat(state()).as("all four probes were those of the next").isEqualTo(State.CLOSED);
	}

	@Test
	void theNextBreakerKnowsTheCallsOfTheOneBefore() {
		succeed(5, 1);
		fail(2);
		succeed(1, SLOW + 1);
		this.breaker.apply(policy(60, Duration.ofSeconds(5)));
		Metrics metrics = this.breaker.breaker().getMetrics();
		assertThat(metrics.getNumberOfBufferedCalls()).isEqualTo(8);
		assertThat(metrics.getNumberOfFailedCalls()).isEqualTo(2);
		assertThat(metrics.getNumberOfSlowSuccessfulCalls()).isEqualTo(1);
		this.breaker.apply(policy(25, Duration.ofSeconds(5)));
		assertThat(this.breaker.isOpen()).as("a quarter has failed").isTrue();
		assertThat(this.breaker.tryAcquire()).isEqualTo(RouteBreaker.REFUSED);
		assertThat(this.breaker.retryAfter()).isEqualTo(Duration.ofSeconds(5));
	}

	@ParameterizedTest
	@ValueSource(longs = { 1, 2, 3 })
	void opensForCallsThatAreTooManyFailuresAndForNothingElse(long seed) {
		SplittableRandom random = new SplittableRandom(seed);
		for (int round = 0; round < 2000; round++) {
			CircuitBreaker before = CircuitBreaker.of("before", BreakerFactory.config(new CircuitBreakerPolicy(100, 100,
					Timeout.of(Duration.ofNanos(10)), 50, 50, Duration.ofSeconds(1), "p")));
			int calls = random.nextInt(50);
			int failed = 0;
			int slow = 0;
			for (int call = 0; call < calls; call++) {
				boolean fails = random.nextInt(3) == 0;
				boolean late = random.nextInt(4) == 0;
				failed += fails ? 1 : 0;
				slow += late ? 1 : 0;
				if (fails) {
					before.onError(late ? 11 : 1, TimeUnit.NANOSECONDS, new IllegalStateException());
				}
				else {
					before.onSuccess(late ? 11 : 1, TimeUnit.NANOSECONDS);
				}
			}
			int failureRate = 1 + random.nextInt(100);
			int slowRate = 1 + random.nextInt(100);
			int minCalls = 1 + random.nextInt(50);
			CircuitBreaker next = BreakerFactory.after(before, new CircuitBreakerPolicy(failureRate, slowRate,
					Timeout.of(Duration.ofNanos(20)), 50, minCalls, Duration.ofSeconds(1), "p"));
			boolean opens = calls >= minCalls
					&& (failed * 100 >= failureRate * calls || slow * 100 >= slowRate * calls);
			assertThat(next.getState()).as("round " + round).isEqualTo(opens ? State.OPEN : State.CLOSED);
		}
	}

	@Test
	void aCallThatIsUnderWayCountsForTheNextBreakerToo() {
		int call = this.breaker.tryAcquire();
		this.breaker.apply(policy(90, Duration.ofSeconds(5)));
		this.breaker.ended(call, CallKind.FAILED, 1);
		assertThat(this.breaker.breaker().getMetrics().getNumberOfFailedCalls()).isEqualTo(1);
	}

	@Test
	void whoLooksItUpFindsTheBreakerInForce() {
		CircuitBreakerRegistry registry = CircuitBreakerRegistry.ofDefaults();
		RouteBreaker breaker = new RouteBreaker("report", this.breaker.policy(), registry, () -> this.now);
		breaker.register();
		assertThat(registry.find("report")).containsSame(breaker.breaker());
		breaker.apply(policy(90, Duration.ofSeconds(5)));
		assertThat(registry.find("report")).containsSame(breaker.breaker());
		assertThat(breaker.breaker().getCircuitBreakerConfig().getFailureRateThreshold()).isEqualTo(90);
	}

}
