package io.serverhardening.webhook;

import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * What senders use once, for as long as it would be believed. Only genuine pushes get
 * here: a stranger cannot fill it.
 */
public final class Nonces {

	/** At 300 bytes each some thirty megabytes; beyond it the oldest is forgotten. */
	private static final int MAX = 100_000;

	private final ReentrantLock lock = new ReentrantLock();

	private final Map<String, Use> uses = new LinkedHashMap<>();

	private final int max;

	private final long lifetime;

	private final LongSupplier time;

	/**
	 * Create the register.
	 * @param tolerance how far a timestamp may be off, either way
	 * @param time the clock, milliseconds
	 */
	public Nonces(Duration tolerance, LongSupplier time) {
		this(tolerance, MAX, time);
	}

	Nonces(Duration tolerance, int max, LongSupplier time) {
		this.lifetime = tolerance.multipliedBy(2).toMillis();
		this.max = max;
		this.time = time;
	}

	/**
	 * Use a nonce.
	 * @param nonce the nonce
	 * @param fingerprint what came with it, hashed
	 * @return whether it was used before, and for what
	 */
	Seen use(String nonce, String fingerprint) {
		long now = this.time.getAsLong();
		this.lock.lock();
		try {
			Iterator<Use> oldest = this.uses.values().iterator();
			for (int i = 0; i < 2 && oldest.hasNext() && oldest.next().expires <= now; i++) {
				oldest.remove();
			}
			Use use = this.uses.get(nonce);
			if (use != null && use.expires > now) {
				return use.fingerprint.equals(fingerprint) ? Seen.COPY : Seen.OTHER;
			}
			this.uses.remove(nonce);
			if (this.uses.size() >= this.max) {
				Iterator<Use> first = this.uses.values().iterator();
				first.next();
				first.remove();
			}
			this.uses.put(nonce, new Use(fingerprint, now + this.lifetime));
			return Seen.FIRST;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Forget a nonce whose message was not handled: its sender will come again.
	 * @param nonce the nonce
	 */
	void forget(String nonce) {
		this.lock.lock();
		try {
			this.uses.remove(nonce);
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Return how many are remembered.
	 * @return how many
	 */
	public int size() {
		this.lock.lock();
		try {
			return this.uses.size();
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Whether a nonce was used before.
	 */
	enum Seen {

		/** It was not. */
		FIRST,

		/** It was, for the same. */
		COPY,

		/** It was, for something else. */
		OTHER

	}

	/**
	 * One use.
	 *
	 * @param fingerprint what came with it
	 * @param expires when it is forgotten
	 */
	private record Use(String fingerprint, long expires) {

	}

}
