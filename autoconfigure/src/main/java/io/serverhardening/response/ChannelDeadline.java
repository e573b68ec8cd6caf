package io.serverhardening.response;

import java.util.concurrent.TimeUnit;

import io.serverhardening.GuardedRequest;
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
		this.progress.arm(this, now, firstCheck());
	}

	@Override
	public long check(long now) {
		return look(now);
	}

	@Override
	public void run() {
		this.progress.disarm(this);
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
		return this.progress.isWaiting() || (isCommitted() && this.progress.hasBacklog());
	}

	@Override
	public long waitedForBody(long now) {
		// A handler may ask from any thread how much time is left; only the loop decides.
		if (this.progress.isWaiting() && this.operations.isInboundCancelled()
				&& this.operations.channel().eventLoop().inEventLoop()) {
			this.progress.stopWaiting(now);
		}
		return this.progress.waited(now);
	}

	@Override
	public long silentSince(long now) {
		return this.progress.silentSince(now);
	}

}
