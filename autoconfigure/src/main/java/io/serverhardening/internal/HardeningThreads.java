package io.serverhardening.internal;

import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

import org.springframework.aop.framework.AopInfrastructureBean;

/**
 * The few threads that are the starter's own. Whatever it does off the event loops it
 * does here: {@code Schedulers.boundedElastic()} and {@code parallel()} belong to the
 * application, and one dependency that hangs may hold every thread of theirs. All are
 * daemons, start when they are needed and have names that begin with
 * {@code server-hardening-}.
 */
public final class HardeningThreads implements AutoCloseable, AopInfrastructureBean {

	private static final int IDLE_SECONDS = 60;

	/** Each log has one line under way at most. */
	private final Scheduler log = Schedulers.newBoundedElastic(1, 1000, "server-hardening-log", IDLE_SECONDS, true);

	private final Scheduler timers = Schedulers.newParallel("server-hardening-timer", 1, true);

	private final Scheduler hands = Schedulers.newBoundedElastic(4, 10_000, "server-hardening-hand", IDLE_SECONDS,
			true);

	private final Scheduler relief = Schedulers.newBoundedElastic(4, 10_000, "server-hardening-relief", IDLE_SECONDS,
			true);

	private final Scheduler stores = Schedulers.newBoundedElastic(2, 1000, "server-hardening-store", IDLE_SECONDS,
			true);

	private final Scheduler operators = Schedulers.newBoundedElastic(10, 100, "server-hardening-actuator", IDLE_SECONDS,
			true);

	/**
	 * Return who writes log lines, and does nothing else: an appender may block.
	 * @return the scheduler, of one thread
	 */
	public Scheduler log() {
		return this.log;
	}

	/**
	 * Return who keeps time off the event loops. Nothing that may block is done here, and
	 * nothing of the application's: it is given to an event loop or to {@link #hands()}.
	 * @return the scheduler, of one thread
	 */
	public Scheduler timers() {
		return this.timers;
	}

	/**
	 * Return who connects to a store and asks it whether it is there, which may block.
	 * @return the scheduler, of 2 threads at most and 1000 tasks waiting for each
	 */
	public Scheduler stores() {
		return this.stores;
	}

	/**
	 * Return who runs code of the application where no event loop does, and it may block.
	 * @return the scheduler, of 4 threads at most and 10,000 tasks waiting for each
	 */
	public Scheduler hands() {
		return this.hands;
	}

	/**
	 * Return who ends requests where no event loop does, and does what a call of the
	 * application's that hangs was to be followed by. Not {@link #hands()}: they may be
	 * what hangs.
	 * @return the scheduler, of 4 threads at most and 10,000 tasks waiting for each
	 */
	public Scheduler relief() {
		return this.relief;
	}

	/**
	 * Return who does what operators ask for and Spring Boot takes for blocking.
	 * @return the scheduler, of 10 threads at most and 100 tasks waiting for each
	 */
	public Scheduler operators() {
		return this.operators;
	}

	@Override
	public void close() {
		this.operators.dispose();
		this.hands.dispose();
		this.relief.dispose();
		this.stores.dispose();
		this.timers.dispose();
		this.log.dispose();
	}

}
