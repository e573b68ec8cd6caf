package io.serverhardening.internal;

import java.time.Duration;

import io.serverhardening.DataLimit;

/**
 * Whether a transfer keeps up a rate. It has credit, in time: the grace to begin with.
 * Time uses it up and bytes earn it back, each as much as the rate allows for it. A
 * transfer that was fast may therefore rest, but not for ever on the strength of its
 * first megabyte: credit has a ceiling.
 * <p>
 * Pure arithmetic; time is an argument.
 */
public final class Pace {

	/** What a balancer or a browser takes for a dead connection, at the least. */
	private static final long MAX_CREDIT = Duration.ofSeconds(30).toNanos();

	private static final long SECOND = Duration.ofSeconds(1).toNanos();

	private final long rate;

	private final long grace;

	private long credit;

	/**
	 * Create the pace of a transfer that begins.
	 * @param rate bytes for each second
	 * @param grace the credit to begin with
	 */
	public Pace(DataLimit rate, Duration grace) {
		this.rate = rate.bytes();
		this.grace = grace.toNanos();
		this.credit = this.grace;
	}

	/**
	 * Begin anew.
	 */
	public void restart() {
		this.credit = this.grace;
	}

	/**
	 * Bytes have gone through.
	 * @param bytes how many
	 */
	public void moved(long bytes) {
		if (this.rate != Long.MAX_VALUE) {
			// As a double: a gigabyte of nanoseconds does not fit a long.
			long earned = (long) ((double) bytes * SECOND / this.rate);
			this.credit = Math.min(this.credit + earned, Math.max(this.grace, MAX_CREDIT));
		}
	}

	/**
	 * Time has gone by.
	 * @param time nanoseconds in which bytes could have gone through
	 * @return {@code false} once the credit is used up
	 */
	public boolean keptUp(long time) {
		if (this.rate == Long.MAX_VALUE) {
			return true;
		}
		this.credit -= time;
		return this.credit >= 0;
	}

}
