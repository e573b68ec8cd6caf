package io.serverhardening.deduplication.memory;

import java.time.Duration;

import io.serverhardening.deduplication.memory.Outbox.Completed;
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

	/** The number of its row. */
	final int row;

	/** Its neighbours in the order that it stands in: {@link MessageOrder}'s. */
	int before = MessageRows.NONE;

	int after = MessageRows.NONE;

	private final MessageText text = new MessageText();

	private long created;

	/** Its letter: to write one is to write nothing that the collector reads. */
	private char state;

	private long token;

	private int attempt;

	private int deliveries;

	private long leaseUntil;

	private long expires;

	MessageEntry(int row) {
		this.row = row;
	}

	/**
	 * Be the entry of a message that nobody has claimed yet.
	 * @param request who asks for it
	 * @param now the time
	 */
	void begin(ClaimRequest request, long now) {
		this.text.begin(request);
		this.created = now;
		state(RecordState.PROCESSING);
		this.token = 0;
		this.attempt = 0;
		this.deliveries = 1;
		this.leaseUntil = 0;
		// As of one that runs, which it is about to: it is put where it will stay.
		this.expires = now + request.terms().leaseMillis() + request.terms().ttlMillis();
	}

	/**
	 * Be the entry of a message that was forgotten, not taken: whoever ran the handler
	 * still has it.
	 * @param token the token of the claim
	 */
	void lost(long token) {
		this.token = token;
		this.attempt = 1;
	}

	/**
	 * Be nobody's entry.
	 */
	void end() {
		this.text.clear();
	}

	boolean isId(String id) {
		return this.text.isId(id);
	}

	RecordState state() {
		return RecordState.of(this.state);
	}

	private void state(RecordState state) {
		this.state = state.code();
	}

	int size() {
		return this.text.answerSize();
	}

	long expires() {
		return this.expires;
	}

	boolean isOver(long now) {
		return this.expires <= now;
	}

	boolean isSame(ClaimRequest request) {
		return this.text.isFingerprint(request.fingerprint());
	}

	boolean isBy(ClaimRequest request) {
		return this.text.isOwner(request.owner());
	}

	boolean isRunning(long now) {
		return state() == RecordState.PROCESSING && this.leaseUntil > now;
	}

	boolean isRunBy(ClaimRequest request) {
		return state() == RecordState.PROCESSING && isBy(request);
	}

	boolean isAnsweredBy(ClaimRequest request) {
		return state() == RecordState.COMPLETED && isBy(request);
	}

	/**
	 * Whether it has failed, or its lease is over.
	 * @param now the time
	 * @return {@code true} if the next who asks may have it
	 */
	boolean isFree(long now) {
		return state() == RecordState.FAILED || (state() == RecordState.PROCESSING && this.leaseUntil <= now);
	}

	boolean isExhausted(ClaimTerms terms) {
		return terms.maxAttempts() > 0 && this.attempt >= terms.maxAttempts();
	}

	boolean isSettled() {
		return state() == RecordState.COMPLETED || state() == RecordState.DEAD;
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
		this.text.owner(request.owner());
		this.token = token;
	}

	/**
	 * Be able to be granted or settled without fail: whoever fails between two orders
	 * would be in none.
	 * @param request who asks
	 */
	void expect(ClaimRequest request) {
		this.text.expectOwner(request.owner());
	}

	/**
	 * Be able to be settled without fail.
	 * @param answer what will be kept
	 */
	void expect(byte @Nullable [] answer) {
		this.text.expectAnswer(answer);
	}

	/**
	 * Be run by whoever asks.
	 * @param request who asks
	 * @param now the time
	 * @return why it may be
	 */
	Claim.Outcome run(ClaimRequest request, long now) {
		Claim.Outcome outcome = outcome();
		state(RecordState.PROCESSING);
		this.text.owner(request.owner());
		// Tokens grow also when a record was forgotten in between.
		this.token = Math.max(this.token + 1, now * 1000);
		this.attempt++;
		renew(request.terms(), now);
		return outcome;
	}

	private Claim.Outcome outcome() {
		if (this.attempt == 0) {
			return Claim.Outcome.ACQUIRED;
		}
		return (state() == RecordState.FAILED) ? Claim.Outcome.RETRY : Claim.Outcome.TAKEOVER;
	}

	Claim granted(Claim.Outcome outcome) {
		return new Claim(outcome, this.token, this.attempt, this.deliveries, null);
	}

	Claim refused(Claim.Outcome outcome) {
		return Claim.refused(outcome, this.attempt, this.deliveries);
	}

	Claim replay() {
		return new Claim(Claim.Outcome.REPLAY, 0, this.attempt, this.deliveries, this.text.answer());
	}

	Claim mismatch() {
		return Claim.refused(Claim.Outcome.MISMATCH, this.attempt, 0);
	}

	void renew(ClaimTerms terms, long now) {
		this.leaseUntil = now + terms.leaseMillis();
		this.expires = this.leaseUntil + terms.ttlMillis();
	}

	void settle(Settlement settlement, byte @Nullable [] answer, ClaimTerms terms, long now) {
		state(settlement.state());
		this.text.answer(answer);
		if (!settlement.counted()) {
			this.attempt--;
		}
		this.leaseUntil = 0;
		this.expires = now + terms.ttlMillis(settlement);
	}

	Completed completed(ClaimTerms terms) {
		return new Completed(new ClaimRequest(this.text.id(), this.text.fingerprint(), this.text.owner(), false, terms),
				this.token, new Settlement(state(), this.text.answer(), true));
	}

	MessageRecord describe(long now) {
		return new MessageRecord("", state(), this.text.owner(), this.token, this.attempt, this.deliveries,
				Duration.ofMillis(now - this.created), Duration.ofMillis(Math.max(0, this.leaseUntil - now)),
				this.text.answer());
	}

}
