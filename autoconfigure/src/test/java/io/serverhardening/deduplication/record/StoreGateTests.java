package io.serverhardening.deduplication.record;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

import io.serverhardening.testing.ScarceThreads;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * When a store is asked whether it works, and what is said of it.
 */
@ExtendWith(OutputCaptureExtension.class)
class StoreGateTests {

	private final VirtualTimeScheduler time = VirtualTimeScheduler.create();

	private final List<Long> probes = new ArrayList<>();

	private Mono<?> answer = Mono.just("works");

	private final StoreGate gate = new StoreGate(Mono.defer(() -> {
		this.probes.add(now());
		return this.answer;
	}), this.time, () -> this.time.now(TimeUnit.NANOSECONDS));

	@AfterEach
	void dispose() {
		this.time.dispose();
	}

	private long now() {
		return this.time.now(TimeUnit.MILLISECONDS);
	}

	private void start() {
		this.gate.start();
		this.time.advanceTimeBy(Duration.ofSeconds(20));
		this.probes.clear();
	}

	private static StoreRefusal readOnly() {
		return new StoreRefusal("READONLY", false, new IllegalStateException("secret"));
	}

	@Test
	void isAskedAgainWhereNobodyCouldBeFoundToProbeIt(CapturedOutput output) {
		AtomicInteger missing = new AtomicInteger();
		StoreGate gate = new StoreGate(Mono.fromSupplier(() -> this.probes.add(now())),
				new ScarceThreads(this.time, missing), () -> this.time.now(TimeUnit.NANOSECONDS));
		gate.start();
		this.time.advanceTime();
		this.probes.clear();
		missing.set(100);
		for (int i = 0; i < 100; i++) {
			gate.failed(new TimeoutException());
			assertThat(gate.isOpen()).as("open, for who comes next").isTrue();
		}
		gate.failed(new TimeoutException());
		this.time.advanceTimeBy(Duration.ofSeconds(1));
		assertThat(gate.isOpen()).as("probed").isTrue();
		assertThat(this.probes).as("and not by what is left in a queue").hasSize(1);
		assertThat(gate.outages()).as("one, however often it was found out").isEqualTo(1);
		gate.failed(new TimeoutException());
		this.time.advanceTime();
		assertThat(gate.outages()).as("another, since it was probed").isEqualTo(2);
		assertThat(output.getOut().lines().filter((line) -> line.contains("does not work"))).hasSize(1);
		missing.set(1);
		this.time.advanceTimeBy(Duration.ofHours(1));
		gate.failed(new TimeoutException());
		this.time.advanceTimeBy(Duration.ofHours(1));
		gate.failed(new TimeoutException());
		assertThat(output.getOut().lines().filter((line) -> line.contains("does not work"))).hasSize(3);
	}

	@Test
	void isAskedEverLessOftenWhileItIsDown() {
		start();
		this.answer = Mono.error(new IllegalStateException("of the test"));
		this.gate.failed(readOnly());
		this.time.advanceTimeBy(Duration.ofSeconds(4));
		assertThat(this.probes).hasSizeBetween(14, 16);
		this.time.advanceTimeBy(Duration.ofHours(1));
		this.probes.clear();
		this.time.advanceTimeBy(Duration.ofHours(1));
		assertThat(this.probes).hasSizeBetween(449, 451);
		this.answer = Mono.just("works");
		this.time.advanceTimeBy(Duration.ofSeconds(8));
		assertThat(this.gate.isOpen()).isTrue();
	}

	@Test
	void opensWithTheFirstProbe() {
		assertThat(this.gate.isOpen()).isFalse();
		this.gate.start();
		this.time.advanceTime();
		assertThat(this.gate.isOpen()).isTrue();
		assertThat(this.gate.outages()).isZero();
	}

	@Test
	void probesAStoreThatIsDownFourTimesASecond() {
		start();
		this.answer = Mono.error(new IllegalStateException("gone"));
		long down = now();
		this.gate.failed(new IllegalStateException("gone"));
		this.time.advanceTimeBy(Duration.ofSeconds(1));
		assertThat(this.probes).containsExactly(down + 250, down + 500, down + 750, down + 1000);
		assertThat(this.gate.outages()).isEqualTo(1);
		assertThat(this.gate.downFor()).isEqualTo(Duration.ofSeconds(1));
		this.answer = Mono.just("works");
		this.time.advanceTimeBy(Duration.ofMillis(250));
		assertThat(this.gate.isOpen()).isTrue();
	}

	@Test
	void probesAgainAfterAnErrorThatReactorTakesForFatal() {
		this.answer = Mono.defer(() -> {
			throw new OutOfMemoryError("planted");
		});
		this.gate.start();
		this.time.advanceTime();
		assertThat(this.gate.failure()).isEqualTo("OutOfMemoryError");
		this.answer = Mono.just("works");
		this.time.advanceTimeBy(Duration.ofMillis(250));
		assertThat(this.gate.isOpen()).isTrue();
	}

	@Test
	void probesAStoreThatWasSlowAtOnce() {
		start();
		for (int i = 0; i < 5; i++) {
			this.gate.failed(new TimeoutException());
			this.time.advanceTime();
			assertThat(this.gate.isOpen()).isTrue();
		}
		assertThat(this.gate.outages()).isEqualTo(5);
	}

	@Test
	void tellsOnceOfAStoreThatIsAlwaysALittleTooSlow(CapturedOutput output) {
		start();
		for (int i = 0; i < 5; i++) {
			this.gate.failed(new TimeoutException());
			this.time.advanceTime();
			assertThat(this.gate.isOpen()).isTrue();
		}
		assertThat(output.getOut().lines().filter((line) -> line.contains("does not work"))).hasSize(1);
		assertThat(output.getOut().lines().filter((line) -> line.contains("works again"))).hasSize(1);
		this.answer = Mono.error(new IllegalStateException("gone"));
		this.gate.failed(new TimeoutException());
		this.time.advanceTime();
		assertThat(output.getOut().lines().filter((line) -> line.contains("does not work"))).as("down").hasSize(2);
		this.answer = Mono.just("works");
		this.time.advanceTimeBy(Duration.ofMillis(250));
		assertThat(output.getOut().lines().filter((line) -> line.contains("works again"))).hasSize(2);
	}

	@Test
	void tellsSeldomOfAStoreWhoseProbesAreALittleTooSlowNowAndThen(CapturedOutput output) {
		start();
		this.answer = Mono
			.defer(() -> Mono.delay(Duration.ofMillis((this.probes.size() % 2 == 0) ? 900 : 1050), this.time));
		for (int i = 0; i < 3000; i++) {
			if (this.gate.isOpen()) {
				this.gate.failed(new TimeoutException());
			}
			this.time.advanceTimeBy(Duration.ofMillis(100));
		}
		assertThat(this.gate.outages()).isGreaterThan(50);
		assertThat(output.getOut().lines().filter((line) -> line.contains("does not work"))).hasSizeLessThan(5);
	}

	@Test
	void saysNothingOnceItIsClosed(CapturedOutput output) {
		start();
		this.gate.close();
		this.gate.failed(readOnly());
		assertThat(this.gate.outages()).isZero();
		assertThat(output.getOut()).doesNotContain("does not work");
	}

	@Test
	void probesNoMoreOnceItIsClosed() {
		start();
		this.gate.failed(readOnly());
		this.gate.close();
		this.time.advanceTimeBy(Duration.ofMinutes(1));
		assertThat(this.probes).isEmpty();
	}

	@Test
	void staysOpenWhereOneRecordIsRefused() {
		start();
		this.gate.failed(new StoreRefusal("WRONGTYPE", true, new IllegalStateException("secret")));
		assertThat(this.gate.isOpen()).isTrue();
		assertThat(this.gate.outages()).isZero();
	}

	@Test
	void probesAStoreThatOnlySeemsToWorkEverLater() {
		start();
		this.gate.onOpen(() -> this.gate.failed(readOnly()));
		long down = now();
		this.gate.failed(readOnly());
		this.time.advanceTimeBy(Duration.ofMinutes(1));
		assertThat(this.probes.stream().map((at) -> at - down)).containsExactly(250L, 750L, 1750L, 3750L, 7750L, 15750L,
				23750L, 31750L, 39750L, 47750L, 55750L);
		assertThat(this.gate.outages()).isEqualTo(12);
		assertThat(this.gate.failure()).isEqualTo("READONLY");
	}

	@Test
	void probesSoonAgainWhenTheStoreHasWorkedForAWhile() {
		start();
		for (int i = 0; i < 3; i++) {
			this.gate.failed(readOnly());
			this.time.advanceTimeBy(Duration.ofSeconds(2));
			assertThat(this.gate.isOpen()).isTrue();
		}
		this.time.advanceTimeBy(Duration.ofSeconds(10));
		this.gate.failed(readOnly());
		this.time.advanceTimeBy(Duration.ofMillis(250));
		assertThat(this.gate.isOpen()).isTrue();
	}

	@Test
	void saysWhyInTheWordOfTheStoreAndNothingElse() {
		start();
		this.answer = Mono.error(new StoreRefusal("OOM", false, new IllegalStateException("secret")));
		this.gate.failed(readOnly());
		assertThat(this.gate.failure()).isEqualTo("READONLY");
		this.time.advanceTimeBy(Duration.ofMillis(250));
		assertThat(this.gate.failure()).isEqualTo("OOM");
		this.gate.close();
	}

	@Test
	void beginsAgainWhenItIsStartedAgain() {
		start();
		this.answer = Mono.error(new IllegalStateException("gone"));
		this.gate.failed(new IllegalStateException("gone"));
		this.gate.close();
		this.gate.start();
		long again = now();
		this.time.advanceTimeBy(Duration.ofMillis(500));
		assertThat(this.probes).as("one after the other").containsExactly(again, again + 250, again + 500);
		this.answer = Mono.just("works");
		this.time.advanceTimeBy(Duration.ofMillis(250));
		assertThat(this.gate.isOpen()).isTrue();
		this.gate.close();
		assertThat(this.gate.isOpen()).isFalse();
		this.gate.start();
		this.time.advanceTime();
		assertThat(this.gate.isOpen()).isTrue();
		assertThat(this.gate.outages()).isEqualTo(2);
	}

}
