package io.serverhardening.internal.time;

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

	private final long ceiling;

	private long credit;

	/**
	 * Create the pace of a transfer that begins.
	 * @param rate bytes for each second
	 * @param grace the credit to begin with
	 */
	public Pace(DataLimit rate, Duration grace) {
		this(rate, grace, 0);
	}

	/**
	 * Create the pace of a transfer whose bytes are seen to go through many at once, and
	 * then none for as long as the slowest that keeps up takes for as many.
	 * @param rate bytes for each second
	 * @param grace the credit to begin with
	 * @param burst how many bytes may be seen at once
	 */
	public Pace(DataLimit rate, Duration grace, long burst) {
		this.rate = rate.bytes();
		this.grace = grace.toNanos();
		this.ceiling = Math.max(Math.max(this.grace, MAX_CREDIT), worth(burst));
		this.credit = this.grace;
	}

	// As a double: a gigabyte of nanoseconds does not fit a long.
	private long worth(long bytes) {
		return (long) ((double) bytes * SECOND / this.rate);
	}

	/**
	 * Whether there is a rate to keep up.
	 * @return {@code false} if it is none
	 */
	public boolean isLimited() {
		return this.rate != Long.MAX_VALUE;
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
		if (isLimited()) {
			this.credit = Math.min(this.credit + worth(bytes), this.ceiling);
		}
	}

	/**
	 * Time has gone by.
	 * @param time nanoseconds in which bytes could have gone through
	 * @return {@code false} once the credit is used up
	 */
	public boolean keptUp(long time) {
		if (!isLimited()) {
			return true;
		}
		this.credit -= time;
		return isKeptUp();
	}

	/**
	 * Whether there is credit left.
	 * @return {@code false} once it is used up
	 */
	public boolean isKeptUp() {
		return !isLimited() || this.credit >= 0;
	}

}
