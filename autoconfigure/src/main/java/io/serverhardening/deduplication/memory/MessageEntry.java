package io.serverhardening.deduplication.memory;

import java.time.Duration;

import io.serverhardening.deduplication.memory.MemoryRecordStore.Completed;
import io.serverhardening.deduplication.record.Answer;
import io.serverhardening.deduplication.record.Claim;
import io.serverhardening.deduplication.record.ClaimRequest;
import io.serverhardening.deduplication.record.ClaimTerms;
import io.serverhardening.deduplication.record.MessageRecord;
import io.serverhardening.deduplication.record.RecordState;
import io.serverhardening.deduplication.record.Settlement;
import org.jspecify.annotations.Nullable;

/**
 * What is remembered of one message.
 */
final class MessageEntry {

	private final String id;

	private final String fingerprint;

	private final long created;

	private RecordState state = RecordState.PROCESSING;

	private String owner;

	private long token;

	private int attempt;

	private int deliveries = 1;

	private long leaseUntil;

	private long expires;

	private @Nullable Answer answer;

	/** Of the answer. Whoever is cleared away is not looked into. */
	private int size;

	/** The order that it stands in, and its neighbours there: {@link MessageOrder}'s. */
	@Nullable MessageOrder order;

	@Nullable MessageEntry before;

	@Nullable MessageEntry after;

	/**
	 * Create the entry of a message that nobody has claimed yet.
	 * @param request who asks for it
	 * @param now the time
	 */
	MessageEntry(ClaimRequest request, long now) {
		this.id = request.id();
		this.fingerprint = request.fingerprint();
		this.owner = request.owner();
		this.created = now;
	}

	/**
	 * Return the entry of a message that was forgotten, not taken: whoever ran the
	 * handler still has it.
	 * @param request what was granted
	 * @param token the token of the claim
	 * @param now the time
	 * @return the entry
	 */
	static MessageEntry lost(ClaimRequest request, long token, long now) {
		MessageEntry entry = new MessageEntry(request, now);
		entry.token = token;
		entry.attempt = 1;
		return entry;
	}

	String id() {
		return this.id;
	}

	RecordState state() {
		return this.state;
	}

	int size() {
		return this.size;
	}

	boolean isOver(long now) {
		return this.expires <= now;
	}

	boolean isSame(ClaimRequest request) {
		return this.fingerprint.equals(request.fingerprint());
	}

	boolean isBy(ClaimRequest request) {
		return this.owner.equals(request.owner());
	}

	boolean isRunning(long now) {
		return this.state == RecordState.PROCESSING && this.leaseUntil > now;
	}

	boolean isRunBy(ClaimRequest request) {
		return this.state == RecordState.PROCESSING && isBy(request);
	}

	boolean isAnsweredBy(ClaimRequest request) {
		return this.state == RecordState.COMPLETED && isBy(request);
	}

	/**
	 * Whether it has failed, or its lease is over.
	 * @param now the time
	 * @return {@code true} if the next who asks may have it
	 */
	boolean isFree(long now) {
		return this.state == RecordState.FAILED || (this.state == RecordState.PROCESSING && this.leaseUntil <= now);
	}

	boolean isExhausted(ClaimTerms terms) {
		return terms.maxAttempts() > 0 && this.attempt >= terms.maxAttempts();
	}

	boolean hasRun() {
		return this.attempt > 0;
	}

	void ask(ClaimRequest request) {
		if (request.delivery()) {
			this.deliveries++;
		}
	}

	/**
	 * Be the message of another owner, who has answered it after this one gave it up.
	 * @param request what was granted
	 * @param token the token of the claim
	 */
	void takeOver(ClaimRequest request, long token) {
		this.owner = request.owner();
		this.token = token;
	}

	Claim grant(ClaimRequest request, long now) {
		Claim.Outcome outcome = outcome();
		this.state = RecordState.PROCESSING;
		this.owner = request.owner();
		// Tokens grow also when a record was forgotten in between.
		this.token = Math.max(this.token + 1, now * 1000);
		this.attempt++;
		renew(request.terms(), now);
		return granted(outcome);
	}

	private Claim.Outcome outcome() {
		if (this.attempt == 0) {
			return Claim.Outcome.ACQUIRED;
		}
		return (this.state == RecordState.FAILED) ? Claim.Outcome.RETRY : Claim.Outcome.TAKEOVER;
	}

	Claim granted(Claim.Outcome outcome) {
		return new Claim(outcome, this.token, this.attempt, this.deliveries, null);
	}

	Claim refused(Claim.Outcome outcome) {
		return Claim.refused(outcome, this.attempt, this.deliveries);
	}

	Claim replay() {
		return new Claim(Claim.Outcome.REPLAY, 0, this.attempt, this.deliveries, this.answer);
	}

	Claim mismatch() {
		return Claim.refused(Claim.Outcome.MISMATCH, this.attempt, 0);
	}

	void renew(ClaimTerms terms, long now) {
		this.leaseUntil = now + terms.leaseMillis();
		this.expires = this.leaseUntil + terms.ttlMillis();
	}

	void settle(Settlement settlement, ClaimTerms terms, long now) {
		Answer answer = settlement.answer();
		this.state = settlement.state();
		this.answer = answer;
		this.size = (answer != null) ? answer.size() : 0;
		if (!settlement.counted()) {
			this.attempt--;
		}
		this.leaseUntil = 0;
		this.expires = now + terms.ttlMillis(settlement);
	}

	Completed completed(ClaimTerms terms) {
		return new Completed(new ClaimRequest(this.id, this.fingerprint, this.owner, false, terms), this.token,
				new Settlement(this.state, this.answer, true));
	}

	MessageRecord describe(long now) {
		return new MessageRecord("", this.state, this.owner, this.token, this.attempt, this.deliveries,
				Duration.ofMillis(now - this.created), Duration.ofMillis(Math.max(0, this.leaseUntil - now)),
				this.answer);
	}

}
