package io.serverhardening.response;

import io.serverhardening.Deadline;
import io.serverhardening.EndAction;
import io.serverhardening.GuardedRequest;
import io.serverhardening.Mode;
import io.serverhardening.Rejection;
import io.serverhardening.Rejection.Outcome;
import io.serverhardening.internal.message.HeaderValues;
import io.serverhardening.response.ResponseClock.Expiry;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.web.server.ServerWebExchange;

/**
 * The deadline of one request: its clocks, what happens when one of them runs out, and
 * the timer that looks at them. {@code onEnd} is the end of the request.
 */
abstract class ResponseDeadline implements Deadline, ResponseClock.Progress, EndAction {

	/** What {@code EventSource} sends. Whoever takes other things too may get those. */
	private static final String EVENTS = "text/event-stream";

	private final ResponseGuard guard;

	private final GuardedRequest request;

	private final ServerWebExchange exchange;

	private boolean timeoutStopped;

	private boolean totalTimeoutStopped;

	ResponseDeadline(ResponseGuard guard, GuardedRequest request, ServerWebExchange exchange) {
		this.guard = guard;
		this.request = request;
		this.exchange = exchange;
	}

	/**
	 * Start the timer.
	 * @param now the time
	 */
	abstract void start(long now);

	/**
	 * Whether the connection has become something else than a response.
	 * @return {@code true} after an upgrade to WebSocket
	 */
	boolean isUpgraded() {
		return false;
	}

	/**
	 * See to it that a refusal is not itself for ever: its answer may wait for a hook
	 * that never completes.
	 * @param refuseAgain resets what is still not answered
	 */
	abstract void later(Runnable refuseAgain);

	/**
	 * Whether the request has ended and its response does not begin.
	 * @return {@code false} too without a channel, where nobody can tell
	 */
	boolean isUnanswered() {
		return false;
	}

	/**
	 * Reset what the response was to travel on.
	 */
	void cut() {
		// Without a channel there is nothing.
	}

	/**
	 * Say that the first of the response is being written.
	 * @param now the time
	 */
	final void responseBegun(long now) {
		if (isUpgraded()) {
			this.request.upgraded();
		}
		this.request.begun(now - startedAt() - waitedForBody(now));
	}

	final void abort(Rejection rejection) {
		this.request.tell(rejection, Outcome.REFUSED);
	}

	final long now() {
		return this.guard.now();
	}

	final long firstCheck() {
		return this.guard.clock().firstCheck();
	}

	/**
	 * Look at the clocks, and act on what ran out.
	 * @param now the time
	 * @return when to look again, in nanoseconds
	 */
	final long look(long now) {
		if (isUpgraded() || this.request.deadline() != this) {
			return ResponseClock.NEVER;
		}
		Expiry expiry = this.guard.clock().check(now, this);
		if (expiry != null) {
			Rejection rejection = this.guard.rejection(expiry);
			if (this.guard.mode() == Mode.OBSERVE) {
				this.request.tell(rejection, Outcome.OBSERVED);
			}
			else if (this.request.refuse(rejection)) {
				later(() -> refuseAgain(rejection));
				// The other clock would cut the answer short.
				return ResponseClock.NEVER;
			}
			else if (isUnanswered()) {
				abort(rejection);
				cut();
			}
			stop(expiry);
		}
		return this.guard.clock().nextCheck(now, this);
	}

	private void refuseAgain(Rejection rejection) {
		if (!this.request.refuse(rejection) && isUnanswered()) {
			// The answer to HEAD is written when the request has ended.
			cut();
		}
	}

	private void stop(Expiry expiry) {
		if (expiry == Expiry.TOTAL) {
			this.totalTimeoutStopped = true;
		}
		else {
			this.timeoutStopped = true;
		}
	}

	@Override
	public final long startedAt() {
		return this.request.startedAt();
	}

	@Override
	public final boolean hasStopped(Expiry expiry) {
		return (expiry == Expiry.TOTAL) ? this.totalTimeoutStopped : this.timeoutStopped;
	}

	@Override
	public final long remainingNanos() {
		return this.guard.clock().remaining(this.guard.now(), this);
	}

	@Override
	public final boolean isCommitted() {
		return this.exchange.getResponse().isCommitted();
	}

	@Override
	public final boolean isExempt() {
		return isEventStream(contentType());
	}

	@Override
	public final boolean awaitsEvents() {
		return !isCommitted() && contentType() == null && acceptsEventsOnly(this.exchange.getRequest().getHeaders());
	}

	private static boolean acceptsEventsOnly(HttpHeaders headers) {
		return EVENTS.equals(headers.getFirst(HttpHeaders.ACCEPT))
				&& HeaderValues.of(headers, HttpHeaders.ACCEPT).size() == 1;
	}

	private @Nullable String contentType() {
		return this.exchange.getResponse().getHeaders().getFirst(HttpHeaders.CONTENT_TYPE);
	}

	private static boolean isEventStream(@Nullable String contentType) {
		return contentType != null
				&& (contentType.startsWith("text/event-stream") || contentType.startsWith("application/grpc"));
	}

}
