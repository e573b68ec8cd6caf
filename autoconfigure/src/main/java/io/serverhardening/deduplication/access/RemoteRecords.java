package io.serverhardening.deduplication.access;

import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

import io.serverhardening.deduplication.memory.MemoryRecordStore;
import io.serverhardening.deduplication.record.Claim;
import io.serverhardening.deduplication.record.ClaimRequest;
import io.serverhardening.deduplication.record.ClaimTerms;
import io.serverhardening.deduplication.record.MessageRecord;
import io.serverhardening.deduplication.record.OnStoreFailure;
import io.serverhardening.deduplication.record.RecordStore;
import io.serverhardening.deduplication.record.Settlement;
import io.serverhardening.deduplication.record.StepTimes;
import io.serverhardening.deduplication.record.StoreGate;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Reaches records in a store that may be down. No step takes longer than
 * {@code store-timeout}.
 * <p>
 * What could not be written while the store was down is kept here, within the cap, and
 * written when it is back; until then it is looked up here first.
 */
public final class RemoteRecords implements Records {

	private final MemoryRecordStore local;

	private final RecordStore store;

	private final StoreGate gate;

	private final StoreSteps steps;

	final HeldClaims held;

	private final HandOver handOver;

	private final OwnClaims own;

	private final StoreClaims there;

	private final RunningClaims running;

	private final Arrivals arrivals = new Arrivals(this);

	private final Runnable whenUp;

	private final Consumer<String> whenSettled = this::settled;

	private volatile OnStoreFailure onFailure;

	/** Nobody asks any more but who did before, whose messages are to reach the store. */
	private volatile boolean closed;

	private volatile Consumer<String> listener = (id) -> {
	};

	/**
	 * Reach records in a store.
	 * @param local takes what the store does not
	 * @param store the store
	 * @param gate tells whether it is up
	 * @param terms on what terms messages are claimed
	 * @param onFailure what happens when it is not
	 * @param timeout how long a step may take
	 * @param timers keep time off the event loops
	 * @param time the clock, nanoseconds
	 */
	public RemoteRecords(MemoryRecordStore local, RecordStore store, StoreGate gate, ClaimTerms terms,
			OnStoreFailure onFailure, Duration timeout, Scheduler timers, LongSupplier time) {
		this.local = local;
		this.store = store;
		this.gate = gate;
		this.onFailure = onFailure;
		this.steps = new StoreSteps(store, gate, timeout, timers, time);
		this.held = new HeldClaims(time);
		this.handOver = new HandOver(local, store, this.steps, terms, timers, this::handedOverAlone);
		ReturnedClaims returned = new ReturnedClaims(store, this.steps);
		this.own = new OwnClaims(local, this.held, gate, this::onFailure);
		this.there = new StoreClaims(local, store, this.steps, this.held, returned, this.own, this.handOver);
		this.running = new RunningClaims(local, store, this.steps, this.held, returned, this.handOver, this.whenSettled,
				this::handOverAlone);
		this.whenUp = () -> {
			handedOverAlone();
			this.handOver.begin();
		};
	}

	// Not while a route asks again: it would hear of nothing.
	private void handedOverAlone() {
		synchronized (this.whenUp) {
			if (this.closed && this.handOver.isDone()) {
				this.gate.forget(this.whenUp);
			}
		}
	}

	private void handOverAlone() {
		synchronized (this.whenUp) {
			if (!this.closed) {
				return;
			}
			this.gate.onOpen(this.whenUp);
		}
		this.handOver.later();
	}

	private void settled(String id) {
		this.listener.accept(id);
	}

	/**
	 * Hear of it when the store is up again, and of messages that are settled there.
	 * @return these records
	 */
	RemoteRecords open() {
		synchronized (this.whenUp) {
			this.closed = false;
			this.gate.onOpen(this.whenUp);
		}
		this.store.onSettled(this.whenSettled);
		return this;
	}

	@Override
	public void apply(RecordsPolicy policy) {
		this.onFailure = policy.onFailure();
		this.steps.apply(policy.storeTimeout());
		this.handOver.apply(policy.terms());
		this.local.maxRecords(policy.maxRecords());
		open();
	}

	@Override
	public void close() {
		synchronized (this.whenUp) {
			this.closed = true;
			handedOverAlone();
		}
		this.store.forget(this.whenSettled);
	}

	@Override
	public <T> Mono<T> claim(ClaimRequest request, Supplier<Scheduler> home, Function<Claim, Mono<T>> then) {
		// Now: once the client has left, nobody can tell.
		Scheduler loop = home.get();
		return claim(request).flatMap((claim) -> this.arrivals.bring(request, claim, loop)).flatMap(then);
	}

	private Mono<Claim> claim(ClaimRequest request) {
		if (this.local.isUsed()) {
			Claim known = this.local.known(request);
			if (known != null) {
				return Mono.just(known);
			}
		}
		return this.steps.isUp() ? this.there.claim(request) : Mono.just(this.own.claim(request));
	}

	@Override
	public void stopped(ClaimRequest request) {
		this.held.stopped(request);
	}

	@Override
	public Mono<Boolean> renew(ClaimRequest request, long token) {
		return this.running.renew(request, token);
	}

	@Override
	public void settle(ClaimRequest request, long token, Settlement settlement, Consumer<Boolean> then) {
		// Of what fails nobody can tell: it is as good as taken.
		Mono.defer(() -> settle(request, token, settlement)).subscribe(then, (error) -> then.accept(true));
	}

	@Override
	public Mono<Boolean> settle(ClaimRequest request, long token, Settlement settlement) {
		return this.running.settle(request, token, settlement);
	}

	@Override
	public Mono<MessageRecord> find(String id) {
		Mono<MessageRecord> here = this.local.find(id);
		return this.steps.isUp()
				? here.switchIfEmpty(this.steps.look(id, this.store.find(id)).onErrorResume((error) -> Mono.empty()))
				: here;
	}

	@Override
	public void onSettled(Consumer<String> listener) {
		this.listener = listener;
		this.local.onSettled(listener);
	}

	@Override
	public boolean isRemote() {
		return true;
	}

	@Override
	public MemoryRecordStore local() {
		return this.local;
	}

	@Override
	public OnStoreFailure onFailure() {
		return this.onFailure;
	}

	/**
	 * Return what tells whether the store answers.
	 * @return the gate
	 */
	public StoreGate gate() {
		return this.gate;
	}

	/**
	 * Return how long the steps of the store take.
	 * @return the times
	 */
	public StepTimes times() {
		return this.steps.times();
	}

	/**
	 * Return how many messages were handled while the store was down and are in it now.
	 * @return how many
	 */
	public long handedOver() {
		return this.handOver.done();
	}

	/**
	 * Return how many messages were handled here while the store was down, and by another
	 * instance as well.
	 * @return how many
	 */
	public long doubled() {
		return this.handOver.doubled();
	}

}
