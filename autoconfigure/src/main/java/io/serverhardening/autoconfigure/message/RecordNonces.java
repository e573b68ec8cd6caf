package io.serverhardening.autoconfigure.message;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

import io.serverhardening.deduplication.DeduplicationGuard;
import io.serverhardening.deduplication.access.StoreSteps;
import io.serverhardening.deduplication.record.Claim;
import io.serverhardening.deduplication.record.ClaimRequest;
import io.serverhardening.deduplication.record.ClaimTerms;
import io.serverhardening.deduplication.record.RecordState;
import io.serverhardening.deduplication.record.RecordStore;
import io.serverhardening.deduplication.record.Settlement;
import io.serverhardening.webhook.nonce.NonceStore;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/**
 * Remembers nonces where messages are remembered, behind the same gate and in the same
 * way: a nonce is claimed, and the claim is kept or given back. Where its instance dies
 * in between, the lease ends it.
 */
final class RecordNonces implements NonceStore {

	private static final Log logger = LogFactory.getLog(NonceStore.class);

	private static final Settlement KEPT = new Settlement(RecordState.COMPLETED, null, true);

	private static final AtomicLong OWNERS = new AtomicLong();

	private final RecordStore records;

	private final String prefix;

	private final ClaimTerms forGood;

	private final ClaimTerms passing;

	private final StoreSteps steps;

	/**
	 * Create the store of a route and its source.
	 * @param store has the records
	 * @param source the id of the source, whose nonces are its own
	 * @param route the id of the route
	 * @param lease for how long a use may last that is neither kept nor given back
	 * @param lifetime for how long a nonce is remembered
	 * @param timeout how long a step may take
	 * @param timers keep time off the event loops
	 */
	RecordNonces(SharedRecords.Store store, String source, String route, Duration lease, Duration lifetime,
			Duration timeout, Scheduler timers) {
		this.records = store.records();
		// No message is known by such an id: those are hexadecimal.
		this.prefix = "nonce-" + source + '-';
		this.forGood = ClaimTerms.of(route, lifetime, Duration.ofMillis(1), 0);
		this.passing = ClaimTerms.of(route, lease, lifetime, 0);
		this.steps = new StoreSteps(store.records(), store.gate(), timeout, timers, System::nanoTime);
	}

	@Override
	public Use of(String nonce, String fingerprint, boolean forGood) {
		return new ClaimedUse(new ClaimRequest(this.prefix + nonce, fingerprint,
				DeduplicationGuard.instance() + "-n" + OWNERS.incrementAndGet(), true,
				forGood ? this.forGood : this.passing));
	}

	@Override
	public boolean isUp() {
		return this.steps.isUp();
	}

	/**
	 * A use that is a claim. What is asked is not taken back: what was granted when
	 * nobody waited for it any more is given back once its answer is there.
	 */
	private final class ClaimedUse implements Use {

		private final ClaimRequest request;

		private final Sinks.One<Claim> claim = Sinks.one();

		ClaimedUse(ClaimRequest request) {
			this.request = request;
		}

		@Override
		public Mono<Seen> take() {
			return Mono.defer(() -> {
				if (!isUp()) {
					return Mono.error(new IllegalStateException("The store is known to be down"));
				}
				RecordNonces.this.records.claim(this.request)
					.subscribe(this.claim::tryEmitValue, this.claim::tryEmitError);
				return RecordNonces.this.steps.ask(this.request.id(), this.claim.asMono())
					.map((claim) -> seen(claim.outcome()));
			});
		}

		private static Seen seen(Claim.Outcome outcome) {
			if (outcome.isGranted()) {
				return Seen.FIRST;
			}
			return (outcome == Claim.Outcome.MISMATCH) ? Seen.OTHER : Seen.COPY;
		}

		// Also where it was not granted because the store was slow: others should know.
		@Override
		public void keep() {
			if (isUp()) {
				settle(0, KEPT).subscribe(null,
						(error) -> logger.debug("A nonce is known to this instance only", error));
			}
		}

		@Override
		public void giveBack() {
			this.claim.asMono()
				.filter((claim) -> claim.outcome().isGranted())
				.flatMap((claim) -> settle(claim.token(), Settlement.RELEASED))
				.subscribe(null, (error) -> logger.debug("A nonce is free when its lease is over", error));
		}

		private Mono<Boolean> settle(long token, Settlement settlement) {
			return RecordNonces.this.steps.ask(this.request.id(),
					RecordNonces.this.records.settle(this.request, token, settlement));
		}

	}

}
