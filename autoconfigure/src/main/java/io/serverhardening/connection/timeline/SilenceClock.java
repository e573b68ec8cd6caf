package io.serverhardening.connection.timeline;

/**
 * How long nothing has come or gone on what has no clocks of requests: a WebSocket or an
 * event stream. Time is an argument.
 */
final class SilenceClock {

	private final long timeout;

	private long since;

	private boolean pinged;

	/**
	 * Create the clock.
	 * @param timeout how long there may be silence, nanoseconds
	 */
	SilenceClock(long timeout) {
		this.timeout = timeout;
	}

	void begin(long now) {
		this.since = now;
	}

	void stirred(long now) {
		this.since = now;
		this.pinged = false;
	}

	/**
	 * Whether the other side should be asked if it is still there.
	 * @param now the time
	 * @return {@code true} once, when half of its time is over
	 */
	boolean isPingDue(long now) {
		if (this.pinged || !ConnectionTimeline.isOver(this.since, this.timeout / 2, now)) {
			return false;
		}
		this.pinged = true;
		return true;
	}

	boolean isTimed() {
		return this.timeout != Long.MAX_VALUE;
	}

	boolean isOver(long now) {
		return ConnectionTimeline.isOver(this.since, this.timeout, now);
	}

}
