package io.serverhardening.deduplication.access;

import java.util.function.Consumer;

import io.serverhardening.deduplication.memory.MemoryRecordStore;
import io.serverhardening.deduplication.record.ClaimRequest;
import io.serverhardening.deduplication.record.RecordState;
import io.serverhardening.deduplication.record.RecordStore;
import io.serverhardening.deduplication.record.Settlement;
import reactor.core.publisher.Mono;

/**
 * The claims that were granted, by the store or in its place: they are renewed while
 * their messages run, and settled in the end, there or here.
 */
final class RunningClaims {

	private final MemoryRecordStore local;

	private final RecordStore store;

	private final StoreSteps steps;

	private final HeldClaims held;

	private final ReturnedClaims returned;

	private final HandOver handOver;

	private final Consumer<String> whenSettled;

	private final Runnable whenLeft;

	/**
	 * Create the claims.
	 * @param local has the records of this instance
	 * @param store has those of all
	 * @param steps lead there
	 * @param held what the store has granted
	 * @param returned those that are being given back
	 * @param handOver writes what was answered here
	 * @param whenSettled takes the ids of messages that are settled here only
	 * @param whenLeft runs when something is left here for the hand-over
	 */
	RunningClaims(MemoryRecordStore local, RecordStore store, StoreSteps steps, HeldClaims held,
			ReturnedClaims returned, HandOver handOver, Consumer<String> whenSettled, Runnable whenLeft) {
		this.local = local;
		this.store = store;
		this.steps = steps;
		this.held = held;
		this.returned = returned;
		this.handOver = handOver;
		this.whenSettled = whenSettled;
		this.whenLeft = whenLeft;
	}

	/**
	 * Hold on to a message.
	 * @param request what was granted
	 * @param token the token of the claim
	 * @return {@code false} if it belongs to another owner by now
	 */
	Mono<Boolean> renew(ClaimRequest request, long token) {
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

	/**
	 * Say how a run has ended.
	 * @param request what was granted
	 * @param token the token of the claim
	 * @param settlement how it ended
	 * @return {@code false} if it belongs to another owner by now
	 */
	Mono<Boolean> settle(ClaimRequest request, long token, Settlement settlement) {
		if (this.local.isUsed() && this.local.holds(request)) {
			this.held.forget(request);
			this.local.settleNow(request, token, settlement);
			if (settlement.state() == RecordState.COMPLETED) {
				this.handOver.begin();
				this.whenLeft.run();
			}
			else if (this.steps.isUp()) {
				// It may have been granted there as well, and nobody heard.
				this.returned.release(request, token, settlement);
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

	// The record in the store goes on until its lease is over; who comes to this instance
	// finds the answer before that.
	private boolean keep(ClaimRequest request, long token, Settlement settlement) {
		boolean kept = this.local.settleNow(request, token, settlement);
		if (this.held.forget(request) && settlement.state() == RecordState.FAILED) {
			// For the copies that wait here: nobody else can tell them.
			this.local.claimNow(request);
			this.local.settleNow(request, token, settlement);
		}
		this.whenSettled.accept(request.id());
		this.handOver.later();
		this.whenLeft.run();
		return kept || settlement.state() != RecordState.COMPLETED;
	}

}
