package io.serverhardening.internal.time;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.SingleThreadEventExecutor;
import io.serverhardening.internal.call.ApplicationCall;
import io.serverhardening.internal.call.ApplicationCalls;

/**
 * The clock of one event loop: a coarse tick for everything that is timed on the sockets
 * of the loop, so that none of them needs a timer of its own and the path of a request
 * asks nobody for the time.
 * <p>
 * Its time is the clients' time: a tick is one period, however late it comes. Where a
 * handler held the loop, or the machine had no time for it, bytes may have been waiting
 * to be read all along: the delay is nobody's fault on the other side, and does not
 * count. What is timed here ends late rather than wrongly.
 * <p>
 * Nothing that is ticked stops it: a member that throws is counted and logged, and ticked
 * again, so that what it has not ended this time it ends the next.
 * <p>
 * Used on its event loop only, but for what is {@code volatile}.
 */
public final class LoopClock implements Runnable {

	/**
	 * The time between two ticks.
	 */
	public static final long PERIOD = Duration.ofMillis(250).toNanos();

	private final EventLoop loop;

	private final String name;

	private final LongSupplier time;

	/** The time until the next tick: {@link #PERIOD}, except where a test is quicker. */
	private final long delay;

	private final LoopLag lag;

	private final ApplicationCalls calls;

	private final Registrations members = new Registrations();

	private long now;

	private volatile long lastTick;

	private volatile boolean ticking;

	LoopClock(EventLoop loop, String name, LongSupplier time, long delay, LagListener listener,
			ApplicationCalls calls) {
		this.loop = loop;
		this.name = name;
		this.time = time;
		this.delay = delay;
		this.lag = new LoopLag(this, listener);
		this.calls = calls;
	}

	/**
	 * Return the time that clients have had, as of the last tick.
	 * @return nanoseconds from an arbitrary origin
	 */
	public long now() {
		return this.now;
	}

	/**
	 * Have something ticked from now on.
	 * @param member what is ticked
	 * @return ends it
	 */
	public Registration register(Member member) {
		Registration registration = new Registration(this, member);
		add(registration);
		return registration;
	}

	/**
	 * Tick a member from now on.
	 * @param registration its place
	 */
	void add(Registration registration) {
		this.members.add(registration);
		if (!this.ticking) {
			this.lastTick = this.time.getAsLong();
			this.ticking = true;
			schedule();
		}
	}

	void remove(Registration registration) {
		this.members.remove(registration);
	}

	@SuppressWarnings("FutureReturnValueIgnored")
	private void schedule() {
		try {
			this.loop.schedule(this, this.delay, TimeUnit.NANOSECONDS);
		}
		catch (Throwable ex) {
			// The loop is shutting down, or there is no memory: the next member that is
			// registered starts the clock again.
			this.ticking = false;
			this.calls.failed(ApplicationCall.CLOCK, this.name, ex);
		}
	}

	@Override
	public void run() {
		if (this.members.size() == 0) {
			// Nobody waits for this loop: it may sleep.
			this.ticking = false;
			this.lag.none();
			return;
		}
		long started = this.time.getAsLong();
		long late = Math.max(0, started - this.lastTick - this.delay);
		this.lastTick = started;
		this.now += PERIOD;
		try {
			this.lag.late(late);
			this.members.begin();
			for (Member member = this.members.next(); member != null; member = this.members.next()) {
				tick(member);
			}
		}
		finally {
			schedule();
		}
	}

	private void tick(Member member) {
		try {
			member.tick(PERIOD);
		}
		catch (Throwable ex) {
			this.calls.failed(ApplicationCall.CLOCK, member, ex);
		}
	}

	/**
	 * Return how late the last tick came.
	 * @return nanoseconds
	 */
	public long lag() {
		return this.lag.last();
	}

	/**
	 * Return how late a tick has come at the most.
	 * @return nanoseconds
	 */
	public long maxLag() {
		return this.lag.max();
	}

	/**
	 * Return how often a tick was late by more than a period, for which clients' clocks
	 * stood still.
	 * @return the number since the start
	 */
	public long suspensions() {
		return this.lag.suspensions();
	}

	/**
	 * Return how many members this clock ticks.
	 * @return the number
	 */
	public int registered() {
		return this.members.size();
	}

	/**
	 * Return how long ago the last tick was.
	 * @return nanoseconds; zero for a clock that nobody waits for, which does not tick
	 */
	public long silence() {
		return isTicking() ? Math.max(0, this.time.getAsLong() - this.lastTick) : 0;
	}

	/**
	 * Whether anybody waits for this clock.
	 * @return {@code false} while it sleeps, and once its loop shuts down: that waits for
	 * two seconds more, and runs no timers
	 */
	public boolean isTicking() {
		return this.ticking && !this.loop.isShuttingDown();
	}

	/**
	 * Return when the last tick was.
	 * @return nanoseconds, as {@link System#nanoTime()}
	 */
	public long lastTick() {
		return this.lastTick;
	}

	/**
	 * Return what the loop's thread is doing.
	 * @return its stack, the innermost frame first; empty where it cannot be told
	 */
	public StackTraceElement[] stack() {
		return (this.loop instanceof SingleThreadEventExecutor executor) ? executor.threadProperties().stackTrace()
				: new StackTraceElement[0];
	}

	/**
	 * Return the name of the loop's thread.
	 * @return the name
	 */
	public String name() {
		return this.name;
	}

	/**
	 * Something that is timed.
	 */
	@FunctionalInterface
	public interface Member {

		/**
		 * Time has gone by. May end its own registration and others.
		 * @param charged nanoseconds that clients have had since the last tick, which is
		 * {@link #PERIOD}
		 */
		void tick(long charged);

	}

}
