package io.serverhardening.deduplication.access;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import io.serverhardening.deduplication.record.ClaimRequest;
import io.serverhardening.deduplication.record.RecordStore;
import io.serverhardening.deduplication.record.Settlement;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import reactor.core.publisher.Mono;

/**
 * Claims on their way back to the store. Its answer to the same owner is old by then.
 */
final class ReturnedClaims {

	private static final Log logger = LogFactory.getLog(ReturnedClaims.class);

	private final RecordStore store;

	private final StoreSteps steps;

	/** The owners. */
	private final Set<String> returning = ConcurrentHashMap.newKeySet();

	/**
	 * Create the claims.
	 * @param store the store
	 * @param steps lead there
	 */
	ReturnedClaims(RecordStore store, StoreSteps steps) {
		this.store = store;
		this.steps = steps;
	}

	/**
	 * Whether a claim is being given back.
	 * @param request the claim
	 * @return {@code true} until the store has answered
	 */
	boolean isReturning(ClaimRequest request) {
		return this.returning.contains(request.owner());
	}

	/**
	 * Give back a claim that nobody waits for.
	 * @param request what was granted
	 * @param token the token of the claim
	 * @param settlement how its run has ended, if there was one
	 */
	void release(ClaimRequest request, long token, Settlement settlement) {
		giveBack(request, token, settlement).subscribe(null,
				(error) -> logger.debug("A claim holds until its lease is over", error));
	}

	/**
	 * Give back a claim.
	 * @param request what was granted
	 * @param token the token of the claim
	 * @param settlement how its run has ended, if there was one
	 * @return whether the store has taken it
	 */
	Mono<Boolean> giveBack(ClaimRequest request, long token, Settlement settlement) {
		return Mono.defer(() -> {
			this.returning.add(request.owner());
			return this.steps.ask(request.id(), this.store.settle(request, token, settlement));
		}).doFinally((signal) -> this.returning.remove(request.owner()));
	}

}
