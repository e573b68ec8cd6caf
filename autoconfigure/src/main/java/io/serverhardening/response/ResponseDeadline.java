package io.serverhardening.response;

import io.serverhardening.Deadline;
import io.serverhardening.GuardedRequest;
import io.serverhardening.Mode;
import io.serverhardening.response.ResponseClock.Expiry;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.web.server.ServerWebExchange;

/**
 * The deadline of one request: its clocks, what happens when one of them runs out, and
 * the timer that looks at them. {@code run()} is the end of the request.
 */
abstract class ResponseDeadline implements Deadline, ResponseClock.Progress, Runnable {

	private final ResponseGuard guard;

	private final GuardedRequest request;

	private final ServerWebExchange exchange;

	private final ResponseClock clock;

	ResponseDeadline(ResponseGuard guard, GuardedRequest request, ServerWebExchange exchange, long now) {
		this.guard = guard;
		this.request = request;
		this.exchange = exchange;
		this.clock = new ResponseClock(guard.policy(), now);
	}

	/**
	 * Start the timer.
	 * @param now the time
	 */
	abstract void start(long now);

	/**
	 * See to it that a refusal is not itself for ever: its answer may wait for a hook
	 * that never completes.
	 * @param refuseAgain resets what is still not answered
	 */
	abstract void later(Runnable refuseAgain);

	final long firstCheck() {
		return this.clock.firstCheck();
	}

	/**
	 * Look at the clocks, and act on what ran out.
	 * @param now the time
	 * @return when to look again, in nanoseconds
	 */
	final long look(long now) {
		Expiry expiry = this.clock.check(now, this);
		if (expiry != null) {
			if (this.guard.mode() == Mode.OBSERVE) {
				this.request.observe(this.guard.rejection(expiry));
			}
			else if (this.request.refuse(this.guard.rejection(expiry))) {
				later(() -> this.request.refuse(this.guard.rejection(expiry)));
			}
			this.clock.stop(expiry);
		}
		return this.clock.nextCheck(now, this);
	}

	@Override
	public final long remainingNanos() {
		return this.clock.remaining(this.guard.now(), this);
	}

	@Override
	public final boolean isCommitted() {
		return this.exchange.getResponse().isCommitted();
	}

	@Override
	public boolean isExempt() {
		return isEventStream(this.exchange.getResponse().getHeaders().getFirst(HttpHeaders.CONTENT_TYPE));
	}

	private static boolean isEventStream(@Nullable String contentType) {
		return contentType != null
				&& (contentType.startsWith("text/event-stream") || contentType.startsWith("application/grpc"));
	}

}
