package io.serverhardening.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

import io.netty.channel.EventLoop;
import io.serverhardening.internal.LoopClock.Registration;
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

	private LoopClock clock;

	@BeforeEach
	void create() {
		EventLoop loop = Mockito.mock(EventLoop.class);
		Mockito.when(loop.schedule(ArgumentMatchers.any(Runnable.class), ArgumentMatchers.anyLong(),
				ArgumentMatchers.any(TimeUnit.class)))
			.then((call) -> {
				this.scheduled.set(call.getArgument(0));
				return null;
			});
		this.clock = new LoopClock(loop, "loop", () -> this.time, (loopClock, lag) -> this.late.add(lag));
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
	void cancellingTwiceIsCancellingOnce() {
		Registration registration = this.clock.register((charged) -> {
		});
		registration.cancel();
		registration.cancel();
		assertThat(this.clock.registered()).isZero();
	}

}
