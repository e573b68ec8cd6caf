package io.serverhardening.response;

import java.util.concurrent.TimeUnit;

import io.serverhardening.Ending;
import io.serverhardening.GuardedRequest;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.scheduler.Schedulers;

import org.springframework.web.server.ServerWebExchange;

/**
 * A deadline where there is no Reactor Netty channel: on another reactive server, or in a
 * mock environment. Without a channel nobody can tell how long a body was awaited or
 * whether the client or the handler is slow, so body time counts and silence does not.
 */
final class ScheduledDeadline extends ResponseDeadline {

	private final ResponseGuard guard;

	private volatile @Nullable Disposable timer;

	private volatile boolean over;

	ScheduledDeadline(ResponseGuard guard, GuardedRequest request, ServerWebExchange exchange) {
		super(guard, request, exchange);
		this.guard = guard;
	}

	@Override
	void start(long now) {
		schedule(firstCheck());
	}

	private void schedule(long delay) {
		if (delay < ResponseClock.NEVER) {
			this.timer = Schedulers.parallel().schedule(this::look, delay, TimeUnit.NANOSECONDS);
			if (this.over) {
				stop();
			}
		}
	}

	private void look() {
		long delay = look(this.guard.now());
		if (!this.over) {
			schedule(delay);
		}
	}

	@Override
	public void onEnd(Ending ending, @Nullable Throwable error) {
		this.over = true;
		stop();
	}

	private void stop() {
		Disposable timer = this.timer;
		if (timer != null) {
			timer.dispose();
		}
	}

	@Override
	void later(Runnable refuseAgain) {
		Schedulers.parallel().schedule(refuseAgain, 1, TimeUnit.SECONDS);
	}

	@Override
	public boolean isWaitingForClient() {
		return isCommitted();
	}

	@Override
	public long waitedForBody(long now) {
		return 0;
	}

	@Override
	public long silentSince(long now) {
		return now;
	}

}
