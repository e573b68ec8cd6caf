package io.serverhardening.deduplication.access;

import java.util.concurrent.RejectedExecutionException;

import io.serverhardening.deduplication.record.Claim;
import io.serverhardening.deduplication.record.ClaimRequest;
import io.serverhardening.deduplication.record.Settlement;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Brings claims to where their requests are at home. A loop that is busy sees first that
 * the client has left, and a claim that is dropped on its way would hold the message for
 * as long as the lease: it is given back.
 */
final class Arrivals {

	private static final Log logger = LogFactory.getLog(Arrivals.class);

	private final Records records;

	/**
	 * Create the arrivals.
	 * @param records take what is given back
	 */
	Arrivals(Records records) {
		this.records = records;
	}

	/**
	 * Bring a claim home.
	 * @param request who has asked
	 * @param claim what is said
	 * @param home where it is heard
	 * @return the claim, on that thread
	 */
	Mono<Claim> bring(ClaimRequest request, Claim claim, Scheduler home) {
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
			this.records.settle(request, claim.token(), Settlement.RELEASED)
				.subscribe(null, (error) -> logger.debug("A claim that nobody waited for was not given back", error));
		}
	}

}
