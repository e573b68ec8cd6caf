package io.serverhardening.deduplication.record;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Tells the log that a store does not work, and that it works again. Each outage is told
 * once; a store that is always a little too slow is told of once altogether.
 */
final class OutageLog {

	private static final Log logger = LogFactory.getLog(StoreGate.class);

	private volatile Scheduler scheduler = Schedulers.immediate();

	/** The log has a line that it does not work, and none yet that it works again. */
	private volatile boolean told;

	/** It has failed, which was told, and has not worked for long since. */
	private volatile boolean unsteady;

	/**
	 * Say who writes log lines.
	 * @param scheduler the scheduler
	 */
	void on(Scheduler scheduler) {
		this.scheduler = scheduler;
	}

	/**
	 * A step has failed.
	 * @param failure why
	 * @param slow whether it has only taken too long
	 * @param again whether the store had not worked for long before
	 */
	void failed(@Nullable String failure, boolean slow, boolean again) {
		this.unsteady &= again;
		if (!slow || !this.unsteady) {
			tell(failure);
		}
	}

	/**
	 * A probe has failed.
	 * @param failure why
	 * @param slow whether it has only taken too long
	 * @param lasting whether the store has been down for long
	 */
	void probed(@Nullable String failure, boolean slow, boolean lasting) {
		if (!this.unsteady || !slow || lasting) {
			tell(failure);
		}
	}

	private void tell(@Nullable String failure) {
		if (this.told) {
			return;
		}
		this.told = true;
		this.unsteady = true;
		String line = "Redis does not work as the store of messages and nonces (" + failure
				+ "). Meanwhile each instance handles messages and checks nonces by what the instance knows itself, "
				+ "or as deduplication.on-store-failure says. See GET /actuator/hardening";
		say(() -> logger.warn(line));
	}

	/**
	 * The store works again.
	 * @param millis for how long it has not
	 */
	void worksAgain(long millis) {
		if (this.told) {
			this.told = false;
			String line = "Redis works again as the store of messages and nonces, after " + millis + " ms";
			say(() -> logger.info(line));
		}
	}

	/**
	 * Tell of the next failure, whatever has been told.
	 */
	void forget() {
		this.told = false;
	}

	// An appender may block, and this may be the thread on which all leases are renewed.
	private void say(Runnable line) {
		try {
			this.scheduler.schedule(line);
		}
		catch (Throwable ex) {
			// No thread, too many lines that wait, or shutting down: the gate goes on.
		}
	}

}
