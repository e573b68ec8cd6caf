package io.serverhardening.autoconfigure.server;

import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

import io.serverhardening.deduplication.DeduplicationState;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import reactor.core.scheduler.Scheduler;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.context.SmartLifecycle;

/**
 * Waits at shutdown for the handlers of messages. A graceful shutdown counts requests,
 * and a run whose request has been answered, or whose client has left, is none.
 */
public final class RunsAtShutdown implements SmartLifecycle, AopInfrastructureBean {

	private static final Log logger = LogFactory.getLog(RunsAtShutdown.class);

	/** After the web server, which stops from 1024 and 2048 below the last phase on. */
	private static final int PHASE = DEFAULT_PHASE - 3072;

	private static final Duration LOOK = Duration.ofMillis(50);

	/** Before Spring goes on without, there is time to say so. */
	private static final Duration MARGIN = Duration.ofMillis(200);

	private final Supplier<Collection<DeduplicationState>> states;

	private final Duration atMost;

	private final Scheduler scheduler;

	private final LongSupplier time;

	private volatile boolean running;

	/**
	 * Create the lifecycle.
	 * @param states what is kept for each route
	 * @param atMost how long to wait, zero where the shutdown is immediate
	 * @param scheduler looks whether they are done
	 * @param time the clock, nanoseconds
	 */
	public RunsAtShutdown(Supplier<Collection<DeduplicationState>> states, Duration atMost, Scheduler scheduler,
			LongSupplier time) {
		this.states = states;
		this.atMost = atMost;
		this.scheduler = scheduler;
		this.time = time;
	}

	@Override
	public void start() {
		this.running = true;
		this.states.get().forEach((state) -> state.accept(true));
	}

	@Override
	public void stop() {
		stop(() -> {
		});
	}

	@Override
	public void stop(Runnable callback) {
		this.running = false;
		this.states.get().forEach((state) -> state.accept(false));
		int left = left();
		if (left > 0 && !this.atMost.isZero()) {
			logger.info("The shutdown waits for the handlers of " + messages(left)
					+ ", for as long as spring.lifecycle.timeout-per-shutdown-phase allows");
		}
		look(callback, this.time.getAsLong() + this.atMost.minus(MARGIN).toNanos());
	}

	private void look(Runnable callback, long end) {
		int left = left();
		if (left > 0 && this.time.getAsLong() - end < 0) {
			this.scheduler.schedule(() -> look(callback, end), LOOK.toMillis(), TimeUnit.MILLISECONDS);
			return;
		}
		if (left > 0) {
			String remedy = this.atMost.isZero() ? "set server.shutdown to graceful"
					: "raise spring.lifecycle.timeout-per-shutdown-phase";
			logger.warn("The server stops although the handlers of " + messages(left)
					+ " have not finished. A copy of such a message is handled again when its lease is over. To have "
					+ "the shutdown wait for longer, " + remedy);
		}
		callback.run();
	}

	private int left() {
		return this.states.get().stream().mapToInt(DeduplicationState::running).sum();
	}

	private static String messages(int count) {
		return (count == 1) ? "1 message" : count + " messages";
	}

	@Override
	public boolean isRunning() {
		return this.running;
	}

	@Override
	public int getPhase() {
		return PHASE;
	}

}
