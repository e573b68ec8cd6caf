package io.serverhardening.webhook.nonce;

import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

import reactor.core.publisher.Mono;

/**
 * The nonces that this process knows. Only genuine pushes get here: a stranger cannot
 * fill it.
 */
public final class Nonces implements NonceStore {

	/** At 300 bytes each some thirty megabytes; beyond it the oldest is forgotten. */
	private static final int MAX = 100_000;

	private final ReentrantLock lock = new ReentrantLock();

	private final Map<String, Held> uses = new LinkedHashMap<>();

	private final int max;

	private final LongSupplier time;

	private volatile long lifetime;

	/**
	 * Create the register.
	 * @param lifetime for how long a nonce is remembered
	 * @param time the clock, milliseconds
	 */
	public Nonces(Duration lifetime, LongSupplier time) {
		this(lifetime, MAX, time);
	}

	Nonces(Duration lifetime, int max, LongSupplier time) {
		this.lifetime = lifetime.toMillis();
		this.max = max;
		this.time = time;
	}

	/**
	 * Take another lifetime, also for those that are known.
	 * @param lifetime for how long a nonce is remembered
	 */
	public void apply(Duration lifetime) {
		this.lifetime = lifetime.toMillis();
	}

	@Override
	public Held of(String nonce, String fingerprint, boolean forGood) {
		return new Held(nonce, fingerprint);
	}

	@Override
	public boolean isUp() {
		return true;
	}

	private Seen seen(Held asking, boolean take) {
		long now = this.time.getAsLong();
		this.lock.lock();
		try {
			Held use = this.uses.get(asking.nonce);
			if (use != null && use.used + this.lifetime > now) {
				return use.fingerprint.equals(asking.fingerprint) ? Seen.COPY : Seen.OTHER;
			}
			if (take) {
				add(asking, now);
			}
			return Seen.FIRST;
		}
		finally {
			this.lock.unlock();
		}
	}

	private void add(Held use, long now) {
		Iterator<Held> oldest = this.uses.values().iterator();
		for (int i = 0; i < 2 && oldest.hasNext() && oldest.next().used + this.lifetime <= now; i++) {
			oldest.remove();
		}
		this.uses.remove(use.nonce);
		if (this.uses.size() >= this.max) {
			Iterator<Held> first = this.uses.values().iterator();
			first.next();
			first.remove();
		}
		use.used = now;
		this.uses.put(use.nonce, use);
	}

	private void remove(Held use) {
		this.lock.lock();
		try {
			this.uses.remove(use.nonce, use);
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
	 * One use. It holds until it is given back: whoever could forget to dies with this
	 * process.
	 */
	final class Held implements Use {

		private final String nonce;

		private final String fingerprint;

		private long used;

		private Held(String nonce, String fingerprint) {
			this.nonce = nonce;
			this.fingerprint = fingerprint;
		}

		@Override
		public Mono<Seen> take() {
			return Mono.fromSupplier(this::takeNow);
		}

		Seen takeNow() {
			return seen(this, true);
		}

		/**
		 * Look, and take nothing.
		 * @return what {@link #takeNow()} would say
		 */
		Seen known() {
			return seen(this, false);
		}

		@Override
		public void keep() {
			// It is.
		}

		@Override
		public void giveBack() {
			remove(this);
		}

	}

}
