package io.serverhardening.watchdog;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

import io.netty.channel.DefaultEventLoop;
import io.serverhardening.internal.HardeningThreads;
import io.serverhardening.internal.call.ApplicationCalls;
import io.serverhardening.internal.time.LoopClocks;
import io.serverhardening.testing.Pause;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

class StallWatchTests {

	private static final long LOOK = Duration.ofMillis(250).toNanos();

	private final HardeningThreads threads = new HardeningThreads();

	private final LoopClocks clocks = new LoopClocks(System::nanoTime,
			new ApplicationCalls(this.threads, System::nanoTime));

	private final DefaultEventLoop loop = new DefaultEventLoop();

	private final CountDownLatch release = new CountDownLatch(1);

	private final List<String> lines = new ArrayList<>();

	private long now = System.nanoTime();

	private final StallWatch watch = new StallWatch(this.clocks, this.threads, () -> this.now, false, this.lines::add);

	@AfterEach
	@SuppressWarnings("FutureReturnValueIgnored")
	void stop() {
		this.release.countDown();
		this.loop.shutdownGracefully(0, 0, TimeUnit.SECONDS);
		this.threads.close();
	}

	private void block() throws Exception {
		CompletableFuture<Thread> blocked = new CompletableFuture<>();
		this.loop.execute(() -> {
			this.clocks.of(this.loop).register((charged) -> {
			});
			blocked.complete(Thread.currentThread());
			Pause.until(this.release);
		});
		Thread thread = blocked.get();
		// Until it hangs it may still load classes, which is nobody's fault.
		await().until(() -> thread.getState() == Thread.State.TIMED_WAITING);
	}

	private void look(int times) {
		for (int i = 0; i < times; i++) {
			this.now += LOOK;
			this.watch.look(this.now);
		}
	}

	@Test
	void keepsNothingThatTheLogDoesNotTake() throws Exception {
		StallWatch watch = new StallWatch(this.clocks, this.threads, () -> this.now, false, (line) -> {
			this.lines.add(line);
			throw new RejectedExecutionException("full");
		});
		this.clocks.of(this.loop);
		watch.look(this.now);
		this.now += StallWatch.GRACE.toNanos();
		block();
		int refused = 0;
		for (int i = 0; i < 40; i++) {
			this.now += LOOK;
			try {
				watch.look(this.now);
			}
			catch (RejectedExecutionException ex) {
				refused++;
			}
		}
		assertThat(refused).isEqualTo(1);
		assertThat(this.lines).hasSize(1);
	}

	@Test
	@SuppressWarnings("FutureReturnValueIgnored")
	void aLoopThatShutsDownIsNotBlocked() {
		this.clocks.of(this.loop);
		look(20);
		this.loop.submit(() -> this.clocks.of(this.loop).register((charged) -> {
		})).syncUninterruptibly();
		// It sleeps while it waits for more to do, and ticks no more.
		this.loop.shutdownGracefully(20, 20, TimeUnit.SECONDS);
		look(20);
		assertThat(this.lines).isEmpty();
		assertThat(this.clocks.of(this.loop).silence()).isZero();
		this.loop.shutdownGracefully(0, 0, TimeUnit.SECONDS);
	}

	@Test
	void saysOnceWhichLoopIsBlockedAndOnceThatItGoesOn() throws Exception {
		this.clocks.of(this.loop);
		look(20);
		block();
		look(4);
		assertThat(this.lines).as("less than a second").isEmpty();
		look(1);
		String name = this.clocks.of(this.loop).name();
		assertThat(this.lines).hasSize(1);
		assertThat(this.lines.get(0)).startsWith("Event loops are blocked")
			.contains(name + " for 1.0s now, at io.serverhardening.testing.Pause.until(Pause.java:");
		assertThat(this.watch.current()).singleElement().satisfies((stall) -> assertThat(stall.loop()).isEqualTo(name));
		look(10);
		assertThat(this.lines).as("once").hasSize(1);
		this.release.countDown();
		long tick = this.clocks.of(this.loop).lastTick();
		await().until(() -> this.clocks.of(this.loop).lastTick() != tick);
		look(1);
		assertThat(this.lines).hasSize(2);
		assertThat(this.lines.get(1))
			.startsWith("Event loops are no longer blocked: " + name + " after 3.5s at io.serverhardening.testing.");
		assertThat(this.watch.current()).isEmpty();
		assertThat(this.watch.recent()).hasSize(1);
		assertThat(this.watch.stalls()).isEqualTo(1);
	}

	@Test
	void doesNotBlameTheFirstSeconds() throws Exception {
		block();
		look(20);
		assertThat(this.lines).isEmpty();
		look(1);
		assertThat(this.lines).hasSize(1);
	}

	@Test
	void doesNotBlameALoopThatNobodyWaitsFor() {
		this.clocks.of(this.loop);
		look(100);
		assertThat(this.lines).isEmpty();
	}

	@Test
	void findsTheCodeOfTheApplication() {
		assertThat(BlockedCode.of(stack("java.lang.Thread", "com.shop.Orders", "org.springframework.Invoker",
				"io.serverhardening.route.EdgeFilter")))
			.startsWith("com.shop.Orders.run");
		assertThat(BlockedCode.of(stack("java.lang.Thread", "io.netty.Channel", "io.serverhardening.route.EdgeFilter")))
			.startsWith("java.lang.Thread.run");
		assertThat(BlockedCode.isInnocent(stack("com.shop.Orders$Init", "java.lang.ClassLoader", "com.shop.Orders")))
			.isTrue();
		assertThat(BlockedCode.isInnocent(stack("io.netty.channel.epoll.Native", "io.netty.channel.epoll.EPoll")))
			.isTrue();
		assertThat(BlockedCode.isInnocent(stack("java.lang.Thread", "com.shop.Orders"))).isFalse();
		assertThat(BlockedCode.isInnocent(new StackTraceElement[0])).isTrue();
	}

	private static StackTraceElement[] stack(String... types) {
		StackTraceElement[] stack = new StackTraceElement[types.length];
		for (int i = 0; i < types.length; i++) {
			stack[i] = new StackTraceElement(types[i], "run", "Source.java", i + 1);
		}
		return stack;
	}

}
