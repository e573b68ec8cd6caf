package io.serverhardening.internal.time;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

import io.netty.channel.EventLoop;
import io.serverhardening.internal.HardeningThreads;
import io.serverhardening.internal.call.ApplicationCalls;
import io.serverhardening.testing.Planted;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mockito.ArgumentMatchers;
import org.mockito.Mockito;

import static org.assertj.core.api.Assertions.assertThat;

class LoopClockTests {

	private static final long PERIOD = LoopClock.PERIOD;

	// Near the end of the range, where nanoTime may be.
	private long time = Long.MAX_VALUE - PERIOD;

	private final AtomicReference<Runnable> scheduled = new AtomicReference<>();

	private final List<Long> late = new ArrayList<>();

	private final HardeningThreads threads = new HardeningThreads();

	private final ApplicationCalls calls = new ApplicationCalls(this.threads, () -> this.time);

	private boolean full;

	private LoopClock clock;

	@AfterEach
	void stop() {
		this.threads.close();
	}

	@BeforeEach
	void create() {
		EventLoop loop = Mockito.mock(EventLoop.class);
		Mockito.when(loop.schedule(ArgumentMatchers.any(Runnable.class), ArgumentMatchers.anyLong(),
				ArgumentMatchers.any(TimeUnit.class)))
			.then((call) -> {
				if (this.full) {
					throw new RejectedExecutionException();
				}
				this.scheduled.set(call.getArgument(0));
				return null;
			});
		this.clock = new LoopClock(loop, "loop", () -> this.time, (loopClock, lag) -> this.late.add(lag), this.calls);
	}

	private void tickAfter(long elapsed) {
		this.time += elapsed;
		Runnable tick = this.scheduled.getAndSet(null);
		assertThat(tick).as("a tick is scheduled").isNotNull();
		tick.run();
	}

	@Test
	void aTickIsAPeriodHoweverLate() {
		List<Long> charged = new ArrayList<>();
		this.clock.register(charged::add);
		tickAfter(PERIOD);
		tickAfter(PERIOD + 1000);
		assertThat(charged).containsExactly(PERIOD, PERIOD);
		assertThat(this.clock.now()).isEqualTo(2 * PERIOD);
		assertThat(this.late).containsExactly(0L, 1000L);
	}

	@Test
	void timeThatTheLoopWasAwayDoesNotCount() {
		List<Long> charged = new ArrayList<>();
		this.clock.register(charged::add);
		tickAfter(20 * PERIOD);
		assertThat(charged).containsExactly(PERIOD);
		assertThat(this.clock.lag()).isEqualTo(19 * PERIOD);
		assertThat(this.clock.suspensions()).isEqualTo(1);
		tickAfter(PERIOD);
		assertThat(this.clock.lag()).isZero();
		assertThat(this.clock.maxLag()).isEqualTo(19 * PERIOD);
	}

	@Test
	void sleepsWithoutMembersAndWakesUpWithThem() {
		Registration registration = this.clock.register((charged) -> {
		});
		registration.cancel();
		tickAfter(PERIOD);
		assertThat(this.scheduled.get()).isNull();
		this.time += 100 * PERIOD;
		List<Long> charged = new ArrayList<>();
		this.clock.register(charged::add);
		tickAfter(PERIOD);
		assertThat(charged).as("what it slept is nobody's").containsExactly(PERIOD);
	}

	@Test
	void aMemberMayEndItselfAndOthersWhileItIsTicked() {
		List<String> ticked = new ArrayList<>();
		Registration[] all = new Registration[4];
		for (int i = 0; i < all.length; i++) {
			int index = i;
			all[i] = this.clock.register((charged) -> {
				ticked.add("" + index);
				if (index == 1) {
					all[1].cancel();
					all[2].cancel();
					all[0].cancel();
				}
			});
		}
		tickAfter(PERIOD);
		assertThat(ticked).containsExactly("0", "1", "3");
		assertThat(this.clock.registered()).isEqualTo(1);
		all[2].resume();
		all[2].resume();
		assertThat(all[2].isActive()).isTrue();
		tickAfter(PERIOD);
		assertThat(ticked).containsExactly("0", "1", "3", "3", "2");
	}

	@Test
	void goesOnWhateverAMemberThrows() {
		List<Long> charged = new ArrayList<>();
		List<Throwable> thrown = List.of(new IllegalStateException(), new AssertionError(), new StackOverflowError(),
				new NoClassDefFoundError(), new OutOfMemoryError("planted"));
		for (Throwable ex : thrown) {
			this.clock.register((elapsed) -> Planted.sneak(ex));
		}
		this.clock.register(charged::add);
		tickAfter(PERIOD);
		tickAfter(PERIOD);
		assertThat(charged).containsExactly(PERIOD, PERIOD);
		assertThat(this.clock.registered()).as("what has not ended this time may end the next").isEqualTo(6);
		assertThat(this.calls.failures()).containsExactly(Map.entry("clock", 10L));
	}

	@Test
	void goesOnWhateverAListenerThrows() {
		LoopClocks clocks = new LoopClocks(() -> this.time, this.calls);
		clocks.listen((clock, late) -> Planted.sneak(new StackOverflowError()));
		clocks.listen((clock, late) -> this.late.add(late));
		clocks.onTick(this.clock, 7);
		assertThat(this.late).containsExactly(7L);
		assertThat(this.calls.failures()).containsExactly(Map.entry("meter", 1L));
	}

	@Test
	void startsAgainWhenItsLoopDidNotTakeTheNextTick() {
		this.clock.register((charged) -> {
		});
		this.full = true;
		tickAfter(PERIOD);
		assertThat(this.clock.isTicking()).isFalse();
		assertThat(this.clock.silence()).isZero();
		this.full = false;
		List<Long> charged = new ArrayList<>();
		this.clock.register(charged::add);
		tickAfter(PERIOD);
		assertThat(charged).containsExactly(PERIOD);
	}

	@Test
	void tellsHowLongItHasBeenSilent() {
		this.clock.register((charged) -> {
		});
		tickAfter(PERIOD);
		this.time += 9 * PERIOD;
		assertThat(this.clock.silence()).isEqualTo(9 * PERIOD);
	}

	@Test
	void cancellingTwiceIsCancellingOnce() {
		Registration registration = this.clock.register((charged) -> {
		});
		registration.cancel();
		registration.cancel();
		assertThat(this.clock.registered()).isZero();
	}

}
