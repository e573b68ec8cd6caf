package io.serverhardening.deduplication;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

import io.serverhardening.deduplication.HeldClaims.Held;
import io.serverhardening.deduplication.memory.MemoryRecordStore;
import io.serverhardening.deduplication.memory.MemoryRecordStore.Completed;
import io.serverhardening.deduplication.record.Claim;
import io.serverhardening.deduplication.record.ClaimRequest;
import io.serverhardening.deduplication.record.ClaimTerms;
import io.serverhardening.deduplication.record.MessageRecord;
import io.serverhardening.deduplication.record.OnStoreFailure;
import io.serverhardening.deduplication.record.RecordState;
import io.serverhardening.deduplication.record.RecordStore;
import io.serverhardening.deduplication.record.Settlement;
import io.serverhardening.deduplication.record.StepTimes;
import io.serverhardening.deduplication.record.StoreGate;
import io.serverhardening.deduplication.record.StoreRefusal;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/**
 * How a route reaches its records: in this process, or in a store that may be down. No
 * step takes longer than {@code store-timeout}, and none fails.
 * <p>
 * What could not be written while the store was down is kept here, within the cap, and
 * written when it is back; until then it is looked up here first.
 */
public final class StoreAccess {

	private static final Log logger = LogFactory.getLog(StoreAccess.class);

	private static final int BATCH = 64;

	private static final Duration RETRY = Duration.ofSeconds(1);

	private final MemoryRecordStore local;

	private final @Nullable RecordStore remote;

	private final @Nullable StoreGate gate;

	private final OnStoreFailure onFailure;

	private final Duration timeout;

	private final ClaimTerms terms;

	private final LongSupplier time;

	private final StepTimes times = new StepTimes();

	private final LongAdder handedOver = new LongAdder();

	private final LongAdder doubled = new LongAdder();

	private final AtomicInteger handingOver = new AtomicInteger();

	private final AtomicBoolean retrying = new AtomicBoolean();

	private final HeldClaims held;

	private final Waiters waiters;

	private final Scheduler timers;

	/**
	 * Reach records in this process.
	 * @param local the records
	 * @param terms on what terms messages are claimed
	 * @param onFailure what happens when there is no room
	 * @param budget what copies may keep while they wait
	 * @param timers keep time off the event loops
	 * @param time the clock, nanoseconds
	 */
	public StoreAccess(MemoryRecordStore local, ClaimTerms terms, OnStoreFailure onFailure, BodyBudget budget,
			Scheduler timers, LongSupplier time) {
		this(local, null, null, terms, onFailure, Duration.ZERO, budget, timers, time);
	}

	/**
	 * Reach records in a store.
	 * @param local takes what the store does not
	 * @param remote the store
	 * @param gate tells whether it is up
	 * @param terms on what terms messages are claimed
	 * @param onFailure what happens when it is not
	 * @param timeout how long a step may take
	 * @param budget what copies may keep while they wait
	 * @param timers keep time off the event loops
	 * @param time the clock, nanoseconds
	 */
	public StoreAccess(MemoryRecordStore local, @Nullable RecordStore remote, @Nullable StoreGate gate,
			ClaimTerms terms, OnStoreFailure onFailure, Duration timeout, BodyBudget budget, Scheduler timers,
			LongSupplier time) {
		this.local = local;
		this.remote = remote;
		this.gate = gate;
		this.terms = terms;
		this.onFailure = onFailure;
		this.timeout = timeout;
		this.timers = timers;
		this.waiters = new Waiters(budget, timers);
		this.time = time;
		this.held = new HeldClaims(time);
		local.onSettled(this.waiters::wake);
		if (remote != null && gate != null) {
			remote.onSettled(this.waiters::wake);
			gate.onOpen(this::handOver);
		}
	}

	boolean isRemote() {
		return this.remote != null;
	}

	Waiters waiters() {
		return this.waiters;
	}

	/**
	 * Ask for a message where all records are in this process.
	 * @param request the message
	 * @return the claim, {@code null} where a store has to be asked
	 */
	@Nullable Claim claimNow(ClaimRequest request) {
		return isRemote() ? null : this.local.claimNow(request);
	}

	/**
	 * Ask the store for a message.
	 * @param request the message
	 * @param home where a store that answers on a thread of its own is heard
	 * @return the claim
	 */
	Mono<Claim> claim(ClaimRequest request, Supplier<Scheduler> home) {
		// Now: once the client has left, nobody can tell.
		Scheduler loop = home.get();
		return claim(request).flatMap((claim) -> arrive(request, claim, loop));
	}

	// A loop that is busy sees first that the client has left. A claim that is dropped on
	// its way would hold the message for as long as the lease.
	private Mono<Claim> arrive(ClaimRequest request, Claim claim, Scheduler home) {
		return Mono.<Claim>create((sink) -> {
			try {
				home.schedule(() -> sink.success(claim));
			}
			catch (RejectedExecutionException ex) {
				giveBack(request, claim);
				sink.error(ex);
			}
		}).doOnDiscard(Claim.class, (dropped) -> giveBack(request, dropped));
	}

	private void giveBack(ClaimRequest request, Claim claim) {
		if (claim.outcome().isGranted()) {
			settle(request, claim.token(), Settlement.RELEASED).subscribe(null,
					(error) -> logger.debug("A claim that nobody waited for was not given back", error));
		}
	}

	private Mono<Claim> claim(ClaimRequest request) {
		RecordStore remote = this.remote;
		if (remote == null) {
			return Mono.just(this.local.claimNow(request));
		}
		if (this.local.isUsed()) {
			Claim known = this.local.known(request);
			if (known != null) {
				return Mono.just(known);
			}
		}
		if (!isUp()) {
			return Mono.just(instead(request));
		}
		return new RemoteClaim(remote, request).onErrorResume((error) -> Mono.just(instead(request)));
	}

	/**
	 * Say that a run was stopped, and has nothing to say.
	 * @param request what was granted
	 */
	void stopped(ClaimRequest request) {
		this.held.forget(request);
	}

	private boolean isUp() {
		return this.gate != null && this.gate.isOpen();
	}

	private Claim instead(ClaimRequest request) {
		if (this.held.isBusy(request)) {
			// It runs here: its answer comes whether the store is up or not.
			return Claim.refused(Claim.Outcome.BUSY, 1, 0);
		}
		if (this.onFailure == OnStoreFailure.LOCAL) {
			return this.local.claimNow(request);
		}
		return Claim.refused(Claim.Outcome.UNAVAILABLE, 0, 0);
	}

	private <T> Mono<T> step(String id, Mono<T> step) {
		return Mono.defer(() -> {
			long start = this.time.getAsLong();
			return step.timeout(this.timeout, this.timers)
				.doOnNext((result) -> this.times.took(this.time.getAsLong() - start))
				.doOnError((error) -> failed(id, error));
		});
	}

	private void failed(String id, Throwable error) {
		this.times.failed();
		if (this.remote != null) {
			this.remote.suspect(id);
		}
		if (this.gate != null) {
			this.gate.failed(error);
		}
	}

	private static boolean isOfOneRecord(Throwable error) {
		return error instanceof StoreRefusal refusal && refusal.isOfOneRecord();
	}

	/**
	 * Hold on to a message.
	 * @param request what was granted
	 * @param token the token of the claim
	 * @return {@code false} if it belongs to another owner by now; while nobody can tell
	 * it is held
	 */
	Mono<Boolean> renew(ClaimRequest request, long token) {
		RecordStore remote = this.remote;
		if (remote == null) {
			return this.local.renew(request, token);
		}
		if (this.local.isUsed() && this.local.holds(request)) {
			Mono<Boolean> here = this.local.renew(request, token);
			// Granted here because the store was slow, and a moment later there as well.
			return this.held.holds(request) ? here.then(renew(remote, request, token)) : here;
		}
		return renew(remote, request, token);
	}

	private Mono<Boolean> renew(RecordStore remote, ClaimRequest request, long token) {
		Mono<Boolean> renewed = isUp() ? step(request.id(), remote.renew(request, token)).onErrorReturn(true)
				: Mono.just(true);
		return renewed.doOnNext((held) -> {
			if (held) {
				this.held.renewed(request);
			}
		});
	}

	/**
	 * Say how a run has ended where all records are in this process.
	 * @param request what was granted
	 * @param token the token of the claim
	 * @param settlement how it ended
	 * @return {@code false} if it belongs to another owner by now, {@code null} where a
	 * store has to be told
	 */
	@Nullable Boolean settleNow(ClaimRequest request, long token, Settlement settlement) {
		return isRemote() ? null : (Boolean) this.local.settleNow(request, token, settlement);
	}

	/**
	 * Say how a run has ended.
	 * @param request what was granted
	 * @param token the token of the claim
	 * @param settlement how it ended
	 * @return {@code false} if it belongs to another owner by now
	 */
	Mono<Boolean> settle(ClaimRequest request, long token, Settlement settlement) {
		RecordStore remote = this.remote;
		if (remote == null) {
			return Mono.just(this.local.settleNow(request, token, settlement));
		}
		if (this.local.isUsed() && this.local.holds(request)) {
			boolean both = this.held.forget(request);
			this.local.settleNow(request, token, settlement);
			if (settlement.state() == RecordState.COMPLETED) {
				handOver();
			}
			else if (both && isUp()) {
				step(request.id(), remote.settle(request, token, settlement)).subscribe(null,
						(error) -> logger.debug("A claim holds until its lease is over", error));
			}
			return Mono.just(true);
		}
		if (!isUp()) {
			return Mono.just(keep(request, token, settlement));
		}
		return step(request.id(), remote.settle(request, token, settlement)).doOnNext((taken) -> stopped(request))
			.onErrorResume((error) -> Mono.just(keep(request, token, settlement)));
	}

	// The record in the store goes on until its lease is over; who comes to this instance
	// finds the answer before that.
	private boolean keep(ClaimRequest request, long token, Settlement settlement) {
		boolean kept = this.local.settleNow(request, token, settlement);
		stopped(request);
		this.waiters.wake(request.id());
		later();
		return kept || settlement.state() != RecordState.COMPLETED;
	}

	// Nothing tells when a store that is full has room again.
	private void later() {
		if (this.retrying.compareAndSet(false, true)) {
			this.timers.schedule(() -> {
				this.retrying.set(false);
				if (isUp()) {
					handOver();
				}
			}, RETRY.toMillis(), TimeUnit.MILLISECONDS);
		}
	}

	private void handOver() {
		RecordStore remote = this.remote;
		if (remote != null && this.local.isUsed() && isUp() && this.handingOver.getAndIncrement() == 0) {
			handOver(remote);
		}
	}

	private void handOver(RecordStore remote) {
		int asked = this.handingOver.get();
		int before = this.local.size();
		List<Completed> batch = this.local.completed(this.terms, BATCH);
		Mono<Void> all = Mono.empty();
		for (Completed completed : batch) {
			all = all.then(handOver(remote, completed));
		}
		all.subscribe(null, (error) -> {
			this.handingOver.set(0);
			later();
		}, () -> {
			if (this.handingOver.addAndGet(-asked) != 0) {
				handOver(remote);
			}
			else if (batch.size() == BATCH && this.local.size() < before) {
				handOver();
			}
		});
	}

	private Mono<Void> handOver(RecordStore remote, Completed completed) {
		ClaimRequest request = completed.request();
		// A record that cannot be written, ever, must not hold up the others.
		return step(request.id(), remote.settle(request, completed.token(), completed.settlement()))
			.onErrorResume(StoreAccess::isOfOneRecord, (error) -> {
				this.local.postpone(request.id());
				return Mono.empty();
			})
			.flatMap((taken) -> taken ? Mono.just(this.handedOver)
					: step(request.id(), remote.find(request.id())).filter(StoreAccess::isOver)
						// It may be ours: what was written when we did not wait for it
						// any more.
						.map((record) -> record.owner().equals(request.owner()) ? this.handedOver : this.doubled))
			.map(Optional::of)
			.defaultIfEmpty(Optional.empty())
			.doOnNext((outcome) -> {
				outcome.ifPresent(LongAdder::increment);
				if (outcome.isPresent()) {
					this.local.forget(request.id());
				}
				else {
					// Somebody else is at it, or a late claim is being given back.
					later();
				}
			})
			.then();
	}

	private static boolean isOver(MessageRecord record) {
		return record.state() == RecordState.COMPLETED || record.state() == RecordState.DEAD;
	}

	/**
	 * Look at a message.
	 * @param id what it is known by
	 * @return what is known, empty for nothing
	 */
	public Mono<MessageRecord> find(String id) {
		RecordStore remote = this.remote;
		Mono<MessageRecord> here = this.local.find(id);
		if (remote == null || !isUp()) {
			return here;
		}
		return here.switchIfEmpty(step(id, remote.find(id)).onErrorResume((error) -> Mono.empty()));
	}

	/**
	 * Return where the records are.
	 * @return {@code redis} or {@code memory}
	 */
	public String kind() {
		return (this.remote != null) ? "redis" : "memory";
	}

	/**
	 * Return whether the store answers.
	 * @return the gate, {@code null} for records in this process
	 */
	public @Nullable StoreGate gate() {
		return this.gate;
	}

	/**
	 * Return the records in this process: all there are, or those that the store did not
	 * take yet.
	 * @return the records
	 */
	public MemoryRecordStore local() {
		return this.local;
	}

	/**
	 * Return how long the steps of the store take.
	 * @return the times
	 */
	public StepTimes times() {
		return this.times;
	}

	/**
	 * Return what happens when the store does not answer.
	 * @return the mode
	 */
	public OnStoreFailure onFailure() {
		return this.onFailure;
	}

	/**
	 * Return how many messages were handled while the store was down and are in it now.
	 * @return how many
	 */
	public long handedOver() {
		return this.handedOver.sum();
	}

	int held() {
		return this.held.size();
	}

	/**
	 * Return how many messages were handled here while the store was down, and by another
	 * instance as well.
	 * @return how many
	 */
	public long doubled() {
		return this.doubled.sum();
	}

	/**
	 * Ask the store, and do not take it back: a claim that is granted when nobody waits
	 * for it any more would hold the message for nothing, and is given back.
	 */
	private final class RemoteClaim extends Mono<Claim> {

		private final RecordStore remote;

		private final ClaimRequest request;

		RemoteClaim(RecordStore remote, ClaimRequest request) {
			this.remote = remote;
			this.request = request;
		}

		@Override
		public void subscribe(CoreSubscriber<? super Claim> actual) {
			AtomicBoolean delivered = new AtomicBoolean();
			Sinks.One<Claim> answer = Sinks.one();
			long start = StoreAccess.this.time.getAsLong();
			answer.asMono()
				.timeout(StoreAccess.this.timeout, StoreAccess.this.timers)
				.doOnError((error) -> failed(this.request.id(), error))
				.doOnNext((claim) -> delivered.set(true))
				.subscribe(actual);
			this.remote.claim(this.request).subscribe((claim) -> {
				StoreAccess.this.times.took(StoreAccess.this.time.getAsLong() - start);
				if (!claim.outcome().isGranted()) {
					answer.tryEmitValue(claim);
					return;
				}
				Held holder = StoreAccess.this.held.hold(this.request, claim.token());
				if (holder != null) {
					restore(holder, claim);
					answer.tryEmitValue(Claim.refused(Claim.Outcome.BUSY, claim.attempt(), claim.deliveries()));
					return;
				}
				Claim known = StoreAccess.this.local.isUsed() ? StoreAccess.this.local.known(this.request) : null;
				if (known != null && !known.outcome().isGranted()) {
					// While the store took its time somebody else has begun it here.
					StoreAccess.this.held.forget(this.request);
					release(claim);
					answer.tryEmitValue(known);
					return;
				}
				// Whoever waits has it when this returns; where nobody does, nobody has.
				answer.tryEmitValue(claim);
				if (!delivered.get()) {
					giveBack(claim);
				}
			}, answer::tryEmitError);
		}

		// The store has lost what runs here.
		private void restore(Held holder, Claim claim) {
			step(this.request.id(), this.remote.settle(this.request, claim.token(), Settlement.RELEASED))
				.then(step(this.request.id(), this.remote.renew(holder.request(), holder.token())))
				.subscribe(null, (error) -> logger.debug("A lost claim was not restored", error));
		}

		private void giveBack(Claim claim) {
			if (StoreAccess.this.local.holds(this.request)) {
				// It runs here, by the same name: from now on it is held in both.
				return;
			}
			StoreAccess.this.held.forget(this.request);
			if (StoreAccess.this.local.hasAnswered(this.request)) {
				handOver();
				return;
			}
			release(claim);
		}

		private void release(Claim claim) {
			step(this.request.id(), this.remote.settle(this.request, claim.token(), Settlement.RELEASED))
				.subscribe(null, (error) -> logger.debug("A claim that came too late was not given back", error));
		}

	}

}
