package io.serverhardening.deduplication;

import java.time.Duration;

import io.serverhardening.GuardedRequest;
import io.serverhardening.WebhookMessage;
import io.serverhardening.deduplication.record.Claim;
import io.serverhardening.deduplication.record.ClaimRequest;
import io.serverhardening.internal.message.BufferedExchange;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * A copy that waits for the first of its message: as long as its time and its patience
 * last, and with the body that all copies share.
 */
final class WaitingCopy {

	/** Copies also ask by themselves: what wakes them may be lost. */
	private static final Duration FIRST_POLL = Duration.ofMillis(250);

	private static final Duration LAST_POLL = Duration.ofSeconds(1);

	/** After so many failed runs a copy does not wait for the next. */
	private static final int FAILURES = 3;

	private final RouteMessages messages;

	private final BufferedExchange exchange;

	private @Nullable Waiter waiter;

	private volatile boolean over;

	/** Whether its body is that of all copies that wait. */
	private boolean shared;

	private Duration poll = FIRST_POLL;

	/** Which attempt was running when it began to wait, zero while that is not known. */
	private int firstAttempt;

	/**
	 * Create the copy.
	 * @param messages those of the route
	 * @param exchange the request
	 */
	WaitingCopy(RouteMessages messages, BufferedExchange exchange) {
		this.messages = messages;
		this.exchange = exchange;
	}

	/**
	 * Begin to wait. The message may have been settled before: it is to be asked for
	 * again.
	 * @param request the message
	 * @return {@code false} if too many wait, or for too much
	 */
	boolean begin(ClaimRequest request) {
		Waiter waiter = this.messages.waiters()
			.join(request.id(), new MessageContent(request.fingerprint(), this.exchange.body(),
					WebhookMessage.from(this.exchange)));
		if (waiter == null) {
			return false;
		}
		this.waiter = waiter;
		share(waiter.content());
		this.messages.activity().count(DeduplicationEvent.WAITED);
		GuardedRequest.required(this.exchange).onEnd((ending, error) -> {
			this.over = true;
			leave();
		});
		return true;
	}

	// A copy that waits keeps nothing of its own.
	private void share(MessageContent content) {
		this.shared = true;
		this.exchange.share(content.body());
		if (content.message() != null) {
			this.exchange.getAttributes().put(WebhookMessage.ATTRIBUTE, content.message());
		}
	}

	/**
	 * Have a body of its own again: what a handler does to it must not reach the others.
	 */
	void unshare() {
		if (this.shared) {
			this.shared = false;
			this.exchange.share(this.exchange.body().clone());
		}
	}

	/**
	 * Whether the request has ended.
	 * @return {@code true} if nobody is there to be answered
	 */
	boolean isOver() {
		return this.over;
	}

	/**
	 * Return the copy among those that wait.
	 * @return the waiter, {@code null} while it does not wait
	 */
	@Nullable Waiter waiter() {
		return this.waiter;
	}

	/**
	 * Whether it is worth waiting on.
	 * @param attempt which attempt is running
	 * @return {@code false} if its time is up, or the handler has failed too often
	 */
	boolean mayWait(int attempt) {
		if (this.firstAttempt == 0) {
			this.firstAttempt = attempt;
		}
		return !this.over && this.messages.timeLeft(this.exchange) > 0 && attempt - this.firstAttempt < FAILURES;
	}

	/**
	 * Wait until it is woken, or it is time to ask again, which it does ever later.
	 * @param waiter the copy among those that wait
	 * @return completes then
	 */
	Mono<Void> await(Waiter waiter) {
		long left = this.messages.timeLeft(this.exchange);
		Duration atMost = Duration.ofNanos(Math.max(0, Math.min(left, this.poll.toNanos())));
		this.poll = (this.poll.compareTo(LAST_POLL) < 0) ? this.poll.multipliedBy(2) : LAST_POLL;
		return waiter.await(atMost);
	}

	/**
	 * Say that the copy asks for its message.
	 */
	void asks() {
		Waiter waiter = this.waiter;
		if (waiter != null) {
			waiter.asks();
		}
	}

	/**
	 * Wait no more.
	 */
	void leave() {
		Waiter waiter = this.waiter;
		if (waiter != null) {
			this.waiter = null;
			waiter.close();
		}
	}

	/**
	 * Wait no more, and tell all the others. Thousands that ask a store at once, and each
	 * for an answer, would have it taken for one that is down.
	 * @param claim what there is to tell
	 * @return {@code false} if it was told by another itself
	 */
	boolean leaveWithAll(Claim claim) {
		Waiter waiter = this.waiter;
		if (waiter == null) {
			return true;
		}
		leave();
		boolean first = waiter.told() == null;
		if (first) {
			this.messages.waiters().tellAll(waiter.id(), claim);
		}
		return first;
	}

}
