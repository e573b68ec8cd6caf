package io.serverhardening.deduplication.access;

import io.serverhardening.deduplication.access.HeldClaims.Held;
import io.serverhardening.deduplication.memory.MemoryRecordStore;
import io.serverhardening.deduplication.record.Claim;
import io.serverhardening.deduplication.record.ClaimRequest;
import io.serverhardening.deduplication.record.RecordStore;
import io.serverhardening.deduplication.record.Settlement;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import reactor.core.publisher.Mono;

/**
 * The claims that the store grants. It may do so late: when this instance has begun by
 * itself, or somebody else has, or nobody waits any more.
 */
final class StoreClaims {

	private static final Log logger = LogFactory.getLog(StoreClaims.class);

	private final MemoryRecordStore local;

	private final RecordStore store;

	private final StoreSteps steps;

	private final HeldClaims held;

	private final ReturnedClaims returned;

	private final OwnClaims own;

	private final HandOver handOver;

	/**
	 * Create the claims.
	 * @param local has the records of this instance
	 * @param store grants them
	 * @param steps lead there
	 * @param held those that run here
	 * @param returned those that are being given back
	 * @param own are granted where the store does not answer
	 * @param handOver writes what was answered here
	 */
	StoreClaims(MemoryRecordStore local, RecordStore store, StoreSteps steps, HeldClaims held, ReturnedClaims returned,
			OwnClaims own, HandOver handOver) {
		this.local = local;
		this.store = store;
		this.steps = steps;
		this.held = held;
		this.returned = returned;
		this.own = own;
		this.handOver = handOver;
	}

	/**
	 * Ask the store for a message.
	 * @param request who asks for what
	 * @return whether it is granted, by the store or in its place
	 */
	Mono<Claim> claim(ClaimRequest request) {
		GrantedClaim grant = new GrantedClaim(request);
		return this.steps.insist(request.id(), this.store.claim(request), grant)
			.onErrorResume((error) -> Mono.just(grant.instead()));
	}

	/**
	 * What the store says to a wish. A claim that it grants when nobody waits for it any
	 * more would hold the message for nothing, and is given back.
	 */
	private final class GrantedClaim implements StoreGrant<Claim> {

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
			StoreClaims.this.local.free().forget(this.request);
			if (!claim.outcome().isGranted()) {
				return claim;
			}
			if (StoreClaims.this.returned.isReturning(this.request)) {
				// It is what is being given back: in a moment it is nobody's.
				return Claim.refused(Claim.Outcome.BUSY, claim.attempt(), claim.deliveries());
			}
			this.runs = StoreClaims.this.held.isRun(this.request);
			Held holder = StoreClaims.this.held.hold(this.request, claim.token());
			if (holder != null) {
				restore(holder, claim);
				return Claim.refused(Claim.Outcome.BUSY, claim.attempt(), claim.deliveries());
			}
			Claim known = StoreClaims.this.local.isUsed() ? StoreClaims.this.local.known(this.request) : null;
			if (known != null && !known.outcome().isGranted()) {
				// While the store took its time somebody else has begun it here.
				StoreClaims.this.held.forget(this.request);
				StoreClaims.this.returned.release(this.request, claim.token(), Settlement.RELEASED);
				return known;
			}
			return claim;
		}

		// The store has lost what runs here.
		private void restore(Held holder, Claim claim) {
			StoreSteps steps = StoreClaims.this.steps;
			RecordStore store = StoreClaims.this.store;
			StoreClaims.this.returned.giveBack(this.request, claim.token(), Settlement.RELEASED)
				.then(steps.ask(this.request.id(), store.renew(holder.request(), holder.token())))
				.subscribe(null, (error) -> logger.debug("A lost claim was not restored", error));
		}

		// What has come back just before this instance began by itself is held in both.
		synchronized Claim instead() {
			Claim claim = StoreClaims.this.own.claim(this.request);
			if (claim.outcome().isGranted() && this.givenBack != 0) {
				StoreClaims.this.held.hold(this.request, this.givenBack);
				StoreClaims.this.steps
					.ask(this.request.id(), StoreClaims.this.store.renew(this.request, this.givenBack))
					.subscribe(null, (error) -> logger.debug("It is held here only", error));
			}
			return claim;
		}

		@Override
		public synchronized void late(Claim claim) {
			MemoryRecordStore local = StoreClaims.this.local;
			if (!claim.outcome().isGranted() || this.runs
					|| (local.holds(this.request) && !local.free().has(this.request))) {
				// It runs here, by the same name: from now on it is held in both.
				return;
			}
			StoreClaims.this.held.forget(this.request);
			if (StoreClaims.this.local.outbox().hasAnswered(this.request)) {
				StoreClaims.this.handOver.begin();
				return;
			}
			this.givenBack = claim.token();
			StoreClaims.this.returned.release(this.request, claim.token(), Settlement.RELEASED);
		}

	}

}
