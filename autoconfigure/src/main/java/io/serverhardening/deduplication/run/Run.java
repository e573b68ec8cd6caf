package io.serverhardening.deduplication.run;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

import io.serverhardening.Deadline;
import io.serverhardening.GuardChain;
import io.serverhardening.MessageClaim;
import io.serverhardening.deduplication.answer.RecordedResponse;
import io.serverhardening.deduplication.record.Claim;
import io.serverhardening.deduplication.record.ClaimRequest;
import io.serverhardening.deduplication.record.Settlement;
import io.serverhardening.internal.call.ApplicationCall;
import io.serverhardening.internal.call.ApplicationCalls;
import io.serverhardening.internal.message.BufferedExchange;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Mono;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

/**
 * One run of a handler. It belongs to nobody's connection: who asked for it may leave, or
 * be told to come back, and it goes on until it is done, fails, or has taken
 * {@code run-timeout}.
 */
public final class Run extends BaseSubscriber<Void> implements Deadline {

	private static final Log logger = LogFactory.getLog(Run.class);

	private static final String OWNER = "of a message";

	private final RunTerms terms;

	private final RunClaim claim;

	private final Context context;

	private final RecordedResponse response;

	private final BufferedExchange exchange;

	private final int size;

	private final RunOutcome outcome = new RunOutcome(this::abandon);

	private final AtomicBoolean ended = new AtomicBoolean();

	private final long startedAt;

	private long lookedAt;

	/** For how long it has waited for whoever reads its answer. */
	private volatile long waitedNanos;

	private volatile boolean abandoned;

	/**
	 * Create the run.
	 * @param terms the terms of its route
	 * @param request the message
	 * @param claim the claim that was granted
	 * @param exchange the request of whoever asked for it
	 * @param context the context of that request
	 */
	public Run(RunTerms terms, ClaimRequest request, Claim claim, BufferedExchange exchange, ContextView context) {
		this.terms = terms;
		this.startedAt = terms.runs().now();
		this.lookedAt = this.startedAt;
		this.claim = new RunClaim(terms, request, claim, this.startedAt);
		this.response = new RecordedResponse(exchange.getResponse(), terms.keptHeaders(), this::offer, this::answering);
		this.exchange = exchange.with(this.response.forHandler());
		this.size = exchange.body().length;
		MessageClaim known = this.claim.known();
		this.exchange.getAttributes().put(MessageClaim.ATTRIBUTE, known);
		this.exchange.getAttributes().put(Deadline.ATTRIBUTE, this);
		this.context = new RunContext(Context.of(context), known, this);
	}

	/**
	 * Begin.
	 * @param chain leads to the handler
	 */
	public void start(GuardChain chain) {
		// What is thrown ends the run too: nobody else would, before its time is up.
		ApplicationCalls
			.mono(() -> chain.proceed(this.exchange).then(Mono.defer(this.exchange.getResponse()::setComplete)))
			.subscribe(this);
	}

	/**
	 * Return what becomes of it.
	 * @return the result, for the attempt that asked for it
	 */
	public Mono<RunResult> result() {
		return this.outcome;
	}

	/**
	 * Return what the handler answers.
	 * @return the response
	 */
	public RecordedResponse response() {
		return this.response;
	}

	// How much it keeps in memory while it runs: as much as it took it gives back.
	int size() {
		return this.size;
	}

	// Whoever waited has left.
	private void abandon() {
		this.abandoned = true;
		this.response.abandon();
	}

	private void offer(RecordedResponse response) {
		this.outcome.give(RunResult.ANSWERED);
		if (this.abandoned) {
			response.abandon();
		}
	}

	private void answering() {
		if (!this.ended.get()) {
			this.claim.answering(this.response);
		}
	}

	@Override
	public Context currentContext() {
		return this.context;
	}

	@Override
	public long remainingNanos() {
		return Math.max(0, this.terms.timeout().toNanos() - workedNanos(this.terms.runs().now()));
	}

	private long workedNanos(long now) {
		return now - this.startedAt - this.waitedNanos;
	}

	@Override
	protected void hookOnComplete() {
		if (!end()) {
			return;
		}
		breakOff();
		Throwable error = this.response.brokenBy();
		if (error != null && !this.claim.isAnswered()) {
			// Somebody in between has taken it for answered, such as an exception handler
			// that came too late for an answer of its own. Copies would get the half.
			fail(error);
			return;
		}
		try {
			conclude(Verdict.of(this.response));
		}
		catch (RuntimeException ex) {
			// Of an answer that cannot be kept. Nobody else would end the run.
			fail(ex);
		}
	}

	private void conclude(Settlement settlement) {
		if (Verdict.isDone(settlement)) {
			this.terms.listener().completed();
		}
		else {
			this.terms.listener().failed(this.claim.id());
		}
		this.claim.settle(settlement, RunResult.ANSWERED, this.outcome);
	}

	@Override
	protected void hookOnError(Throwable error) {
		if (!end()) {
			logger.debug("A handler failed after its run had ended", error);
			return;
		}
		breakOff();
		fail(error);
	}

	private void fail(Throwable error) {
		this.terms.listener().failed(this.claim.id());
		if (this.abandoned) {
			this.terms.listener().failedUnheard(this.claim.id(), error);
		}
		this.claim.settle(Settlement.FAILED, new RunResult(RunResult.Kind.FAILED, error), this.outcome);
	}

	// What is not written to its end has been given up, such as by a filter that waits
	// only for so long. Whoever reads it would wait on.
	private void breakOff() {
		if (!this.response.isKept()) {
			this.terms.calls().run(ApplicationCall.CANCEL, OWNER, this.response::stop);
		}
	}

	private boolean end() {
		if (!this.ended.compareAndSet(false, true)) {
			return false;
		}
		this.terms.runs().leave(this);
		return true;
	}

	RunningMessage describe(long now) {
		return this.claim.describe(now, Duration.ofNanos(now - this.startedAt), this.abandoned);
	}

	/**
	 * Look at the clocks. While the handler waits for whoever reads its answer its time
	 * stands still.
	 * @param now the time
	 */
	void look(long now) {
		if (this.response.awaitsReader()) {
			long waited = this.waitedNanos;
			this.waitedNanos = waited + now - this.lookedAt;
		}
		this.lookedAt = now;
		if (workedNanos(now) >= this.terms.timeout().toNanos()) {
			stop(RunResult.TIMED_OUT);
		}
		else {
			this.claim.renew(now, () -> stop(RunResult.LOST));
		}
	}

	private void stop(RunResult result) {
		if (end()) {
			this.claim.stopped();
			this.terms.listener().stopped(this.claim.id(), result.kind());
			// Elsewhere: a clean-up that blocks, or whoever hears of the result, must not
			// hold up the leases of the others.
			this.terms.calls().runElsewhere(ApplicationCall.CANCEL, OWNER, this::cancel);
			this.terms.calls()
				.runElsewhere(ApplicationCall.CANCEL, OWNER, this.response::stop, () -> this.outcome.give(result));
		}
	}

}
