package io.serverhardening.deduplication.access;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

import io.serverhardening.deduplication.access.HeldClaims.Held;
import io.serverhardening.deduplication.memory.MemoryRecordStore;
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
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
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

	private static final Log logger = LogFactory.getLog(RemoteRecords.class);

	/** What is slow has answered a probe by then. */
	private static final Duration DOWN = Duration.ofSeconds(1);

	private final MemoryRecordStore local;

	private final RecordStore store;

	private final StoreGate gate;

	private final OnStoreFailure onFailure;

	private final StoreSteps steps;

	private final HeldClaims held;

	private final HandOver handOver;

	/**
	 * Whose claims are on their way back to the store: its answer to the same owner is
	 * old.
	 */
	private final Set<String> returning = ConcurrentHashMap.newKeySet();

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
		this.handOver = new HandOver(local, store, this.steps, terms, timers);
		gate.onOpen(this.handOver::begin);
	}

	@Override
	public <T> Mono<T> claim(ClaimRequest request, Supplier<Scheduler> home, Function<Claim, Mono<T>> then) {
		// Now: once the client has left, nobody can tell.
		Scheduler loop = home.get();
		return claim(request).flatMap((claim) -> arrive(request, claim, loop)).flatMap(then);
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
		if (this.local.isUsed()) {
			Claim known = this.local.known(request);
			if (known != null) {
				return Mono.just(known);
			}
		}
		if (!this.steps.isUp()) {
			return Mono.just(instead(request));
		}
		GrantedClaim grant = new GrantedClaim(request);
		return this.steps.insist(request.id(), this.store.claim(request), grant)
			.onErrorResume((error) -> Mono.just(grant.instead()));
	}

	private Claim instead(ClaimRequest request) {
		Claim claim = null;
		if (!this.held.isBusy(request)) {
			claim = request.delivery() ? alone(request) : aloneAgain(request);
		}
		if (claim != null && claim.outcome().isGranted() && this.held.isBusy(request)) {
			// The store has granted it to another copy this very moment.
			this.local.settleNow(request, claim.token(), Settlement.RELEASED);
			claim = null;
		}
		// It runs here, and its answer comes whether the store is up or not. Or who asks
		// again has heard that somebody is at it, and may be elsewhere.
		return (claim != null) ? claim : Claim.refused(Claim.Outcome.BUSY, 0, 0);
	}

	private Claim alone(ClaimRequest request) {
		return (this.onFailure == OnStoreFailure.LOCAL) ? this.local.claimNow(request)
				: Claim.refused(Claim.Outcome.UNAVAILABLE, 0, 0);
	}

	// A store that was slow this once may have heard that the run has failed, and have
	// told others. One that is down has told nobody.
	private @Nullable Claim aloneAgain(ClaimRequest request) {
		if (!this.gate.isDownFor(DOWN)) {
			return null;
		}
		if (this.onFailure == OnStoreFailure.LOCAL) {
			return this.local.claimAgain(request);
		}
		return this.local.isFree(request) ? Claim.refused(Claim.Outcome.UNAVAILABLE, 0, 0) : null;
	}

	@Override
	public void stopped(ClaimRequest request) {
		this.held.stopped(request);
	}

	@Override
	public Mono<Boolean> renew(ClaimRequest request, long token) {
		if (this.local.isUsed() && this.local.holds(request)) {
			Mono<Boolean> here = this.local.renew(request, token);
			// Granted here because the store was slow, and a moment later there as well.
			return this.held.holds(request) ? here.then(renewThere(request, token)).doOnNext((held) -> {
				if (!held) {
					// Another instance has it. Whoever waits here is not to begin again
					// by what is known here.
					this.local.giveUp(request);
				}
			}) : here;
		}
		return renewThere(request, token);
	}

	private Mono<Boolean> renewThere(ClaimRequest request, long token) {
		Mono<Boolean> renewed = this.steps.isUp()
				? this.steps.ask(request.id(), this.store.renew(request, token)).onErrorReturn(true) : Mono.just(true);
		return renewed.doOnNext((held) -> {
			if (held) {
				this.held.renewed(request);
			}
		});
	}

	@Override
	public void settle(ClaimRequest request, long token, Settlement settlement, Consumer<Boolean> then) {
		// Of what fails nobody can tell: it is as good as taken.
		Mono.defer(() -> settle(request, token, settlement)).subscribe(then, (error) -> then.accept(true));
	}

	@Override
	public Mono<Boolean> settle(ClaimRequest request, long token, Settlement settlement) {
		if (this.local.isUsed() && this.local.holds(request)) {
			this.held.forget(request);
			this.local.settleNow(request, token, settlement);
			if (settlement.state() == RecordState.COMPLETED) {
				this.handOver.begin();
			}
			else if (this.steps.isUp()) {
				// It may have been granted there as well, and nobody heard.
				release(request, token, settlement);
			}
			return Mono.just(true);
		}
		if (!this.steps.isUp()) {
			return Mono.just(keep(request, token, settlement));
		}
		return this.steps.ask(request.id(), this.store.settle(request, token, settlement))
			.doOnNext((taken) -> this.held.forget(request))
			.onErrorResume((error) -> Mono.just(keep(request, token, settlement)));
	}

	private void release(ClaimRequest request, long token, Settlement settlement) {
		giveBack(request, token, settlement).subscribe(null,
				(error) -> logger.debug("A claim holds until its lease is over", error));
	}

	private Mono<Boolean> giveBack(ClaimRequest request, long token, Settlement settlement) {
		return Mono.defer(() -> {
			this.returning.add(request.owner());
			return this.steps.ask(request.id(), this.store.settle(request, token, settlement));
		}).doFinally((signal) -> this.returning.remove(request.owner()));
	}

	// The record in the store goes on until its lease is over; who comes to this instance
	// finds the answer before that.
	private boolean keep(ClaimRequest request, long token, Settlement settlement) {
		boolean kept = this.local.settleNow(request, token, settlement);
		if (this.held.forget(request) && settlement.state() == RecordState.FAILED) {
			// For the copies that wait here: nobody else can tell them.
			this.local.claimNow(request);
			this.local.settleNow(request, token, settlement);
		}
		this.listener.accept(request.id());
		this.handOver.later();
		return kept || settlement.state() != RecordState.COMPLETED;
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
		this.store.onSettled(listener);
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

	int held() {
		return this.held.size();
	}

	/**
	 * What the store says to a wish. A claim that it grants when nobody waits for it any
	 * more would hold the message for nothing, and is given back.
	 */
	private final class GrantedClaim implements StoreSteps.Grant<Claim> {

		private final ClaimRequest request;

		/** Whoever asked has asked again, and runs it by the answer to that. */
		private boolean runs;

		/** The token of what was given back, because nobody ran it by then. */
		private long givenBack;

		GrantedClaim(ClaimRequest request) {
			this.request = request;
		}

		@Override
		public Claim arrived(Claim claim) {
			// The store knows more than what others have given up here.
			RemoteRecords.this.local.forgetFree(this.request);
			if (!claim.outcome().isGranted()) {
				return claim;
			}
			if (RemoteRecords.this.returning.contains(this.request.owner())) {
				// It is what is being given back: in a moment it is nobody's.
				return Claim.refused(Claim.Outcome.BUSY, claim.attempt(), claim.deliveries());
			}
			this.runs = RemoteRecords.this.held.isRun(this.request);
			Held holder = RemoteRecords.this.held.hold(this.request, claim.token());
			if (holder != null) {
				restore(holder, claim);
				return Claim.refused(Claim.Outcome.BUSY, claim.attempt(), claim.deliveries());
			}
			Claim known = RemoteRecords.this.local.isUsed() ? RemoteRecords.this.local.known(this.request) : null;
			if (known != null && !known.outcome().isGranted()) {
				// While the store took its time somebody else has begun it here.
				RemoteRecords.this.held.forget(this.request);
				release(this.request, claim.token(), Settlement.RELEASED);
				return known;
			}
			return claim;
		}

		// The store has lost what runs here.
		private void restore(Held holder, Claim claim) {
			StoreSteps steps = RemoteRecords.this.steps;
			RecordStore store = RemoteRecords.this.store;
			giveBack(this.request, claim.token(), Settlement.RELEASED)
				.then(steps.ask(this.request.id(), store.renew(holder.request(), holder.token())))
				.subscribe(null, (error) -> logger.debug("A lost claim was not restored", error));
		}

		// What has come back just before this instance began by itself is held in both.
		synchronized Claim instead() {
			Claim claim = RemoteRecords.this.instead(this.request);
			if (claim.outcome().isGranted() && this.givenBack != 0) {
				RemoteRecords.this.held.hold(this.request, this.givenBack);
				RemoteRecords.this.steps
					.ask(this.request.id(), RemoteRecords.this.store.renew(this.request, this.givenBack))
					.subscribe(null, (error) -> logger.debug("It is held here only", error));
			}
			return claim;
		}

		@Override
		public synchronized void late(Claim claim) {
			MemoryRecordStore local = RemoteRecords.this.local;
			if (!claim.outcome().isGranted() || this.runs
					|| (local.holds(this.request) && !local.isFree(this.request))) {
				// It runs here, by the same name: from now on it is held in both.
				return;
			}
			RemoteRecords.this.held.forget(this.request);
			if (RemoteRecords.this.local.hasAnswered(this.request)) {
				RemoteRecords.this.handOver.begin();
				return;
			}
			this.givenBack = claim.token();
			release(this.request, claim.token(), Settlement.RELEASED);
		}

	}

}
