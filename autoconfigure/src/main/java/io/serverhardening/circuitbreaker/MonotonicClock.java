package io.serverhardening.circuitbreaker;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.function.LongSupplier;

/**
 * Tells the time of its beginning plus what has gone by: a breaker does not stay open for
 * an hour because someone has set the machine's clock back.
 */
final class MonotonicClock extends Clock {

	private final LongSupplier time;

	private final long origin;

	private final Instant start;

	MonotonicClock(LongSupplier time, Instant start) {
		this.time = time;
		this.origin = time.getAsLong();
		this.start = start;
	}

	@Override
	public Instant instant() {
		return this.start.plusNanos(this.time.getAsLong() - this.origin);
	}

	@Override
	public ZoneId getZone() {
		return ZoneOffset.UTC;
	}

	@Override
	public Clock withZone(ZoneId zone) {
		throw new UnsupportedOperationException("Only the instant is of interest");
	}

}
