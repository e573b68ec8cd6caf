package io.serverhardening.response;

import java.util.concurrent.TimeUnit;

import io.netty.channel.EventLoop;
import io.serverhardening.GuardedRequest;
import io.serverhardening.Rejection;
import io.serverhardening.route.RequestChannel;
import reactor.netty.channel.ChannelOperations;
import reactor.netty.http.server.HttpServerRequest;

import org.springframework.web.server.ServerWebExchange;

/**
 * A deadline timed on the event loop of its channel, which is also where the response is
 * written: a response that begins cannot race with the refusal that says it has not.
 */
final class ChannelDeadline extends ResponseDeadline implements ChannelProgress.Watched {

	/** An answer of a few hundred bytes is written at once, or something is wrong. */
	private static final long REFUSAL_TIMEOUT_SECONDS = 1;

	private final ChannelProgress progress;

	private final ChannelOperations<?, ?> operations;

	ChannelDeadline(ResponseGuard guard, GuardedRequest request, ServerWebExchange exchange, long now,
			ChannelProgress progress, ChannelOperations<?, ?> operations) {
		super(guard, request, exchange, now);
		this.progress = progress;
		this.operations = operations;
	}

	@Override
	void start(long now) {
		onLoop(() -> this.progress.arm(this, now, firstCheck()));
	}

	@Override
	public void run() {
		onLoop(() -> this.progress.disarm(this));
	}

	// A filter before the guards, or a handler, may have gone to another thread.
	private void onLoop(Runnable action) {
		EventLoop loop = this.operations.channel().eventLoop();
		if (loop.inEventLoop()) {
			action.run();
		}
		else {
			loop.execute(action);
		}
	}

	@Override
	public long check(long now) {
		if (this.progress.body().isOpen()) {
			if (readsBody()) {
				this.progress.body().settle(now);
			}
			else {
				this.progress.body().abandon();
			}
		}
		return look(now);
	}

	@Override
	public boolean readsBody() {
		return !this.operations.isInboundCancelled();
	}

	@Override
	void unanswered(Rejection rejection) {
		if (this.progress.isLeaving()) {
			this.progress.forget(this);
			abort(rejection);
			RequestChannel.reset(this.operations.channel());
		}
	}

	@Override
	@SuppressWarnings("FutureReturnValueIgnored")
	void later(Runnable refuseAgain) {
		this.operations.channel().eventLoop().schedule(refuseAgain, REFUSAL_TIMEOUT_SECONDS, TimeUnit.SECONDS);
	}

	@Override
	boolean isUpgraded() {
		return this.operations instanceof HttpServerRequest request && request.isWebsocket();
	}

	@Override
	public boolean isWaitingForClient() {
		return this.progress.body().isOpen() || (isCommitted() && this.progress.hasBacklog());
	}

	@Override
	public long waitedForBody(long now) {
		return this.progress.body().waited(now);
	}

	@Override
	public long silentSince(long now) {
		return this.progress.silentSince(now);
	}

}
