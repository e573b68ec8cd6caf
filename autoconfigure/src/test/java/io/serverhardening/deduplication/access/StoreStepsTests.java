package io.serverhardening.deduplication.access;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

import io.serverhardening.deduplication.memory.MemoryRecordStore;
import io.serverhardening.deduplication.record.StoreGate;
import io.serverhardening.testing.ScarceThreads;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.Exceptions;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;

import org.springframework.test.util.ReflectionTestUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What becomes of a step of a store, whenever it is answered.
 */
class StoreStepsTests {

	private static final Duration TIMEOUT = Duration.ofMillis(250);

	private final VirtualTimeScheduler time = VirtualTimeScheduler.create();

	private final MemoryRecordStore store = new MemoryRecordStore(1, () -> 0);

	private StoreGate gate;

	private StoreSteps steps;

	@BeforeEach
	void begin() {
		this.gate = new StoreGate(Mono.empty(), this.time, this::nanos);
		this.steps = new StoreSteps(this.store, this.gate, TIMEOUT, this.time, this::nanos);
		open();
	}

	@AfterEach
	void end() {
		this.time.dispose();
	}

	private long nanos() {
		return this.time.now(TimeUnit.NANOSECONDS);
	}

	private void open() {
		this.gate.start();
		this.time.advanceTime();
		assertThat(this.gate.isOpen()).isTrue();
	}

	// Answered in time, late, never, with nothing or with an error; left at any time.
	@Test
	void everyStepHasOneEndingAndNoneIsLaterThanItsTime() {
		for (int seed = 0; seed < 200; seed++) {
			Random random = new Random(seed);
			List<Watched> all = new ArrayList<>();
			for (int i = 0; i < 30; i++) {
				all.add(new Watched(random));
				this.time.advanceTimeBy(Duration.ofMillis(random.nextInt(40)));
			}
			this.time.advanceTimeBy(Duration.ofSeconds(2));
			for (Watched step : all) {
				step.check("seed " + seed);
			}
			this.gate.close();
			begin();
		}
	}

	@Test
	void aStoreThatDoesNotSayAnythingHasFailed() {
		Watched step = new Watched(this.steps.ask("id", Mono.empty()));
		assertThat(step.error).isInstanceOf(IllegalStateException.class);
		assertThat(this.gate.isOpen()).isFalse();
		assertThat(this.steps.times().failures()).isEqualTo(1);
	}

	@Test
	void whatIsLookedForMayNotBeThere() {
		Watched step = new Watched(this.steps.look("id", Mono.empty()));
		assertThat(step.error).isNull();
		assertThat(step.endings).isEqualTo(1);
		assertThat(this.gate.isOpen()).isTrue();
	}

	@Test
	void keepsNoStepThatIsOverUntilItsTimeIsUp() {
		for (int i = 0; i < 100; i++) {
			assertThat(new Watched(this.steps.ask("id", Mono.just(1))).endings).isEqualTo(1);
		}
		assertThat((Collection<?>) ReflectionTestUtils.getField(this.steps, "steps")).hasSize(1);
	}

	@Test
	void aStoreThatThrowsHasFailed() {
		Watched step = new Watched(this.steps.ask("id", Mono.from((subscriber) -> {
			throw new IllegalArgumentException("of the test");
		})));
		assertThat(step.error).hasMessage("of the test");
	}

	@Test
	void nobodyWaitsForAStoreWhenNobodyKeepsTimeAnyMore() {
		Scheduler gone = Schedulers.fromExecutorService(new ScheduledThreadPoolExecutor(1));
		gone.dispose();
		StoreSteps steps = new StoreSteps(this.store, this.gate, TIMEOUT, gone, this::nanos);
		Watched step = new Watched(steps.ask("id", Mono.never()));
		assertThat(step.error).isInstanceOf(TimeoutException.class);
	}

	@Test
	void whoeverWaitsHearsOfAFailureWhenNobodyLooksAfterTheStoreAnyMore() {
		Scheduler gone = Schedulers.fromExecutorService(new ScheduledThreadPoolExecutor(1));
		gone.dispose();
		StoreGate gate = new StoreGate(Mono.empty(), gone, this::nanos);
		StoreSteps steps = new StoreSteps(this.store, gate, TIMEOUT, this.time, this::nanos);
		Watched step = new Watched(steps.ask("id", Mono.error(new IllegalStateException("of the test"))));
		assertThat(step.error).hasMessage("of the test");
	}

	@Test
	void whoeverFailsWhenItsTimeIsUpDoesNotKeepOthersWaiting() {
		for (Throwable failure : new Throwable[] { new IllegalStateException("of the test"),
				new NoClassDefFoundError("of the test") }) {
			this.steps.ask("id", Mono.never()).subscribe(null, (error) -> {
				throw Exceptions.propagate(failure);
			});
			Watched other = new Watched(this.steps.ask("id", Mono.never()));
			this.time.advanceTimeBy(TIMEOUT);
			assertThat(other.error).isInstanceOf(TimeoutException.class);
		}
	}

	@Test
	void timeIsKeptAgainWhereThereWasNoThreadForIt() {
		StoreSteps steps = new StoreSteps(this.store, this.gate, TIMEOUT,
				new ScarceThreads(this.time, new AtomicInteger(1)), this::nanos);
		Watched first = new Watched(steps.ask("id", Mono.never()));
		Watched next = new Watched(steps.ask("id", Mono.never()));
		this.time.advanceTimeBy(TIMEOUT);
		assertThat(next.error).isInstanceOf(TimeoutException.class);
		assertThat(first.error).isInstanceOf(TimeoutException.class);
	}

	/**
	 * Whoever waits for a step, and what it may expect.
	 */
	private final class Watched {

		private final Sinks.One<Integer> store = Sinks.one();

		private final long start = nanos();

		private boolean insisting;

		private boolean cancelled;

		private long answeredAfter = Long.MAX_VALUE;

		private long leftAfter = Long.MAX_VALUE;

		private boolean answeredWithError;

		private int arrived;

		private int late;

		private int endings;

		private long endedAfter;

		private @Nullable Integer got;

		private @Nullable Throwable error;

		private @Nullable Disposable waiting;

		Watched(Mono<Integer> step) {
			this.waiting = step.subscribe(this::next, this::failed, this::ended);
		}

		Watched(Random random) {
			this.insisting = random.nextBoolean();
			Mono<Integer> source = this.store.asMono().doOnCancel(() -> this.cancelled = true);
			Mono<Integer> step = this.insisting ? StoreStepsTests.this.steps.insist("id", source, grant())
					: StoreStepsTests.this.steps.ask("id", source);
			this.waiting = step.subscribe(this::next, this::failed, this::ended);
			if (random.nextInt(4) > 0) {
				this.answeredWithError = random.nextInt(5) == 0;
				this.answeredAfter = random.nextInt(400);
				StoreStepsTests.this.time.schedule(this::answer, this.answeredAfter, TimeUnit.MILLISECONDS);
			}
			if (random.nextInt(4) == 0) {
				this.leftAfter = random.nextInt(400);
				StoreStepsTests.this.time.schedule(this.waiting::dispose, this.leftAfter, TimeUnit.MILLISECONDS);
			}
		}

		private StoreGrant<Integer> grant() {
			return new StoreGrant<>() {

				@Override
				public Integer arrived(Integer said) {
					Watched.this.arrived++;
					return said + 1;
				}

				@Override
				public void late(Integer said) {
					assertThat(said).isEqualTo(2);
					Watched.this.late++;
				}

			};
		}

		private void answer() {
			if (this.answeredWithError) {
				this.store.tryEmitError(new IllegalStateException("of the test"));
			}
			else {
				this.store.tryEmitValue(1);
			}
		}

		private void next(Integer value) {
			this.got = value;
		}

		private void failed(Throwable error) {
			this.error = error;
			ended();
		}

		private void ended() {
			this.endings++;
			this.endedAfter = TimeUnit.NANOSECONDS.toMillis(nanos() - this.start);
		}

		// What is due at the same moment may come in either order.
		void check(String seed) {
			long due = TIMEOUT.toMillis();
			long first = Math.min(this.answeredAfter, due);
			boolean answers = this.answeredAfter != Long.MAX_VALUE && !this.answeredWithError;
			if (this.leftAfter < first) {
				assertThat(this.endings).as(seed).isZero();
			}
			else if (this.leftAfter > first) {
				assertThat(this.endings).as(seed).isEqualTo(1);
				assertThat(this.endedAfter).as(seed).isEqualTo(first);
				if (this.answeredAfter < due) {
					assertThat(this.got != null).as(seed).isEqualTo(answers);
				}
				else if (this.answeredAfter > due) {
					assertThat(this.error).as(seed).isInstanceOf(TimeoutException.class);
				}
			}
			if (this.insisting) {
				assertThat(this.cancelled).as(seed).isFalse();
				assertThat(this.arrived).as(seed).isEqualTo(answers ? 1 : 0);
				assertThat(this.late).as(seed).isEqualTo((answers && this.got == null) ? 1 : 0);
			}
			else if (this.got == null && this.error == null) {
				assertThat(this.cancelled || this.answeredAfter <= this.leftAfter).as(seed).isTrue();
			}
		}

	}

}
