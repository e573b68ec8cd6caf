package io.serverhardening.route;

import io.serverhardening.Deadline;
import io.serverhardening.EndAction;
import io.serverhardening.Ending;
import io.serverhardening.Rejection;
import io.serverhardening.Rejection.Outcome;
import io.serverhardening.Route;
import io.serverhardening.internal.call.ApplicationCalls;
import io.serverhardening.internal.channel.ChannelLoss;
import io.serverhardening.internal.channel.RequestChannel;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;

import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.server.ServerWebExchange;

/**
 * What guards ask of a request and tell it: its route, its deadline, when it began and
 * how it has ended. A class, and no part of {@link GuardedExchange}, to cost no object.
 */
abstract class TimedRequest extends EndingRequest implements Subscription {

	final ServerWebExchange exchange;

	final CompiledRoute route;

	final EdgeFilter filter;

	private volatile Deadline deadline = Deadline.NONE;

	private long startedAt;

	/** How long the server has taken until the response began, zero while it has not. */
	private volatile long handlingNanos;

	private @Nullable ChannelLoss loss;

	/** A guard answered instead of the handler. */
	private boolean refused;

	TimedRequest(ServerWebExchange exchange, CompiledRoute route, EdgeFilter filter) {
		this.exchange = exchange;
		this.route = route;
		this.filter = filter;
	}

	@Override
	ApplicationCalls calls() {
		return this.filter.rejections().calls();
	}

	/**
	 * The request begins.
	 */
	void begin() {
		this.route.activity().start();
		this.startedAt = this.filter.now();
		this.loss = RequestChannel.isPresent() ? ChannelLoss.watch(this.exchange.getRequest(), this) : null;
	}

	/**
	 * A guard answers instead of the handler.
	 */
	void refused() {
		this.refused = true;
	}

	@Override
	public Route route() {
		return this.route.route();
	}

	@Override
	public Deadline deadline() {
		return this.deadline;
	}

	@Override
	public void deadline(Deadline deadline) {
		this.deadline = deadline;
	}

	@Override
	public void begun(long nanos) {
		this.handlingNanos = Math.max(1, nanos);
		if (!this.refused) {
			tellBegun();
		}
	}

	@Override
	public void upgraded() {
		count(Ending.UPGRADED, null);
	}

	@Override
	public long startedAt() {
		return this.startedAt;
	}

	@Override
	public long handlingNanos() {
		long nanos = this.handlingNanos;
		return (nanos > 0) ? nanos : this.filter.now() - this.startedAt;
	}

	@Override
	public void tell(Rejection rejection, Outcome outcome) {
		tell(this.exchange, rejection, outcome);
	}

	/**
	 * Have a refusal counted and logged.
	 * @param exchange the exchange that the guard has, whose attributes may be its own
	 * @param rejection why, complete with guard and route
	 * @param outcome whether it was carried out
	 */
	void tell(ServerWebExchange exchange, Rejection rejection, Outcome outcome) {
		this.filter.rejections().tell(exchange, rejection, outcome);
	}

	/**
	 * Whether the server takes the head of the response for sent, and none of it has come
	 * to the channel. On the channel's event loop.
	 * @return {@code false} too where nobody says what is written
	 */
	boolean isWithheld() {
		return this.loss != null && this.loss.isUnwritten(this)
				&& RequestChannel.isTakenForSent(this.exchange.getRequest());
	}

	/**
	 * Whether the response is about to be committed and never will be: what was to happen
	 * before that has thrown what Reactor takes for fatal, or was cancelled. Spring takes
	 * any status for it then, and sends none.
	 * @return {@code true} if the server would send an answer that nobody has given
	 */
	boolean isStuck() {
		ServerHttpResponse response = this.exchange.getResponse();
		return this.handlingNanos == 0 && response.isCommitted() && response.setStatusCode(response.getStatusCode())
				&& RequestChannel.isOn(this.exchange.getRequest());
	}

	Ending ended(Ending how) {
		if (this.refused) {
			return Ending.REFUSED;
		}
		return (this.loss != null && this.loss.isCutShort(this)) ? Ending.CANCELLED : how;
	}

	Ending cancelled() {
		if (this.loss == null || !this.loss.isAnswered(this)) {
			return Ending.CANCELLED;
		}
		return this.refused ? Ending.REFUSED : Ending.COMPLETED;
	}

	void count(Ending ending, @Nullable Throwable error) {
		EndAction actions = actionsAtEnd(ending);
		if (hasEnded(actions)) {
			// A session that was a request once.
			return;
		}
		if (this.loss != null) {
			this.loss.forget(this);
		}
		this.route.activity().end(ending);
		if (this.deadline instanceof EndAction timed) {
			tellEnd(timed, ending, error);
		}
		if (actions != null) {
			tellEnd(actions, ending, error);
		}
	}

}
