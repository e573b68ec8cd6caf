package io.serverhardening.deduplication.access;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

import io.serverhardening.deduplication.record.ClaimRequest;
import org.jspecify.annotations.Nullable;

/**
 * What the store has granted to this instance, and runs here. It is known without the
 * store, which may be down, or have lost it. A claim that is not renewed is not held for
 * longer than its lease, as in the store.
 */
final class HeldClaims {

	private static final Duration SWEEP = Duration.ofSeconds(1);

	private final Map<String, Held> held = new ConcurrentHashMap<>();

	private final AtomicLong sweepAt;

	private final LongSupplier time;

	/**
	 * Create the claims.
	 * @param time the clock, nanoseconds
	 */
	HeldClaims(LongSupplier time) {
		this.time = time;
		this.sweepAt = new AtomicLong(time.getAsLong());
	}

	/**
	 * Hold a message that the store has granted.
	 * @param request what was granted
	 * @param token its token
	 * @return what runs here by the same message already, {@code null} where nothing does
	 */
	@Nullable Held hold(ClaimRequest request, long token) {
		long now = this.time.getAsLong();
		sweep(now);
		Held held = new Held(request, token, until(request, now), false);
		Held present = this.held.compute(request.id(),
				(id, before) -> (before == null || before.gives(request, now)) ? held : before);
		return present.isBy(request) ? null : present;
	}

	private static long until(ClaimRequest request, long now) {
		return now + TimeUnit.MILLISECONDS.toNanos(request.terms().leaseMillis());
	}

	// Everything that is held is given up by whoever ran it. This is for what is not.
	private void sweep(long now) {
		long due = this.sweepAt.get();
		if (now - due >= 0 && this.sweepAt.compareAndSet(due, now + SWEEP.toNanos())) {
			this.held.values().removeIf((held) -> held.isOver(now));
		}
	}

	/**
	 * Hold on to a message for another lease.
	 * @param request what was granted
	 */
	void renewed(ClaimRequest request) {
		long now = this.time.getAsLong();
		this.held.computeIfPresent(request.id(), (id, held) -> held.isBy(request)
				? new Held(held.request(), held.token(), until(held.request(), now), held.stopped()) : held);
	}

	/**
	 * Give up a message.
	 * @param request what was granted
	 * @return {@code false} if it was not held
	 */
	boolean forget(ClaimRequest request) {
		Held held = this.held.get(request.id());
		while (held != null && held.isBy(request)) {
			if (this.held.remove(request.id(), held)) {
				return true;
			}
			// Renewed meanwhile.
			held = this.held.get(request.id());
		}
		return false;
	}

	/**
	 * Say that a message runs here no more, and that its lease goes on: what was stopped
	 * may still be at work. Whoever is granted it by the store meanwhile has it.
	 * @param request what was granted
	 */
	void stopped(ClaimRequest request) {
		this.held.computeIfPresent(request.id(),
				(id, held) -> held.isBy(request) ? new Held(held.request(), held.token(), held.until(), true) : held);
	}

	/**
	 * Whether the store has granted a message.
	 * @param request what was granted
	 * @return {@code true} if it is held by that owner
	 */
	boolean holds(ClaimRequest request) {
		Held held = this.held.get(request.id());
		return held != null && held.isBy(request);
	}

	/**
	 * Whether a message runs here.
	 * @param request what was granted
	 * @return {@code true} if that owner runs it
	 */
	boolean isRun(ClaimRequest request) {
		Held held = this.held.get(request.id());
		return held != null && held.isBy(request) && !held.stopped();
	}

	/**
	 * Whether somebody else runs a message here, or has been stopped within its lease.
	 * @param request who asks for it
	 * @return {@code true} if it is held by another owner
	 */
	boolean isBusy(ClaimRequest request) {
		Held held = this.held.get(request.id());
		return held != null && !held.isBy(request) && !held.isOver(this.time.getAsLong());
	}

	int size() {
		return this.held.size();
	}

	/**
	 * A message that runs here.
	 *
	 * @param request what was granted
	 * @param token its token
	 * @param until when its lease is over
	 * @param stopped whether it runs no more
	 */
	record Held(ClaimRequest request, long token, long until, boolean stopped) {

		private boolean gives(ClaimRequest other, long now) {
			return this.stopped || isBy(other) || isOver(now);
		}

		private boolean isBy(ClaimRequest other) {
			return this.request.owner().equals(other.owner());
		}

		private boolean isOver(long now) {
			return now - this.until >= 0;
		}

	}

}
