package io.serverhardening.internal.time;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.SingleThreadEventExecutor;
import io.serverhardening.internal.call.ApplicationCall;
import io.serverhardening.internal.call.ApplicationCalls;
import org.jspecify.annotations.Nullable;

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

	private final LagListener listener;

	private final ApplicationCalls calls;

	private final Registration head = new Registration(null);

	/** The next registration to tick, so that one may end while its list is walked. */
	private Registration cursor = this.head;

	private long now;

	private volatile long lastTick;

	private volatile boolean ticking;

	private volatile long lag;

	private volatile long maxLag;

	private volatile long suspensions;

	private volatile int registered;

	LoopClock(EventLoop loop, String name, LongSupplier time, LagListener listener, ApplicationCalls calls) {
		this.loop = loop;
		this.name = name;
		this.time = time;
		this.listener = listener;
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
		Registration registration = new Registration(member);
		add(registration);
		return registration;
	}

	private void add(Registration registration) {
		registration.previous = this.head.previous;
		registration.next = this.head;
		this.head.previous.next = registration;
		this.head.previous = registration;
		count(1);
		if (!this.ticking) {
			this.lastTick = this.time.getAsLong();
			this.ticking = true;
			schedule();
		}
	}

	@SuppressWarnings("NonAtomicVolatileUpdate")
	private void count(int change) {
		// Written by this loop only.
		this.registered += change;
	}

	@SuppressWarnings("FutureReturnValueIgnored")
	private void schedule() {
		try {
			this.loop.schedule(this, PERIOD, TimeUnit.NANOSECONDS);
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
		if (this.registered == 0) {
			// Nobody waits for this loop: it may sleep.
			this.ticking = false;
			this.lag = 0;
			return;
		}
		long started = this.time.getAsLong();
		long late = Math.max(0, started - this.lastTick - PERIOD);
		this.lastTick = started;
		this.now += PERIOD;
		try {
			late(late);
			for (this.cursor = this.head.next; this.cursor != this.head;) {
				Member member = this.cursor.member;
				this.cursor = this.cursor.next;
				if (member != null) {
					tick(member);
				}
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

	private void late(long late) {
		this.lag = late;
		this.maxLag = Math.max(this.maxLag, late);
		if (late > PERIOD) {
			suspended();
		}
		this.listener.onTick(this, late);
	}

	@SuppressWarnings("NonAtomicVolatileUpdate")
	private void suspended() {
		// Written by this loop only.
		this.suspensions++;
	}

	/**
	 * Return how late the last tick came.
	 * @return nanoseconds
	 */
	public long lag() {
		return this.lag;
	}

	/**
	 * Return how late a tick has come at the most.
	 * @return nanoseconds
	 */
	public long maxLag() {
		return this.maxLag;
	}

	/**
	 * Return how often a tick was late by more than a period, for which clients' clocks
	 * stood still.
	 * @return the number since the start
	 */
	public long suspensions() {
		return this.suspensions;
	}

	/**
	 * Return how many members this clock ticks.
	 * @return the number
	 */
	public int registered() {
		return this.registered;
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

	/**
	 * Hears of every tick.
	 */
	@FunctionalInterface
	public interface LagListener {

		/**
		 * A tick has come.
		 * @param clock the clock
		 * @param late how late it came, nanoseconds
		 */
		void onTick(LoopClock clock, long late);

	}

	/**
	 * A place in the list of members.
	 */
	public final class Registration {

		private final @Nullable Member member;

		private Registration previous = this;

		private Registration next = this;

		private Registration(@Nullable Member member) {
			this.member = member;
		}

		/**
		 * Whether the member is ticked.
		 * @return {@code false} once cancelled
		 */
		public boolean isActive() {
			return this.next != this;
		}

		/**
		 * Tick the member no more, until {@link #resume()}.
		 */
		public void cancel() {
			if (isActive()) {
				if (LoopClock.this.cursor == this) {
					LoopClock.this.cursor = this.next;
				}
				this.previous.next = this.next;
				this.next.previous = this.previous;
				this.previous = this;
				this.next = this;
				count(-1);
			}
		}

		/**
		 * Tick the member again.
		 */
		public void resume() {
			if (!isActive()) {
				add(this);
			}
		}

	}

}
