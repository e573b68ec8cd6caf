package io.serverhardening.response;

import java.util.concurrent.TimeUnit;

import io.serverhardening.Ending;
import io.serverhardening.GuardedRequest;
import io.serverhardening.internal.HardeningThreads;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;

import org.springframework.web.server.ServerWebExchange;

/**
 * A deadline where there is no Reactor Netty channel: on another reactive server, or in a
 * mock environment. Without a channel nobody can tell how long a body was awaited or
 * whether the client or the handler is slow, so body time counts and silence does not.
 * <p>
 * The time is kept on one thread and the request ended on another: who is told of it may
 * block.
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
			this.timer = later(this::look, delay, TimeUnit.NANOSECONDS);
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
		// The answer itself may wait for a clean-up that hangs, but not for so long.
		later(refuseAgain, 3, TimeUnit.SECONDS);
	}

	private Disposable later(Runnable action, long delay, TimeUnit unit) {
		HardeningThreads threads = this.guard.threads();
		return threads.timers().schedule(() -> threads.relief().schedule(action), delay, unit);
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
