package io.serverhardening.connection.timeline;

import java.time.Duration;

/**
 * How long a client has taken nothing of what was written for it, where no response's
 * clock watches that. Time is an argument.
 */
final class UntakenClock {

	/** Who watches a response is to find first that it is not taken. */
	private static final long MARGIN = Duration.ofSeconds(1).toNanos();

	private final long timeout;

	/** Whether the client has something to take. */
	private boolean writing;

	/** What the client has taken so far, where that is watched. */
	private long taken;

	/**
	 * Whether it has something to take here, and since when it has taken nothing of it.
	 */
	private boolean stalled;

	private long stalledSince;

	/**
	 * Create the clock.
	 * @param timeout what a client may take to take nothing, nanoseconds
	 */
	UntakenClock(long timeout) {
		this.timeout = timeout;
	}

	/**
	 * Look at what the client has taken.
	 * @param written what has been written for it so far, bytes
	 * @param unsent what of it the client has not taken, bytes
	 * @param watched whether a response's clock holds the client to it, which knows what
	 * time the client has bought
	 * @param now the time
	 */
	void sent(long written, long unsent, boolean watched, long now) {
		if (watched) {
			this.writing = unsent > 0;
			this.stalled = false;
			return;
		}
		if (unsent > 0 && this.stalled && written - unsent <= this.taken) {
			return;
		}
		this.writing = unsent > 0;
		this.stalled = unsent > 0;
		this.stalledSince = now;
		this.taken = written - unsent;
	}

	boolean isWriting() {
		return this.writing;
	}

	boolean isOver(long now) {
		return this.stalled && ConnectionTimeline.isOver(this.stalledSince + MARGIN, this.timeout, now);
	}

}
