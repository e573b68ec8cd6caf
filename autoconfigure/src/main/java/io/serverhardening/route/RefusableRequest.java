package io.serverhardening.route;

import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;

import io.serverhardening.Ending;
import io.serverhardening.Rejection;
import io.serverhardening.Rejection.Outcome;
import io.serverhardening.RejectionReason;
import io.serverhardening.internal.call.ApplicationCall;
import io.serverhardening.internal.channel.RequestChannel;
import io.serverhardening.route.rejection.ResponseAbortedException;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

import org.springframework.web.server.ServerWebExchange;

/**
 * Who runs for a request and who waits for it, and which of its ends comes first: that of
 * its handler, a refusal while that runs, or the client's leaving. A class, and no part
 * of {@link GuardedExchange}, to cost no object.
 */
abstract class RefusableRequest extends TimedRequest {

	/** One for the request as a whole. */
	static final Log logger = LogFactory.getLog(GuardedExchange.class);

	private static final AtomicIntegerFieldUpdater<RefusableRequest> STATE = AtomicIntegerFieldUpdater
		.newUpdater(RefusableRequest.class, "state");

	private static final int RUNNING = 0;

	/** Ended early; the refusal is being written. */
	private static final int REFUSING = 1;

	private static final int OVER = 2;

	/** Who waits for the request. */
	CoreSubscriber<? super Void> actual = Operators.emptySubscriber();

	/** What the handler has for its context, and a late answer too. */
	Context context = Context.empty();

	private volatile int state;

	/** The handler, or the answer in its place. */
	private volatile @Nullable Subscription upstream;

	RefusableRequest(ServerWebExchange exchange, CompiledRoute route, EdgeFilter filter) {
		super(exchange, route, filter);
	}

	/**
	 * The handler begins.
	 * @param handler the handler
	 * @return {@code false} if it is too late for it, and it is cancelled
	 */
	boolean handle(Subscription handler) {
		if (this.upstream == null) {
			this.upstream = handler;
		}
		if (this.state == RUNNING) {
			return true;
		}
		cancel(handler);
		return false;
	}

	boolean isOver() {
		return this.state == OVER;
	}

	@Override
	public boolean refuse(Rejection rejection) {
		if (!STATE.compareAndSet(this, RUNNING, REFUSING)) {
			return resetUnwrittenAnswer();
		}
		Ending how = (rejection.reason() == RejectionReason.DEADLINE_EXCEEDED) ? Ending.TIMED_OUT : Ending.REFUSED;
		Subscription subscription = this.upstream;
		if (subscription == null || RequestChannel.isOn(this.exchange.getRequest())) {
			cancelUpstream(() -> count(how, null));
			endEarly(rejection, how);
		}
		else {
			// This may be the thread on which the clocks of others wait.
			calls().runElsewhere(ApplicationCall.CANCEL, owner(), subscription::cancel, () -> endEarly(rejection, how));
		}
		return true;
	}

	private void endEarly(Rejection rejection, Ending how) {
		this.filter.rejections().tell(this.exchange, rejection, Outcome.REFUSED);
		count(how, null);
		// Where what is written arrives: a handler that has committed elsewhere is seen.
		RequestChannel.run(this.exchange.getRequest(), () -> answer(rejection));
	}

	private void answer(Rejection rejection) {
		if (this.exchange.getResponse().isCommitted()) {
			if (settle(REFUSING)) {
				reset();
			}
		}
		else if (this.state == REFUSING) {
			answerWith(this.filter.rejections().write(this.exchange, rejection, null));
		}
	}

	private void answered() {
		if (settle(REFUSING)) {
			// A handler on another thread may have committed in the same instant. Its
			// status went out, or nothing: its write was cancelled.
			if (isWithheld() || RequestChannel.sentOtherStatus(this.exchange)) {
				reset();
			}
			else {
				this.actual.onComplete();
			}
		}
	}

	private void answerWith(Mono<Void> answer) {
		LateAnswer subscriber = new LateAnswer();
		this.upstream = subscriber;
		try {
			answer.subscribe(subscriber);
		}
		catch (Throwable ex) {
			// From a hook of the application that runs before the response is committed.
			subscriber.onError(ex);
		}
	}

	private boolean resetUnwrittenAnswer() {
		if (!settle(REFUSING)) {
			return false;
		}
		if (RequestChannel.isOn(this.exchange.getRequest())) {
			cancelUpstream();
			reset();
		}
		else {
			reset();
			calls().runElsewhere(ApplicationCall.CANCEL, owner(), this::cancelUpstream);
		}
		return true;
	}

	/**
	 * Reset what the response was travelling on. On Reactor Netty the closing channel
	 * cancels this request from downstream, unless that has let go of it with its answer;
	 * elsewhere the server is told by an error.
	 */
	void reset() {
		boolean letGo = RequestChannel.isPresent() && RequestChannel.isLetGo(this.exchange.getRequest());
		if (!RequestChannel.reset(this.exchange.getRequest())) {
			this.actual.onError(new ResponseAbortedException());
		}
		else if (letGo) {
			// Those further out would wait for ever, such as for the time that it took.
			this.actual.onComplete();
		}
	}

	@Override
	public void cancel() {
		if (settle(RUNNING)) {
			Ending how = cancelled();
			cancelUpstream(() -> count(how, null));
			count(how, null);
		}
		else if (settle(REFUSING)) {
			cancelUpstream();
		}
	}

	/**
	 * The handler is done.
	 * @return {@code false} if the request had ended before
	 */
	boolean settle() {
		return settle(RUNNING);
	}

	private boolean settle(int from) {
		return STATE.compareAndSet(this, from, OVER);
	}

	/**
	 * Cancel what runs for the request.
	 */
	void cancelUpstream() {
		Subscription subscription = this.upstream;
		if (subscription != null) {
			cancel(subscription);
		}
	}

	private void cancel(Subscription subscription) {
		calls().run(ApplicationCall.CANCEL, owner(), subscription::cancel);
	}

	private String owner() {
		return "on route " + route().id();
	}

	/**
	 * Cancel the handler, before anything else is done: what a guard gives back must be
	 * free. Its clean-up is the application's, and may throw, or never return.
	 * @param overdue what must not wait for it for ever
	 */
	private void cancelUpstream(Runnable overdue) {
		Subscription subscription = this.upstream;
		if (subscription != null) {
			calls().run(ApplicationCall.CANCEL, owner(), subscription::cancel, overdue);
		}
	}

	/**
	 * Waits for the answer of a refusal that came while the handler was running.
	 */
	private final class LateAnswer extends BaseSubscriber<Void> {

		@Override
		public Context currentContext() {
			return RefusableRequest.this.context;
		}

		@Override
		protected void hookOnComplete() {
			RequestChannel.run(RefusableRequest.this.exchange.getRequest(), RefusableRequest.this::answered);
		}

		@Override
		protected void hookOnError(Throwable ex) {
			if (settle(REFUSING)) {
				logger.debug("The answer to a refusal was not written", ex);
				reset();
			}
		}

	}

}
