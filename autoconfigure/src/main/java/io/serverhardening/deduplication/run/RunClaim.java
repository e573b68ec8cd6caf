package io.serverhardening.deduplication.run;

import java.time.Duration;

import io.serverhardening.MessageClaim;
import io.serverhardening.deduplication.answer.RecordedResponse;
import io.serverhardening.deduplication.record.Claim;
import io.serverhardening.deduplication.record.ClaimRequest;
import io.serverhardening.deduplication.record.Settlement;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * The claim by which a run may be: it is renewed for as long as the handler runs, and
 * settled when that has ended.
 */
final class RunClaim {

	private static final Log logger = LogFactory.getLog(RunClaim.class);

	private final RunTerms terms;

	private final ClaimRequest request;

	private final Claim claim;

	private volatile long renewAt;

	/** Its answer is on its way, too long to be kept, and the record says so. */
	private volatile boolean answered;

	/**
	 * Begin to hold a claim.
	 * @param terms the terms of its route
	 * @param request the message
	 * @param claim what was granted
	 * @param now the time
	 */
	RunClaim(RunTerms terms, ClaimRequest request, Claim claim, long now) {
		this.terms = terms;
		this.request = request;
		this.claim = claim;
		this.renewAt = now + renewPeriod();
	}

	private long renewPeriod() {
		return lease().toNanos() / 3;
	}

	private Duration lease() {
		return Duration.ofMillis(this.request.terms().leaseMillis());
	}

	String id() {
		return this.request.id();
	}

	/**
	 * Return what a handler learns of its message.
	 * @return id, attempt and token
	 */
	MessageClaim known() {
		return new MessageClaim(this.request.id(), this.claim.attempt(), this.claim.token());
	}

	/**
	 * Whether the record says already that the work has been done.
	 * @return {@code true} once an answer is on its way that is too long to be kept
	 */
	boolean isAnswered() {
		return this.answered;
	}

	/**
	 * Say that an answer is on its way that is too long to be kept. The work has been
	 * done: however slowly its answer is read, or if it breaks off, nobody else is to do
	 * it again.
	 * @param response the answer
	 */
	void answering(RecordedResponse response) {
		try {
			Settlement settlement = Verdict.of(response);
			if (!Verdict.isDone(settlement)) {
				return;
			}
			this.answered = true;
			this.terms.records()
				.settle(this.request, this.claim.token(), settlement)
				.subscribe((taken) -> settled(taken, settlement),
						(error) -> logger.debug("A long answer was not kept", error));
		}
		catch (RuntimeException ex) {
			logger.debug("A long answer cannot be kept", ex);
		}
	}

	/**
	 * Say how the run has ended. First the record, then the answer: who gets the answer
	 * never comes again, and who does not must find the record.
	 * @param settlement how it has ended
	 * @param result what the attempt that asked for it learns
	 * @param outcome tells it
	 */
	void settle(Settlement settlement, RunResult result, RunOutcome outcome) {
		if (this.answered) {
			outcome.give(result);
			return;
		}
		this.terms.records().settle(this.request, this.claim.token(), settlement, (taken) -> {
			settled(taken, settlement);
			outcome.give(result);
		});
	}

	private void settled(boolean taken, Settlement settlement) {
		if (!taken && Verdict.isDone(settlement)) {
			this.terms.listener().stale(this.request.id());
		}
	}

	/**
	 * Hold on to the message for another lease, where it is time to. What is settled is
	 * renewed no more, and is lost to nobody.
	 * @param now the time
	 * @param onLost is told if it belongs to another owner by now
	 */
	void renew(long now, Runnable onLost) {
		if (now - this.renewAt >= 0 && !this.answered) {
			this.renewAt = now + renewPeriod();
			this.terms.records().renew(this.request, this.claim.token()).subscribe((held) -> {
				if (!held && !this.answered) {
					onLost.run();
				}
			}, (error) -> logger.debug("A lease was not renewed", error));
		}
	}

	/**
	 * Say that the run was stopped. The claim holds until its lease is over: what was
	 * cancelled may still be at work.
	 */
	void stopped() {
		this.terms.records().stopped(this.request);
	}

	RunningMessage describe(long now, Duration elapsed, boolean abandoned) {
		long renewed = this.renewAt - renewPeriod();
		Duration left = lease().minusNanos(now - renewed);
		return new RunningMessage(this.request.id(), this.request.owner(), this.claim.attempt(), elapsed,
				left.isNegative() ? Duration.ZERO : left, abandoned);
	}

}
