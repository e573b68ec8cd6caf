package io.serverhardening.deduplication;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

import io.serverhardening.Deadline;
import io.serverhardening.GuardChain;
import io.serverhardening.MessageClaim;
import io.serverhardening.deduplication.record.Claim;
import io.serverhardening.deduplication.record.ClaimRequest;
import io.serverhardening.deduplication.record.RecordState;
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
final class Run extends BaseSubscriber<Void> implements Deadline {

	private static final Log logger = LogFactory.getLog(Run.class);

	private static final String OWNER = "of a message";

	private static final String TAKEN_OVER = "A handler was stopped: another instance has taken its message over";

	private static final String TOOK_TOO_LONG = "A handler was stopped: it took longer than run-timeout";

	private final RouteMessages messages;

	private final ClaimRequest request;

	private final Claim claim;

	private final Context context;

	private final RecordedResponse response;

	private final BufferedExchange exchange;

	private final int size;

	private final RunOutcome outcome = new RunOutcome(this::abandon);

	private final AtomicBoolean ended = new AtomicBoolean();

	/** Its answer is on its way, too long to be kept, and the record says so. */
	private volatile boolean answered;

	/** For how long it has waited for whoever reads its answer. */
	private volatile long waitedNanos;

	private long lookedAt;

	private final long startedAt;

	private volatile long renewAt;

	private volatile boolean abandoned;

	Run(RouteMessages messages, ClaimRequest request, Claim claim, BufferedExchange exchange, ContextView context) {
		this.messages = messages;
		this.request = request;
		this.claim = claim;
		this.response = new RecordedResponse(exchange.getResponse(), messages.kept(), this::offer, this::answering);
		this.exchange = exchange.with(new HandlerResponse(this.response));
		this.size = exchange.body().length;
		MessageClaim known = new MessageClaim(request.id(), claim.attempt(), claim.token());
		this.exchange.getAttributes().put(MessageClaim.ATTRIBUTE, known);
		this.exchange.getAttributes().put(Deadline.ATTRIBUTE, this);
		this.context = new RunContext(Context.of(context), known, this);
		this.startedAt = messages.runs().now();
		this.lookedAt = this.startedAt;
		this.renewAt = this.startedAt + renewPeriod();
	}

	private long renewPeriod() {
		return Duration.ofMillis(this.request.terms().leaseMillis()).toNanos() / 3;
	}

	/**
	 * Begin.
	 * @param chain leads to the handler
	 */
	void start(GuardChain chain) {
		// What is thrown ends the run too: nobody else would, before its time is up.
		ApplicationCalls
			.mono(() -> chain.proceed(this.exchange).then(Mono.defer(this.exchange.getResponse()::setComplete)))
			.subscribe(this);
	}

	/**
	 * Return what becomes of it.
	 * @return the result, for the attempt that asked for it
	 */
	Mono<RunResult> result() {
		return this.outcome;
	}

	// How much it keeps in memory while it runs: as much as it took it gives back.
	int size() {
		return this.size;
	}

	RecordedResponse response() {
		return this.response;
	}

	// Whoever waited has left.
	private void abandon() {
		this.abandoned = true;
		this.response.abandon();
	}

	// The application has declined to handle it, for now or for this caller: to repeat
	// "again later", or "as somebody else", for hours would be a lie.
	private static boolean isPassing(int status) {
		return switch (status) {
			case 401, 403, 407, 408, 423, 425, 429 -> true;
			default -> false;
		};
	}

	private void offer(RecordedResponse response) {
		this.outcome.give(RunResult.ANSWERED);
		if (this.abandoned) {
			response.abandon();
		}
	}

	// The work has been done. However slowly its answer is read, or if it breaks
	// off, nobody else is to do it again.
	private void answering() {
		int status = this.response.status();
		if (this.ended.get() || status >= 500 || isPassing(status)) {
			return;
		}
		try {
			Settlement settlement = Settlement.completed(this.response.answer());
			this.answered = true;
			this.messages.records()
				.settle(this.request, this.claim.token(), settlement)
				.subscribe((taken) -> settled(taken, settlement),
						(error) -> logger.debug("A long answer was not kept", error));
		}
		catch (RuntimeException ex) {
			logger.debug("A long answer cannot be kept", ex);
		}
	}

	private void settled(boolean taken, Settlement settlement) {
		if (!taken && settlement.state() == RecordState.COMPLETED) {
			this.messages.activity().incident(DeduplicationEvent.STALE, this.request.id());
		}
	}

	@Override
	public Context currentContext() {
		return this.context;
	}

	@Override
	public long remainingNanos() {
		return Math.max(0, this.messages.policy().runTimeout().toNanos() - workedNanos(this.messages.runs().now()));
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
		if (error != null && !this.answered) {
			// Somebody in between has taken it for answered, such as an exception handler
			// that came too late for an answer of its own. Copies would get the half.
			fail(error);
			return;
		}
		try {
			conclude(this.response.status());
		}
		catch (RuntimeException ex) {
			// Of an answer that cannot be kept. Nobody else would end the run.
			fail(ex);
		}
	}

	private void conclude(int status) {
		if (isPassing(status)) {
			this.messages.activity().incident(DeduplicationEvent.FAILED, this.request.id());
			settle(Settlement.RELEASED, RunResult.ANSWERED);
		}
		else if (status >= 500) {
			this.messages.activity().incident(DeduplicationEvent.FAILED, this.request.id());
			settle(Settlement.FAILED, RunResult.ANSWERED);
		}
		else {
			// Before it is counted: it may be one that cannot be kept.
			Settlement settlement = Settlement.completed(this.response.answer());
			this.messages.activity().count(DeduplicationEvent.COMPLETED);
			settle(settlement, RunResult.ANSWERED);
		}
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
		this.messages.activity().incident(DeduplicationEvent.FAILED, this.request.id());
		if (this.abandoned) {
			this.messages.problems()
				.add("A handler failed when nobody waited for it any more: " + error.getClass().getName(),
						"message " + this.request.id());
			logger.debug("A handler failed when nobody waited for it any more", error);
		}
		settle(Settlement.FAILED, new RunResult(RunResult.Kind.FAILED, error));
	}

	// First the record, then the answer: who gets the answer never comes again, and who
	// does not must find the record.
	private void settle(Settlement settlement, RunResult result) {
		if (this.answered) {
			this.outcome.give(result);
			return;
		}
		this.messages.records().settle(this.request, this.claim.token(), settlement, (taken) -> {
			settled(taken, settlement);
			this.outcome.give(result);
		});
	}

	// What is not written to its end has been given up, such as by a filter that waits
	// only for so long. Whoever reads it would wait on.
	private void breakOff() {
		if (!this.response.isKept()) {
			this.messages.calls().run(ApplicationCall.CANCEL, OWNER, this.response::stop);
		}
	}

	private boolean end() {
		if (!this.ended.compareAndSet(false, true)) {
			return false;
		}
		this.messages.runs().leave(this);
		return true;
	}

	RunningMessage describe(long now) {
		long renewed = this.renewAt - renewPeriod();
		Duration lease = Duration.ofMillis(this.request.terms().leaseMillis()).minusNanos(now - renewed);
		return new RunningMessage(this.request.id(), this.request.owner(), this.claim.attempt(),
				Duration.ofNanos(now - this.startedAt), lease.isNegative() ? Duration.ZERO : lease, this.abandoned);
	}

	/**
	 * Look at the clocks.
	 * @param now the time
	 */
	void look(long now) {
		if (this.response.awaitsReader()) {
			long waited = this.waitedNanos;
			this.waitedNanos = waited + now - this.lookedAt;
		}
		this.lookedAt = now;
		if (workedNanos(now) >= this.messages.policy().runTimeout().toNanos()) {
			// The claim holds until its lease is over: what was cancelled may still be at
			// work.
			stop(DeduplicationEvent.TIMED_OUT, RunResult.TIMED_OUT);
		}
		else if (now - this.renewAt >= 0 && !this.answered) {
			this.renewAt = now + renewPeriod();
			this.messages.records().renew(this.request, this.claim.token()).subscribe((held) -> {
				// What is settled is renewed no more, and is lost to nobody.
				if (!held && !this.answered) {
					stop(DeduplicationEvent.LOST, RunResult.LOST);
				}
			}, (error) -> logger.debug("A lease was not renewed", error));
		}
	}

	private void stop(DeduplicationEvent event, RunResult result) {
		if (end()) {
			this.messages.records().stopped(this.request);
			this.messages.activity().incident(event, this.request.id());
			this.messages.problems()
				.add((event == DeduplicationEvent.LOST) ? TAKEN_OVER : TOOK_TOO_LONG, "message " + this.request.id());
			// Elsewhere: a clean-up that blocks, or whoever hears of the result, must not
			// hold up the leases of the others.
			this.messages.calls().runElsewhere(ApplicationCall.CANCEL, OWNER, this::cancel);
			this.messages.calls()
				.runElsewhere(ApplicationCall.CANCEL, OWNER, this.response::stop, () -> this.outcome.give(result));
		}
	}

}
