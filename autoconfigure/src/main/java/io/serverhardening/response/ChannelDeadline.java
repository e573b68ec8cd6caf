package io.serverhardening.response;

import java.util.concurrent.TimeUnit;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import io.serverhardening.Ending;
import io.serverhardening.GuardedRequest;
import io.serverhardening.internal.channel.RequestChannel;
import org.jspecify.annotations.Nullable;
import reactor.netty.channel.ChannelOperations;
import reactor.netty.http.server.HttpServerRequest;

import org.springframework.web.server.ServerWebExchange;

/**
 * A deadline timed on the event loop of its channel, which is also where the response is
 * written: a response that begins cannot race with the refusal that says it has not.
 */
final class ChannelDeadline extends ResponseDeadline implements Watched {

	/** An answer of a few hundred bytes is written at once, or something is wrong. */
	private static final long REFUSAL_TIMEOUT_SECONDS = 1;

	private final ResponseTimer timer;

	private final ChannelOperations<?, ?> operations;

	/** Whether the response was seen committed before any of it was written. */
	private boolean onItsWay;

	private long onItsWaySince;

	/** Whether the channel is done with the request, and since when it is answered. */
	private boolean outlived;

	private long answered;

	private @Nullable ScheduledFuture<?> apart;

	private volatile boolean over;

	ChannelDeadline(ResponseGuard guard, GuardedRequest request, ServerWebExchange exchange, ResponseTimer timer,
			ChannelOperations<?, ?> operations) {
		super(guard, request, exchange);
		this.timer = timer;
		this.operations = operations;
	}

	@Override
	void start(long now) {
		if (loop().inEventLoop()) {
			this.timer.arm(this, now, firstCheck());
		}
		else {
			// A filter before the guards has gone to another thread.
			loop().execute(() -> this.timer.arm(this, now, firstCheck()));
		}
	}

	@Override
	public void onEnd(Ending ending, @Nullable Throwable error) {
		this.over = true;
		if (loop().inEventLoop()) {
			ended();
		}
		else {
			loop().execute(this::ended);
		}
	}

	private void ended() {
		this.timer.disarm(this);
		if (this.apart != null) {
			this.apart.cancel(false);
		}
	}

	// Not the operations' channel: once they are terminated, they name another.
	private EventLoop loop() {
		return this.timer.channel().eventLoop();
	}

	@Override
	public long check(long now) {
		if (this.timer.body().isOpen()) {
			if (readsBody()) {
				this.timer.body().settle(now);
			}
			else {
				this.timer.body().abandon();
			}
		}
		long arrival = untilArrival(now);
		return (arrival > 0) ? arrival : look(now);
	}

	// A response that another thread has committed in time is let go, although none of it
	// has come to the channel yet, be it for the threads or for a hook. Not for ever: the
	// hook may be what hangs.
	private long untilArrival(long now) {
		if (this.timer.hasBegun() || !isCommitted()) {
			return 0;
		}
		if (!this.onItsWay) {
			this.onItsWay = true;
			this.onItsWaySince = now;
		}
		return Math.min(TimeUnit.SECONDS.toNanos(REFUSAL_TIMEOUT_SECONDS), firstCheck()) - (now - this.onItsWaySince);
	}

	@Override
	public void begun(long now) {
		responseBegun(now);
	}

	@Override
	public void outlive(long answered) {
		this.outlived = true;
		this.answered = answered;
		lookApart(firstCheck());
	}

	private void lookApart(long delay) {
		if (!this.over && delay < ResponseClock.NEVER) {
			this.apart = loop().schedule(() -> lookApart(look(now())), delay, TimeUnit.NANOSECONDS);
		}
	}

	@Override
	public boolean readsBody() {
		return !this.operations.isInboundCancelled();
	}

	@Override
	boolean isUnanswered() {
		return !this.outlived && this.timer.isLeaving(this);
	}

	@Override
	void cut() {
		this.timer.forget(this);
		RequestChannel.reset(this.timer.channel());
	}

	@Override
	@SuppressWarnings("FutureReturnValueIgnored")
	void later(Runnable refuseAgain) {
		loop().schedule(refuseAgain, REFUSAL_TIMEOUT_SECONDS, TimeUnit.SECONDS);
	}

	@Override
	boolean isUpgraded() {
		return this.operations instanceof HttpServerRequest request && request.isWebsocket();
	}

	@Override
	public boolean isWaitingForClient() {
		return !this.outlived && (this.timer.body().isOpen() || (isCommitted() && this.timer.hasBacklog()));
	}

	@Override
	public long waitedForBody(long now) {
		return this.timer.body().waited(now);
	}

	@Override
	public long silentSince(long now) {
		return this.outlived ? this.answered : this.timer.silentSince(now);
	}

}
