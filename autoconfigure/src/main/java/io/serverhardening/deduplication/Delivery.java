package io.serverhardening.deduplication;

import java.time.Duration;

import io.serverhardening.GuardChain;
import io.serverhardening.deduplication.key.MessageIdentity;
import io.serverhardening.deduplication.record.Claim;
import io.serverhardening.deduplication.record.ClaimRequest;
import io.serverhardening.deduplication.record.OnStoreFailure;
import io.serverhardening.deduplication.record.Settlement;
import io.serverhardening.deduplication.run.Run;
import io.serverhardening.deduplication.run.RunResult;
import io.serverhardening.deduplication.run.Runs.Entry;
import io.serverhardening.internal.call.ApplicationCalls;
import io.serverhardening.internal.channel.RequestChannel;
import io.serverhardening.internal.message.BufferedExchange;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/**
 * One copy of a message on its way to an answer: it is handled, or waits for the one that
 * is, or gets the answer that there is.
 */
final class Delivery {

	private final RouteMessages messages;

	private final BufferedExchange exchange;

	private final GuardChain chain;

	private @Nullable Scheduler home;

	private ClaimRequest request;

	/** Its waiting, once it has had to. */
	private @Nullable WaitingCopy waiting;

	private int deliveries = 1;

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
		if (this.waiting != null) {
			this.waiting.asks();
		}
		this.request = this.request.again();
		return start();
	}

	private Mono<Void> decide(Claim claim) {
		this.deliveries = Math.max(this.deliveries, claim.deliveries());
		return switch (claim.outcome()) {
			case ACQUIRED -> run(claim, DeduplicationEvent.ACQUIRED);
			case RETRY -> run(claim, DeduplicationEvent.RETRIED);
			case TAKEOVER -> run(claim, DeduplicationEvent.TAKEN_OVER);
			case BUSY -> busy(claim.attempt());
			case REPLAY -> {
				leaveWithAll(claim);
				yield this.messages.replies().replay(this.exchange, this.chain, claim.answer());
			}
			case MISMATCH -> mismatch();
			case DEAD -> dead(claim);
			case FULL, UNAVAILABLE -> unavailable();
		};
	}

	private Mono<Void> run(Claim claim, DeduplicationEvent event) {
		unshare();
		leave();
		return Mono.deferContextual((context) -> {
			Run run = new Run(this.messages.runTerms(), this.request, claim, this.exchange, context);
			Entry entry = this.messages.runTerms().runs().enter(run);
			if (entry != Entry.GRANTED) {
				return crowded(claim, entry);
			}
			if (event == DeduplicationEvent.TAKEN_OVER) {
				this.messages.activity().incident(event, this.request.id());
			}
			else {
				this.messages.activity().count(event);
			}
			run.start(this.chain);
			Mono<RunResult> result = this.messages.policy().sender().leftUnanswered() ? limited(run.result())
					: run.result();
			return atHome(result).flatMap((answered) -> deliver(run, answered));
		});
	}

	private Mono<Void> crowded(Claim claim, Entry entry) {
		this.messages.activity().count(DeduplicationEvent.CROWDED);
		// Also where the client leaves meanwhile: nobody else gives it back.
		Sinks.One<Boolean> givenBack = Sinks.one();
		this.messages.records().settle(this.request, claim.token(), Settlement.RELEASED, givenBack::tryEmitValue);
		return atHome(givenBack.asMono()).then(
				Mono.defer(() -> this.messages.replies().crowded(this.exchange, this.chain, this.request.id(), entry)));
	}

	private <T> Mono<T> atHome(Mono<T> step) {
		return this.messages.records().isRemote() ? step.publishOn(home()) : step;
	}

	private Mono<RunResult> limited(Mono<RunResult> result) {
		long left = this.messages.timeLeft(this.exchange);
		return (left == Long.MAX_VALUE) ? result
				: result.timeout(Duration.ofNanos(Math.max(0, left)), Mono.just(RunResult.LATE), home());
	}

	private Mono<Void> deliver(Run run, RunResult result) {
		return switch (result.kind()) {
			case ANSWERED -> run.response().copyTo(this.exchange.getResponse());
			case FAILED -> run.response()
				.failTo(this.exchange.getResponse())
				.then(ApplicationCalls.error((result.error() != null) ? result.error() : new IllegalStateException()));
			case LATE -> late();
			case TIMED_OUT -> this.messages.replies().runTimedOut(this.exchange, this.chain, this.request.id());
			case LOST -> again();
		};
	}

	private Mono<Void> busy(int attempt) {
		if (this.messages.policy().onBusy() == OnBusy.REJECT) {
			return late();
		}
		WaitingCopy waiting = this.waiting;
		if (waiting == null) {
			waiting = new WaitingCopy(this.messages, this.exchange);
			this.waiting = waiting;
		}
		if (waiting.isOver()) {
			return Mono.empty();
		}
		Waiter waiter = waiting.waiter();
		if (waiter == null) {
			return waiting.begin(this.request) ? again() : late();
		}
		if (!waiting.mayWait(attempt)) {
			return late();
		}
		// One loop: of steps within steps each would be kept for as long as it waits.
		WaitingCopy copy = waiting;
		return Mono.defer(() -> turn(copy, waiter)).repeatWhenEmpty((turns) -> turns).then();
	}

	private Mono<Boolean> turn(WaitingCopy copy, Waiter waiter) {
		return copy.await(waiter).publishOn(home()).then(Mono.defer(() -> {
			waiter.asks();
			Claim told = waiter.told();
			return (told != null) ? heard(copy, told)
					: this.messages.records().claim(this.request, this::home, (claim) -> heard(copy, claim));
		}));
	}

	private Mono<Boolean> heard(WaitingCopy copy, Claim claim) {
		return (claim.outcome() == Claim.Outcome.BUSY && copy.mayWait(claim.attempt())) ? Mono.empty()
				: decide(claim).cast(Boolean.class).defaultIfEmpty(true);
	}

	// The first is not done, and there is no time left to wait for it.
	private Mono<Void> late() {
		leave();
		return this.messages.replies().late(this.exchange, this.chain, this.request.id(), this.deliveries);
	}

	private Mono<Void> mismatch() {
		this.messages.activity().count(DeduplicationEvent.MISMATCHED);
		leave();
		if (this.messages.policy().isIdempotencyKey()) {
			return this.messages.replies().keyReused(this.exchange, this.chain);
		}
		this.deliveries = 1;
		this.request = MessageIdentity.ofOther(this.request);
		return start();
	}

	private Mono<Void> dead(Claim claim) {
		if (leaveWithAll(claim)) {
			this.messages.activity().incident(DeduplicationEvent.DEAD, this.request.id());
		}
		else {
			this.messages.activity().count(DeduplicationEvent.DEAD);
		}
		return this.messages.replies().dead(this.exchange, this.chain);
	}

	private Mono<Void> unavailable() {
		leave();
		if (this.messages.records().onFailure() == OnStoreFailure.ALLOW) {
			this.messages.activity().incident(DeduplicationEvent.UNPROTECTED, this.request.id());
			unshare();
			// Behind a store: what Reactor takes for fatal would reach nobody.
			return ApplicationCalls.mono(() -> this.chain.proceed(this.exchange));
		}
		this.messages.activity().incident(DeduplicationEvent.UNAVAILABLE, this.request.id());
		return this.messages.replies().unavailable(this.exchange, this.chain);
	}

	private void unshare() {
		if (this.waiting != null) {
			this.waiting.unshare();
		}
	}

	private void leave() {
		if (this.waiting != null) {
			this.waiting.leave();
		}
	}

	private boolean leaveWithAll(Claim claim) {
		return this.waiting == null || this.waiting.leaveWithAll(claim);
	}

}
