package io.serverhardening.watchdog;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

import io.serverhardening.internal.HardeningThreads;
import io.serverhardening.internal.time.LoopClock;
import io.serverhardening.internal.time.LoopClocks;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.beans.factory.SmartInitializingSingleton;

/**
 * Looks from a thread of its own whether the clocks of the event loops tick, and says
 * which loop does not, and whose code it is in: while a loop is blocked nothing on it can
 * say so itself.
 * <p>
 * A look is a quarter of a second however late it comes: what stops the whole process, or
 * takes its processors away, blocks no loop.
 */
public final class StallWatch implements SmartInitializingSingleton, AutoCloseable, AopInfrastructureBean {

	/** How long a loop may be away before it is said: four ticks of its clock. */
	static final Duration BLOCKED_AFTER = Duration.ofSeconds(1);

	/** The first requests load classes, and compile. */
	static final Duration GRACE = Duration.ofSeconds(5);

	private static final Duration LOOK = Duration.ofMillis(250);

	private static final int MAX_RECENT = 10;

	private static final Log logger = LogFactory.getLog(StallWatch.class);

	private final LoopClocks clocks;

	private final HardeningThreads threads;

	private final LongSupplier time;

	/** As many as there are event loops. */
	private final Map<LoopClock, Watched> watched = new HashMap<>();

	private final StallLog log;

	private final Deque<Stall> recent = new ArrayDeque<>();

	private final LongAdder stalls = new LongAdder();

	private final Disposable.Swap looking = Disposables.swap();

	private final boolean enabled;

	/**
	 * Create the watch.
	 * @param clocks the clocks of the loops
	 * @param threads look, and write the log
	 * @param time the clock, nanoseconds
	 * @param enabled whether to look at all: someone at a breakpoint blocks nothing
	 */
	public StallWatch(LoopClocks clocks, HardeningThreads threads, LongSupplier time, boolean enabled) {
		this(clocks, threads, time, enabled, (line) -> threads.log().schedule(() -> logger.warn(line)));
	}

	StallWatch(LoopClocks clocks, HardeningThreads threads, LongSupplier time, boolean enabled,
			Consumer<String> lines) {
		this.clocks = clocks;
		this.threads = threads;
		this.time = time;
		this.enabled = enabled;
		this.log = new StallLog(lines, time.getAsLong());
	}

	@Override
	public void afterSingletonsInstantiated() {
		if (this.enabled) {
			this.looking.update(this.threads.timers()
				.schedulePeriodically(this::lookNow, LOOK.toMillis(), LOOK.toMillis(), TimeUnit.MILLISECONDS));
		}
	}

	private void lookNow() {
		try {
			look(this.time.getAsLong());
		}
		catch (Throwable ex) {
			// The next look is in a quarter of a second.
			logger.debug("The event loops were not looked at", ex);
		}
	}

	/**
	 * Look at every loop.
	 * @param now the time
	 */
	synchronized void look(long now) {
		for (LoopClock clock : this.clocks.all()) {
			Watched loop = this.watched.computeIfAbsent(clock, (key) -> new Watched(now));
			if (loop.look(clock)) {
				blocked(clock, loop, now);
			}
			else if (loop.stall != null) {
				say(new Stall(loop.stall.loop(), loop.blocked(), loop.stall.at(), true));
				loop.goesOn();
			}
		}
		this.log.say(now);
	}

	private void blocked(LoopClock clock, Watched loop, long now) {
		Stall known = loop.stall;
		if (known != null) {
			loop.stall = new Stall(known.loop(), loop.blocked(), known.at(), false);
			return;
		}
		if (now - loop.since < GRACE.toNanos()) {
			return;
		}
		StackTraceElement[] stack = clock.stack();
		if (!BlockedCode.isInnocent(stack)) {
			loop.stall = new Stall(clock.name(), loop.blocked(), BlockedCode.of(stack), false);
			this.stalls.increment();
			say(loop.stall);
		}
	}

	private void say(Stall stall) {
		if (stall.over()) {
			if (this.recent.size() == MAX_RECENT) {
				this.recent.removeLast();
			}
			this.recent.addFirst(stall);
		}
		this.log.add(stall);
	}

	/**
	 * Return what blocks loops now.
	 * @return the stalls
	 */
	public synchronized List<Stall> current() {
		return this.watched.values().stream().map((loop) -> loop.stall).filter((stall) -> stall != null).toList();
	}

	/**
	 * Return what has blocked loops.
	 * @return the last ten, the latest first
	 */
	public synchronized List<Stall> recent() {
		return List.copyOf(this.recent);
	}

	/**
	 * Return how often a loop was blocked.
	 * @return the number since the start
	 */
	public long stalls() {
		return this.stalls.sum();
	}

	@Override
	public void close() {
		this.looking.dispose();
	}

	/**
	 * What is known about a loop.
	 */
	private static final class Watched {

		private final long since;

		private long tick;

		private int missed;

		private @Nullable Stall stall;

		Watched(long now) {
			this.since = now;
		}

		/**
		 * Look whether the loop has ticked since the last look.
		 * @param clock the clock of the loop
		 * @return {@code true} if it is blocked
		 */
		boolean look(LoopClock clock) {
			long tick = clock.lastTick();
			if (!clock.isTicking() || tick != this.tick) {
				this.tick = tick;
				if (this.stall == null) {
					this.missed = 0;
				}
				return false;
			}
			this.missed++;
			return this.missed * LOOK.toNanos() >= BLOCKED_AFTER.toNanos();
		}

		Duration blocked() {
			return LOOK.multipliedBy(this.missed);
		}

		void goesOn() {
			this.stall = null;
			this.missed = 0;
		}

	}

}
