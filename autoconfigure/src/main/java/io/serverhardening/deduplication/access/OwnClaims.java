package io.serverhardening.deduplication.access;

import java.time.Duration;
import java.util.function.Supplier;

import io.serverhardening.deduplication.memory.MemoryRecordStore;
import io.serverhardening.deduplication.record.Claim;
import io.serverhardening.deduplication.record.ClaimRequest;
import io.serverhardening.deduplication.record.OnStoreFailure;
import io.serverhardening.deduplication.record.Settlement;
import io.serverhardening.deduplication.record.StoreGate;
import org.jspecify.annotations.Nullable;

/**
 * The claims that this instance grants by itself, while the store does not answer.
 */
final class OwnClaims {

	/** What is slow has answered a probe by then. */
	private static final Duration DOWN = Duration.ofSeconds(1);

	private final MemoryRecordStore local;

	private final HeldClaims held;

	private final StoreGate gate;

	private final Supplier<OnStoreFailure> onFailure;

	/**
	 * Create the claims.
	 * @param local has the records of this instance
	 * @param held what the store has granted
	 * @param gate tells for how long it has been down
	 * @param onFailure whether this instance grants anything
	 */
	OwnClaims(MemoryRecordStore local, HeldClaims held, StoreGate gate, Supplier<OnStoreFailure> onFailure) {
		this.local = local;
		this.held = held;
		this.gate = gate;
		this.onFailure = onFailure;
	}

	/**
	 * Ask this instance for a message.
	 * @param request who asks for what
	 * @return whether it is granted
	 */
	Claim claim(ClaimRequest request) {
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
		return (this.onFailure.get() == OnStoreFailure.LOCAL) ? this.local.claimNow(request)
				: Claim.refused(Claim.Outcome.UNAVAILABLE, 0, 0);
	}

	// A store that was slow this once may have heard that the run has failed, and have
	// told others. One that is down has told nobody.
	private @Nullable Claim aloneAgain(ClaimRequest request) {
		if (!this.gate.isDownFor(DOWN)) {
			return null;
		}
		if (this.onFailure.get() == OnStoreFailure.LOCAL) {
			return this.local.free().claim(request);
		}
		return this.local.free().has(request) ? Claim.refused(Claim.Outcome.UNAVAILABLE, 0, 0) : null;
	}

}
