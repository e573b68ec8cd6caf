package io.serverhardening.deduplication.record;

import java.time.Duration;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Keeps requests from waiting for a store that is known not to work: the first that runs
 * into it shuts the gate, and from then on only a probe asks, until it is done. A store
 * that fails again as soon as it is asked in earnest is probed ever later. <pre>
 * NEW ──start──&gt; SHUT ──probe fails──&gt; DOWN ──probe answers──&gt; OPEN ──step fails──&gt; SHUT
 * SHUT ──probe answers──&gt; OPEN
 * SHUT or DOWN ──nobody can be found to probe──&gt; UNATTENDED ──step fails──&gt; SHUT
 * any ──close──&gt; CLOSED ──start──&gt; SHUT
 * </pre>
 */
public final class StoreGate implements AutoCloseable {

	private static final AtomicReferenceFieldUpdater<StoreGate, GateState> STATE = AtomicReferenceFieldUpdater
		.newUpdater(StoreGate.class, GateState.class, "state");

	/** Between probes: often enough that nobody notices, too seldom to be a load. */
	private static final Duration PROBE_PERIOD = Duration.ofMillis(250);

	/** A store that has worked for as long as this has recovered. */
	private static final Duration STEADY = Duration.ofSeconds(10);

	private static final Duration LONGEST_PAUSE = Duration.ofSeconds(8);

	/** Which part of an outage may pass between two probes. */
	private static final int PATIENCE = 16;

	private final StoreProbe probe;

	private final LongSupplier time;

	private final OutageLog log = new OutageLog();

	private final LongAdder outages = new LongAdder();

	private final CopyOnWriteArrayList<Runnable> listeners = new CopyOnWriteArrayList<>();

	private volatile GateState state = GateState.NEW;

	private volatile long shutAt;

	private volatile long openedAt;

	/** How long after it was shut the gate is probed first. */
	private volatile long pauseMillis = PROBE_PERIOD.toMillis();

	private volatile @Nullable String failure;

	/**
	 * Create the gate, shut: the first probe opens it.
	 * @param probe has the store do what it will be asked to do
	 * @param scheduler runs the probes; a probe may connect, and block
	 * @param time the clock, nanoseconds
	 */
	public StoreGate(Mono<?> probe, Scheduler scheduler, LongSupplier time) {
		this.probe = new StoreProbe(probe, scheduler, () -> this.state != GateState.CLOSED);
		this.time = time;
		this.shutAt = time.getAsLong();
		this.openedAt = this.shutAt - STEADY.toNanos();
	}

	/**
	 * Begin to ask, or begin again.
	 */
	public void start() {
		if (this.state == GateState.CLOSED) {
			this.failure = null;
			this.log.forget();
			this.shutAt = this.time.getAsLong();
			this.probe.forget();
		}
		if (STATE.compareAndSet(this, GateState.CLOSED, GateState.SHUT)
				|| STATE.compareAndSet(this, GateState.NEW, GateState.SHUT)) {
			probe(0);
		}
	}

	/**
	 * Whether the store may be asked.
	 * @return {@code false} while it is down
	 */
	public boolean isOpen() {
		return this.state.isOpen();
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
		GateState before = this.state;
		if (!before.isNews() || !STATE.compareAndSet(this, before, GateState.SHUT)) {
			return;
		}
		long now = this.time.getAsLong();
		boolean again = now - this.openedAt < STEADY.toNanos();
		boolean slow = error instanceof TimeoutException;
		boolean said = before == GateState.UNATTENDED && now - this.shutAt < STEADY.toNanos();
		this.shutAt = now;
		if (!said) {
			shut(error);
			this.log.failed(this.failure, slow, again);
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
		this.failure = StoreRefusal.reason(error);
	}

	/**
	 * Say who writes log lines.
	 * @param log the scheduler
	 */
	public void logOn(Scheduler log) {
		this.log.on(log);
	}

	private void probe(long delay) {
		GateState shut = this.state;
		if (shut != GateState.CLOSED && !this.probe.ask(delay, this::again, this::answered)) {
			// Who uses the store next finds out how it is.
			this.log.forget();
			STATE.compareAndSet(this, shut, GateState.UNATTENDED);
		}
	}

	private void again(Throwable error) {
		if (this.failure == null) {
			// Down from the start.
			shut(error);
		}
		this.failure = StoreRefusal.reason(error);
		STATE.compareAndSet(this, GateState.SHUT, GateState.DOWN);
		this.log.probed(this.failure, error instanceof TimeoutException, downFor().compareTo(STEADY) >= 0);
		probe(patience());
	}

	// A client may keep each question until it has a connection again, also one that is
	// taken back: the longer the store is down, the fewer there are.
	private long patience() {
		return Math.max(PROBE_PERIOD.toMillis(), Math.min(downFor().toMillis() / PATIENCE, LONGEST_PAUSE.toMillis()));
	}

	private void answered() {
		GateState shut = this.state;
		if (shut == GateState.CLOSED) {
			return;
		}
		this.log.worksAgain(downFor().toMillis());
		this.failure = null;
		this.openedAt = this.time.getAsLong();
		if (STATE.compareAndSet(this, shut, GateState.OPEN)) {
			this.listeners.forEach(Runnable::run);
		}
	}

	/**
	 * Be told when the store works again.
	 * @param listener runs on the thread of the probes
	 */
	public void onOpen(Runnable listener) {
		this.listeners.addIfAbsent(listener);
	}

	/**
	 * Forget who wanted to hear of it.
	 * @param listener hears of it no more
	 */
	public void forget(Runnable listener) {
		this.listeners.remove(listener);
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
		return isOpen() ? null : this.failure;
	}

	/**
	 * Whether the store has been down for a while, and not only slow or out of reach for
	 * a moment: a probe has failed as well.
	 * @param time how long
	 * @return {@code true} if it has been down for as long as that at least
	 */
	public boolean isDownFor(Duration time) {
		return this.state == GateState.DOWN && downFor().compareTo(time) >= 0;
	}

	/**
	 * Return for how long the store has been down.
	 * @return the time, zero while it is up
	 */
	public Duration downFor() {
		return isOpen() ? Duration.ZERO : Duration.ofNanos(this.time.getAsLong() - this.shutAt);
	}

	/**
	 * Ask no more, until it is started again: its connections end with those of the
	 * application.
	 */
	@Override
	public void close() {
		this.state = GateState.CLOSED;
	}

}
