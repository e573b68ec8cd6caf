package io.serverhardening.deduplication.record;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

import io.serverhardening.internal.call.ApplicationCalls;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Keeps requests from waiting for a store that is known not to work: the first that runs
 * into it shuts the gate, and from then on only a probe asks, until it is done. A store
 * that fails again as soon as it is asked in earnest is probed ever later.
 */
public final class StoreGate implements AutoCloseable {

	private static final Log logger = LogFactory.getLog(StoreGate.class);

	/** Between probes: often enough that nobody notices, too seldom to be a load. */
	private static final Duration PROBE_PERIOD = Duration.ofMillis(250);

	private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(1);

	/** A store that has worked for as long as this has recovered. */
	private static final Duration STEADY = Duration.ofSeconds(10);

	private static final Duration LONGEST_PAUSE = Duration.ofSeconds(8);

	/** Which part of an outage may pass between two probes. */
	private static final int PATIENCE = 16;

	private final Mono<?> probe;

	private final Scheduler scheduler;

	private final LongSupplier time;

	private volatile Scheduler log = Schedulers.immediate();

	private final AtomicBoolean probing = new AtomicBoolean();

	private final LongAdder outages = new LongAdder();

	private final List<Runnable> listeners = new CopyOnWriteArrayList<>();

	private volatile boolean open;

	private volatile boolean closed;

	/** What an earlier start has begun is not gone on with. */
	private final AtomicInteger starts = new AtomicInteger();

	private volatile long shutAt;

	private volatile long openedAt;

	/** A probe has failed since it was shut. */
	private volatile boolean confirmed;

	/** How long after it was shut the gate is probed first. */
	private volatile long pauseMillis = PROBE_PERIOD.toMillis();

	private volatile @Nullable String failure;

	/** Nobody could be found to probe it when it failed last, which has been said. */
	private volatile boolean unattended;

	/** The log has a line that it does not work, and none yet that it works again. */
	private volatile boolean told;

	/** It has failed, which was told, and has not worked for long since. */
	private volatile boolean unsteady;

	/**
	 * Create the gate, shut: the first probe opens it.
	 * @param probe has the store do what it will be asked to do
	 * @param scheduler runs the probes; a probe may connect, and block
	 * @param time the clock, nanoseconds
	 */
	public StoreGate(Mono<?> probe, Scheduler scheduler, LongSupplier time) {
		this.probe = contained(probe).timeout(PROBE_TIMEOUT, scheduler);
		this.scheduler = scheduler;
		this.time = time;
		this.shutAt = time.getAsLong();
		this.openedAt = this.shutAt - STEADY.toNanos();
	}

	// An Error would reach nobody, and the gate would stay shut for ever.
	private static <T> Mono<T> contained(Mono<T> probe) {
		return ApplicationCalls.mono(() -> probe);
	}

	/**
	 * Begin to ask, or begin again.
	 */
	public void start() {
		if (this.closed) {
			this.closed = false;
			this.failure = null;
			this.told = false;
			this.unattended = false;
			this.shutAt = this.time.getAsLong();
			this.starts.incrementAndGet();
			this.probing.set(false);
		}
		if (this.probing.compareAndSet(false, true)) {
			probe(0);
		}
	}

	/**
	 * Whether the store may be asked.
	 * @return {@code false} while it is down
	 */
	public boolean isOpen() {
		return this.open;
	}

	/**
	 * Say that the store did not do what it was asked to. What is about one record says
	 * nothing of the store.
	 * @param error what came instead
	 */
	public void failed(Throwable error) {
		if (error instanceof StoreRefusal refusal && refusal.isOfOneRecord()) {
			return;
		}
		if (this.closed || !this.probing.compareAndSet(false, true)) {
			return;
		}
		long now = this.time.getAsLong();
		boolean again = now - this.openedAt < STEADY.toNanos();
		boolean slow = error instanceof TimeoutException;
		boolean said = this.unattended && now - this.shutAt < STEADY.toNanos();
		this.confirmed = false;
		this.shutAt = now;
		this.open = false;
		if (!said) {
			shut(error);
			// One that is always a little too slow is told of once.
			this.unsteady &= again;
			if (!slow || !this.unsteady) {
				tell();
			}
		}
		if (slow) {
			// It has been waited for already, and may have been slow this once.
			probe(0);
			return;
		}
		this.pauseMillis = again ? Math.min(2 * this.pauseMillis, LONGEST_PAUSE.toMillis()) : PROBE_PERIOD.toMillis();
		probe(this.pauseMillis);
	}

	private void shut(Throwable error) {
		this.outages.increment();
		this.failure = describe(error);
	}

	private void tell() {
		if (this.told) {
			return;
		}
		this.told = true;
		this.unsteady = true;
		String line = "The store of message records does not work (" + this.failure
				+ "): deduplication and webhooks go on in each instance alone, "
				+ "or as deduplication.on-store-failure says";
		say(() -> logger.warn(line));
	}

	// An appender may block, and this may be the thread on which all leases are renewed.
	private void say(Runnable line) {
		try {
			this.log.schedule(line);
		}
		catch (Throwable ex) {
			// No thread, too many lines that wait, or shutting down: the gate goes on.
		}
	}

	/**
	 * Say who writes log lines.
	 * @param log the scheduler
	 */
	public void logOn(Scheduler log) {
		this.log = log;
	}

	private void probe(long delay) {
		if (!this.closed) {
			int start = this.starts.get();
			try {
				this.scheduler.schedule(() -> ask(start), delay, TimeUnit.MILLISECONDS);
			}
			catch (Throwable ex) {
				// No thread, no memory, or shutting down. Who uses the store next finds
				// out how it is. Opened before that may be: it may fail at once.
				logger.debug("Nobody asks the store", ex);
				// A thread that comes later may find this in its queue.
				this.starts.incrementAndGet();
				this.unattended = true;
				this.told = false;
				this.open = !this.closed;
				this.probing.set(false);
			}
		}
	}

	private void ask(int start) {
		if (isPresent(start)) {
			this.probe.subscribe(null, (error) -> again(start, error), () -> answered(start));
		}
	}

	private boolean isPresent(int start) {
		return start == this.starts.get() && !this.closed;
	}

	private void again(int start, Throwable error) {
		if (!isPresent(start)) {
			return;
		}
		if (this.failure == null) {
			// Down from the start.
			shut(error);
		}
		this.failure = describe(error);
		this.confirmed = true;
		// One that is always a little too slow has been told of.
		if (!this.unsteady || !(error instanceof TimeoutException) || downFor().compareTo(STEADY) >= 0) {
			tell();
		}
		probe(patience());
	}

	// A client may keep each question until it has a connection again, also one that is
	// taken back: the longer the store is down, the fewer there are.
	private long patience() {
		long down = TimeUnit.NANOSECONDS.toMillis(this.time.getAsLong() - this.shutAt);
		return Math.max(PROBE_PERIOD.toMillis(), Math.min(down / PATIENCE, LONGEST_PAUSE.toMillis()));
	}

	private void answered(int start) {
		if (!isPresent(start)) {
			return;
		}
		if (this.told) {
			this.told = false;
			String line = "The store of message records works again, after "
					+ TimeUnit.NANOSECONDS.toMillis(this.time.getAsLong() - this.shutAt) + " ms";
			say(() -> logger.info(line));
		}
		this.failure = null;
		this.unattended = false;
		this.openedAt = this.time.getAsLong();
		this.open = true;
		this.probing.set(false);
		this.listeners.forEach(Runnable::run);
	}

	/**
	 * Be told when the store works again.
	 * @param listener runs on the thread of the probes
	 */
	public void onOpen(Runnable listener) {
		this.listeners.add(listener);
	}

	// What it says may hold a password; what it is does not.
	private static String describe(Throwable error) {
		if (error instanceof StoreRefusal refusal) {
			return refusal.code();
		}
		Throwable cause = error;
		while (cause.getCause() != null && cause.getCause() != cause) {
			cause = cause.getCause();
		}
		return cause.getClass().getSimpleName();
	}

	/**
	 * Return how often the store has failed.
	 * @return how often
	 */
	public long outages() {
		return this.outages.sum();
	}

	/**
	 * Return why the store does not work.
	 * @return its own word for it, such as {@code READONLY}, or the kind of the failure;
	 * {@code null} while it works
	 */
	public @Nullable String failure() {
		return this.open ? null : this.failure;
	}

	/**
	 * Whether the store has been down for a while, and not only slow or out of reach for
	 * a moment: a probe has failed as well.
	 * @param time how long
	 * @return {@code true} if it has been down for as long as that at least
	 */
	public boolean isDownFor(Duration time) {
		return !this.open && this.confirmed && downFor().compareTo(time) >= 0;
	}

	/**
	 * Return for how long the store has been down.
	 * @return the time, zero while it is up
	 */
	public Duration downFor() {
		return this.open ? Duration.ZERO : Duration.ofNanos(this.time.getAsLong() - this.shutAt);
	}

	/**
	 * Ask no more, until it is started again: its connections end with those of the
	 * application.
	 */
	@Override
	public void close() {
		this.closed = true;
		this.open = false;
	}

}
