package io.serverhardening.deduplication;

import java.time.Duration;

import io.serverhardening.GuardChain;
import io.serverhardening.GuardedRequest;
import io.serverhardening.MessageClaim;
import io.serverhardening.Rejection;
import io.serverhardening.RejectionReason;
import io.serverhardening.WebhookMessage;
import io.serverhardening.deduplication.Runs.Entry;
import io.serverhardening.deduplication.Waiters.Content;
import io.serverhardening.deduplication.Waiters.Waiter;
import io.serverhardening.deduplication.record.Answer;
import io.serverhardening.deduplication.record.Claim;
import io.serverhardening.deduplication.record.ClaimRequest;
import io.serverhardening.deduplication.record.OnStoreFailure;
import io.serverhardening.deduplication.record.Settlement;
import io.serverhardening.internal.call.ApplicationCalls;
import io.serverhardening.internal.channel.RequestChannel;
import io.serverhardening.internal.message.BufferedExchange;
import io.serverhardening.internal.message.SenderProfile;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/**
 * One copy of a message on its way to an answer: it is handled, or waits for the one that
 * is, or gets the answer that there is.
 */
final class Delivery {

	private static final byte[] NOTHING = new byte[0];

	/** Copies also ask by themselves: what wakes them may be lost. */
	private static final Duration FIRST_POLL = Duration.ofMillis(250);

	private static final Duration LAST_POLL = Duration.ofSeconds(1);

	private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

	/** After so many failed runs a copy does not wait for the next. */
	private static final int FAILURES = 3;

	private final RouteMessages messages;

	private final BufferedExchange exchange;

	private final GuardChain chain;

	private @Nullable Scheduler home;

	private volatile boolean over;

	/** Whether its body is that of all copies that wait. */
	private boolean shared;

	private ClaimRequest request;

	private @Nullable Waiter waiter;

	private Duration poll = FIRST_POLL;

	private int deliveries = 1;

	/** Which attempt was running when it began to wait, zero while that is not known. */
	private int firstAttempt;

	/**
	 * Create the delivery.
	 * @param messages those of the route
	 * @param exchange the request
	 * @param chain leads to the handler
	 * @param request the message
	 */
	Delivery(RouteMessages messages, BufferedExchange exchange, GuardChain chain, ClaimRequest request) {
		this.messages = messages;
		this.exchange = exchange;
		this.chain = chain;
		this.request = request;
	}

	// Where the request is at home: a store answers on a thread of its own, and copies
	// are woken on whichever.
	private Scheduler home() {
		Scheduler home = this.home;
		if (home == null) {
			home = RequestChannel.home(this.exchange.getRequest());
			this.home = home;
		}
		return home;
	}

	Mono<Void> start() {
		return this.messages.records().claim(this.request, this::home, this::decide);
	}

	private Mono<Void> again() {
		Waiter waiter = this.waiter;
		if (waiter != null) {
			waiter.asks();
		}
		this.request = this.request.again();
		return start();
	}

	private Mono<Void> decide(Claim claim) {
		this.deliveries = Math.max(this.deliveries, claim.deliveries());
		switch (claim.outcome()) {
			case ACQUIRED -> {
				return run(claim, DeduplicationEvent.ACQUIRED);
			}
			case RETRY -> {
				return run(claim, DeduplicationEvent.RETRIED);
			}
			case TAKEOVER -> {
				return run(claim, DeduplicationEvent.TAKEN_OVER);
			}
			case BUSY -> {
				return busy(claim.attempt());
			}
			case REPLAY -> {
				leaveWithAll(claim);
				return replay(claim.answer());
			}
			case MISMATCH -> {
				return mismatch();
			}
			case DEAD -> {
				if (leaveWithAll(claim)) {
					this.messages.activity().incident(DeduplicationEvent.DEAD, this.request.id());
				}
				else {
					this.messages.activity().count(DeduplicationEvent.DEAD);
				}
				return dead();
			}
			default -> {
				leave();
				return unavailable();
			}
		}
	}

	// Of its own again: what a handler does to it must not reach the others.
	private void unshare() {
		if (this.shared) {
			this.shared = false;
			this.exchange.share(this.exchange.body().clone());
		}
	}

	private Mono<Void> run(Claim claim, DeduplicationEvent event) {
		unshare();
		leave();
		return Mono.deferContextual((context) -> {
			Run run = new Run(this.messages, this.request, claim, this.exchange, context);
			Entry entry = this.messages.runs().enter(run);
			if (entry != Entry.GRANTED) {
				this.messages.activity().count(DeduplicationEvent.CROWDED);
				// Also where the client leaves meanwhile: nobody else gives it back.
				Sinks.One<Boolean> givenBack = Sinks.one();
				this.messages.records()
					.settle(this.request, claim.token(), Settlement.RELEASED, givenBack::tryEmitValue);
				return atHome(givenBack.asMono()).then(Mono.defer(() -> refuse(this.messages.refusal(entry))));
			}
			if (event == DeduplicationEvent.TAKEN_OVER) {
				this.messages.activity().incident(event, this.request.id());
			}
			else {
				this.messages.activity().count(event);
			}
			run.start(this.chain);
			Mono<RunResult> result = sender().leftUnanswered() ? limited(run.result()) : run.result();
			return atHome(result).flatMap((answered) -> deliver(run, answered));
		});
	}

	private <T> Mono<T> atHome(Mono<T> step) {
		return this.messages.records().isRemote() ? step.publishOn(home()) : step;
	}

	private Mono<RunResult> limited(Mono<RunResult> result) {
		long left = timeLeft();
		return (left == Long.MAX_VALUE) ? result
				: result.timeout(Duration.ofNanos(Math.max(0, left)), Mono.just(RunResult.LATE), home());
	}

	private Mono<Void> deliver(Run run, RunResult result) {
		return switch (result.kind()) {
			case ANSWERED -> copy(run.response());
			case FAILED -> run.response()
				.failTo(this.exchange.getResponse())
				.then(ApplicationCalls.error((result.error() != null) ? result.error() : new IllegalStateException()));
			case LATE -> late();
			case TIMED_OUT -> refuse(this.messages.runTimedOut());
			case LOST -> again();
		};
	}

	// Where a hook of the response fails, or the client has left just now, Spring
	// takes no more of a body and does not say so: the handler would wait until its
	// time is up.
	private Mono<Void> copy(RecordedResponse recorded) {
		if (recorded.isKept()) {
			return recorded.copyTo(this.exchange.getResponse());
		}
		return Mono.defer(() -> recorded.copyTo(this.exchange.getResponse())).doOnTerminate(recorded::leave);
	}

	private SenderProfile sender() {
		return this.messages.policy().sender();
	}

	private Mono<Void> busy(int attempt) {
		if (this.messages.policy().onBusy() == OnBusy.REJECT) {
			return late();
		}
		if (this.over) {
			return Mono.empty();
		}
		Waiter waiter = this.waiter;
		if (waiter == null) {
			waiter = this.messages.waiters().join(this.request.id(), content());
			if (waiter == null) {
				return late();
			}
			this.waiter = waiter;
			share(waiter.content());
			this.messages.activity().count(DeduplicationEvent.WAITED);
			GuardedRequest.required(this.exchange).onEnd((ending, error) -> {
				this.over = true;
				leave();
			});
			// It may have been settled before we listened.
			return again();
		}
		if (!mayWait(attempt)) {
			return late();
		}
		// One loop: of steps within steps each would be kept for as long as it waits.
		Waiter waiting = waiter;
		return Mono.defer(() -> turn(waiting)).repeatWhenEmpty((turns) -> turns).then();
	}

	private boolean mayWait(int attempt) {
		if (this.firstAttempt == 0) {
			this.firstAttempt = attempt;
		}
		return !this.over && timeLeft() > 0 && attempt - this.firstAttempt < FAILURES;
	}

	private Mono<Boolean> turn(Waiter waiter) {
		Duration atMost = Duration.ofNanos(Math.max(0, Math.min(timeLeft(), this.poll.toNanos())));
		this.poll = (this.poll.compareTo(LAST_POLL) < 0) ? this.poll.multipliedBy(2) : LAST_POLL;
		return waiter.await(atMost).publishOn(home()).then(Mono.defer(() -> {
			waiter.asks();
			Claim told = waiter.told();
			return (told != null) ? heard(told) : this.messages.records().claim(this.request, this::home, this::heard);
		}));
	}

	private Mono<Boolean> heard(Claim claim) {
		return (claim.outcome() == Claim.Outcome.BUSY && mayWait(claim.attempt())) ? Mono.empty()
				: decide(claim).cast(Boolean.class).defaultIfEmpty(true);
	}

	private Content content() {
		return new Content(this.request.fingerprint(), this.exchange.body(), WebhookMessage.from(this.exchange));
	}

	// A copy that waits keeps nothing of its own.
	private void share(Content content) {
		this.shared = true;
		this.exchange.share(content.body());
		if (content.message() != null) {
			this.exchange.getAttributes().put(WebhookMessage.ATTRIBUTE, content.message());
		}
	}

	private void leave() {
		Waiter waiter = this.waiter;
		if (waiter != null) {
			this.waiter = null;
			waiter.close();
		}
	}

	// There is something to tell all of them. Thousands that ask a store at once,
	// and each for an answer, would have it taken for one that is down.
	private boolean leaveWithAll(Claim claim) {
		Waiter waiter = this.waiter;
		if (waiter == null) {
			return true;
		}
		leave();
		boolean first = waiter.told() == null;
		if (first) {
			this.messages.waiters().tellAll(this.request.id(), claim);
		}
		return first;
	}

	private long timeLeft() {
		long remaining = GuardedRequest.required(this.exchange).deadline().remainingNanos();
		return (remaining == Long.MAX_VALUE) ? remaining : remaining - this.messages.marginNanos();
	}

	// Who reads of it finds it on Actuator by its hash.
	private Mono<Void> refuse(Rejection rejection) {
		this.exchange.getAttributes().put(MessageClaim.KEY_ATTRIBUTE, this.request.id());
		return this.chain.refuse(this.exchange, rejection);
	}

	// The first is not done, and there is no time left to wait for it.
	private Mono<Void> late() {
		leave();
		this.exchange.getAttributes().put(MessageClaim.KEY_ATTRIBUTE, this.request.id());
		this.messages.activity().count(DeduplicationEvent.BUSY);
		SenderProfile sender = sender();
		Rejection busy = this.messages.busy(this.request.id());
		if (!sender.leftUnanswered()) {
			return this.chain.refuse(this.exchange, busy);
		}
		if (this.deliveries >= sender.attempts()) {
			return this.chain.refuse(this.exchange, busy,
					(exchange, rejection) -> sender.acknowledge(exchange.getResponse()));
		}
		// It keeps its connection, and nothing else.
		this.exchange.share(NOTHING);
		return this.chain.leaveUnanswered(this.exchange, busy, this.messages.hold());
	}

	private Mono<Void> replay(@Nullable Answer answer) {
		byte[] body = (answer != null) ? answer.body() : null;
		if (answer == null || body == null) {
			this.messages.activity().count(DeduplicationEvent.NOT_KEPT);
			return acknowledgeOr(Rejection.of(RejectionReason.ANSWER_NOT_KEPT)
				.withDetail((answer != null)
						? "It was answered with " + answer.status()
								+ ". An answer that is longer than 16 KiB, or streamed, is not kept."
						: "It was answered; that answer cannot be read here."));
		}
		this.messages.activity().count(DeduplicationEvent.REPLAYED);
		return this.messages.beforeReplay(this.exchange)
			.then(Mono.defer(() -> Replay.write(this.exchange.getResponse(), answer, body,
					this.messages.policy().isIdempotencyKey())));
	}

	private Mono<Void> mismatch() {
		this.messages.activity().count(DeduplicationEvent.MISMATCHED);
		if (this.messages.policy().isIdempotencyKey()) {
			leave();
			return this.chain.refuse(this.exchange,
					Rejection.of(RejectionReason.KEY_REUSED)
						.withDetail("This key came with another path or body before.")
						.withProperty(this.messages.policy().propertyPrefix() + ".key"));
		}
		leave();
		this.deliveries = 1;
		ClaimRequest first = this.request;
		this.request = new ClaimRequest(Fingerprint.idOf(first.id(), first.fingerprint()), first.fingerprint(),
				first.owner(), true, first.terms());
		return start();
	}

	private Mono<Void> dead() {
		return acknowledgeOr(Rejection.of(RejectionReason.ATTEMPTS_EXHAUSTED)
			.withDetail("It failed too often, and is not handled any more.")
			.withProperty(this.messages.policy().propertyPrefix() + ".max-attempts"));
	}

	// A sender that hears of an error comes again, in vain.
	private Mono<Void> acknowledgeOr(Rejection rejection) {
		return this.messages.policy().webhook()
				? this.chain.refuse(this.exchange, rejection,
						(exchange, reason) -> sender().acknowledge(exchange.getResponse()))
				: this.chain.refuse(this.exchange, rejection);
	}

	private Mono<Void> unavailable() {
		if (this.messages.records().onFailure() == OnStoreFailure.ALLOW) {
			this.messages.activity().incident(DeduplicationEvent.UNPROTECTED, this.request.id());
			unshare();
			// Behind a store: what Reactor takes for fatal would reach nobody.
			return ApplicationCalls.mono(() -> this.chain.proceed(this.exchange));
		}
		this.messages.activity().incident(DeduplicationEvent.UNAVAILABLE, this.request.id());
		return this.chain.refuse(this.exchange,
				Rejection.of(RejectionReason.STORE_UNAVAILABLE)
					.withDetail("Whether it has been handled cannot be told now.")
					.withRetryAfter(RETRY_AFTER)
					.withProperty(this.messages.policy().propertyPrefix() + ".on-store-failure"));
	}

}
