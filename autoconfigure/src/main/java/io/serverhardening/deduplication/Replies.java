package io.serverhardening.deduplication;

import java.time.Duration;
import java.util.function.Function;

import io.serverhardening.GuardChain;
import io.serverhardening.MessageClaim;
import io.serverhardening.Rejection;
import io.serverhardening.RejectionReason;
import io.serverhardening.deduplication.answer.Replay;
import io.serverhardening.deduplication.record.Answer;
import io.serverhardening.deduplication.run.Runs.Entry;
import io.serverhardening.internal.message.BufferedExchange;
import io.serverhardening.internal.message.SenderProfile;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.web.server.ServerWebExchange;

/**
 * What a copy is told whose message is not handled for it: the answer that there is, or
 * why there is none, in the words that its sender takes for what they are.
 */
final class Replies {

	private static final byte[] NOTHING = new byte[0];

	private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

	/** How long an attempt is left without an answer whose sender does not say. */
	private static final Duration HOLD = Duration.ofMillis(100);

	private final DeduplicationPolicy policy;

	private final DeduplicationActivity activity;

	private final Function<ServerWebExchange, Mono<Void>> cors;

	/** How long an attempt is left without an answer: longer than its sender waits. */
	private final Duration hold;

	private final Rejection busy;

	private final Rejection crowded;

	private final Rejection tooMuch;

	private final Rejection runTimedOut;

	/**
	 * Create the replies of a route.
	 * @param policy how its messages are deduplicated
	 * @param activity counts
	 * @param cors gives a replay the CORS headers that the handler's mapping would have
	 */
	Replies(DeduplicationPolicy policy, DeduplicationActivity activity, Function<ServerWebExchange, Mono<Void>> cors) {
		this.policy = policy;
		this.activity = activity;
		this.cors = cors;
		Duration patience = policy.sender().timeout();
		this.hold = (patience != null) ? patience.plusSeconds(1) : HOLD;
		this.busy = later(RejectionReason.DUPLICATE_RUNNING, "The same message is still being handled.", ".on-busy");
		this.crowded = later(RejectionReason.OVERLOADED, "Too many messages are being handled.", ".max-runs");
		this.tooMuch = later(RejectionReason.OVERLOADED, "The messages that are being handled are too large together.",
				".max-body-size");
		this.runTimedOut = later(RejectionReason.DEADLINE_EXCEEDED, "The handler was stopped.", ".run-timeout");
	}

	private Rejection later(RejectionReason reason, String detail, String property) {
		return Rejection.of(reason)
			.withDetail(detail)
			.withRetryAfter(RETRY_AFTER)
			.withProperty(this.policy.propertyPrefix() + property);
	}

	/**
	 * No handler may begin.
	 * @param exchange the copy
	 * @param chain refuses it
	 * @param id the message
	 * @param entry why not
	 * @return completes when it has been answered
	 */
	Mono<Void> crowded(BufferedExchange exchange, GuardChain chain, String id, Entry entry) {
		return refuse(exchange, chain, id, (entry == Entry.TOO_MUCH) ? this.tooMuch : this.crowded);
	}

	/**
	 * The handler was stopped.
	 * @param exchange the copy
	 * @param chain refuses it
	 * @param id the message
	 * @return completes when it has been answered
	 */
	Mono<Void> runTimedOut(BufferedExchange exchange, GuardChain chain, String id) {
		return refuse(exchange, chain, id, this.runTimedOut);
	}

	// Who reads of it finds it on Actuator by its hash.
	private static Mono<Void> refuse(BufferedExchange exchange, GuardChain chain, String id, Rejection rejection) {
		exchange.getAttributes().put(MessageClaim.KEY_ATTRIBUTE, id);
		return chain.refuse(exchange, rejection);
	}

	/**
	 * The first is not done, and there is no time left to wait for it.
	 * @param exchange the copy
	 * @param chain refuses it
	 * @param id the message
	 * @param deliveries how many copies have come, this one included
	 * @return completes when it has been answered, or left without an answer
	 */
	Mono<Void> late(BufferedExchange exchange, GuardChain chain, String id, int deliveries) {
		exchange.getAttributes().put(MessageClaim.KEY_ATTRIBUTE, id);
		this.activity.count(DeduplicationEvent.BUSY);
		SenderProfile sender = this.policy.sender();
		// By its hash the message is found on Actuator.
		Rejection busy = this.busy.withDetail("The same message is still being handled: " + id + ".");
		if (!sender.leftUnanswered()) {
			return chain.refuse(exchange, busy);
		}
		if (deliveries >= sender.attempts()) {
			return chain.refuse(exchange, busy, (refused, rejection) -> sender.acknowledge(refused.getResponse()));
		}
		// It keeps its connection, and nothing else.
		exchange.share(NOTHING);
		return chain.leaveUnanswered(exchange, busy, this.hold);
	}

	/**
	 * The message has been answered.
	 * @param exchange the copy
	 * @param chain refuses it where the answer is not here
	 * @param answer the answer, {@code null} where it cannot be read
	 * @return completes when it has been answered
	 */
	Mono<Void> replay(BufferedExchange exchange, GuardChain chain, @Nullable Answer answer) {
		byte[] body = (answer != null) ? answer.body() : null;
		if (answer == null || body == null) {
			this.activity.count(DeduplicationEvent.NOT_KEPT);
			return acknowledgeOr(exchange, chain,
					Rejection.of(RejectionReason.ANSWER_NOT_KEPT)
						.withDetail((answer != null)
								? "The message was answered with " + answer.status()
										+ ". An answer that is longer than 16 KiB, or streamed, is not kept."
								: "The message was answered, but the answer cannot be read here."));
		}
		this.activity.count(DeduplicationEvent.REPLAYED);
		return this.cors.apply(exchange)
			.then(Mono.defer(() -> Replay.write(exchange.getResponse(), answer, body, this.policy.isIdempotencyKey())));
	}

	/**
	 * Its key belongs to another message.
	 * @param exchange the copy
	 * @param chain refuses it
	 * @return completes when it has been answered
	 */
	Mono<Void> keyReused(BufferedExchange exchange, GuardChain chain) {
		return chain.refuse(exchange,
				Rejection.of(RejectionReason.KEY_REUSED)
					.withDetail("This key came with another path or body before.")
					.withProperty(this.policy.propertyPrefix() + ".key"));
	}

	/**
	 * Its message has failed too often.
	 * @param exchange the copy
	 * @param chain refuses it
	 * @return completes when it has been answered
	 */
	Mono<Void> dead(BufferedExchange exchange, GuardChain chain) {
		return acknowledgeOr(exchange, chain,
				Rejection.of(RejectionReason.ATTEMPTS_EXHAUSTED)
					.withDetail("The message failed too often and is no longer handled.")
					.withProperty(this.policy.propertyPrefix() + ".max-attempts"));
	}

	// A sender that hears of an error comes again, in vain.
	private Mono<Void> acknowledgeOr(BufferedExchange exchange, GuardChain chain, Rejection rejection) {
		return this.policy.webhook()
				? chain.refuse(exchange, rejection,
						(refused, reason) -> this.policy.sender().acknowledge(refused.getResponse()))
				: chain.refuse(exchange, rejection);
	}

	/**
	 * Nobody can tell whether its message has been handled.
	 * @param exchange the copy
	 * @param chain refuses it
	 * @return completes when it has been answered
	 */
	Mono<Void> unavailable(BufferedExchange exchange, GuardChain chain) {
		return chain.refuse(exchange, later(RejectionReason.STORE_UNAVAILABLE,
				"The server cannot tell now whether the message has been handled.", ".on-store-failure"));
	}

}
