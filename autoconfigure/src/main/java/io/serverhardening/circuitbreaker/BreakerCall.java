package io.serverhardening.circuitbreaker;

import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;

import io.serverhardening.EndAction;
import io.serverhardening.Ending;
import io.serverhardening.GuardedRequest;
import io.serverhardening.internal.channel.RequestChannel;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.http.HttpStatusCode;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.server.ServerWebExchange;

/**
 * One call of a handler behind a breaker: tells it, once, what came of it. A deadline and
 * a 5xx are failures. A client that leaves, a 4xx and a refusal of another guard say
 * nothing about the handler.
 */
final class BreakerCall implements EndAction {

	private static final AtomicIntegerFieldUpdater<BreakerCall> TOLD = AtomicIntegerFieldUpdater
		.newUpdater(BreakerCall.class, "told");

	private final RouteBreaker breaker;

	private final int era;

	private final GuardedRequest request;

	private final ServerWebExchange exchange;

	/** The response begins on its event loop, and a request may end on any thread. */
	private volatile int told;

	BreakerCall(RouteBreaker breaker, int era, GuardedRequest request, ServerWebExchange exchange) {
		this.breaker = breaker;
		this.era = era;
		this.request = request;
		this.exchange = exchange;
	}

	// What comes after the first byte depends on the client as much as on the handler.
	@Override
	public void onBegun() {
		record(this.exchange.getResponse().getStatusCode());
	}

	@Override
	public void onEnd(Ending ending, @Nullable Throwable error) {
		switch (ending) {
			case COMPLETED -> record(this.exchange.getResponse().getStatusCode());
			case UPGRADED -> record(null);
			case TIMED_OUT -> tell(CallKind.FAILED);
			case FAILED -> failed();
			case CANCELLED, REFUSED -> tell(CallKind.IGNORED);
		}
	}

	private void record(@Nullable HttpStatusCode status) {
		if (status != null && status.is5xxServerError()) {
			tell(CallKind.FAILED);
		}
		else {
			tell((status != null && status.is4xxClientError()) ? CallKind.IGNORED : CallKind.SUCCESSFUL);
		}
	}

	private void tell(CallKind kind) {
		if (this.told == 0 && TOLD.compareAndSet(this, 0, 1)) {
			this.breaker.ended(this.era, kind, this.request.handlingNanos());
		}
	}

	// What the client gets for an error is decided outside of all filters: a failure, or
	// a 404 that was thrown. Where the client leaves before that, nobody will ever know.
	private void failed() {
		ServerHttpResponse response = this.exchange.getResponse();
		if (response.isCommitted()) {
			tell(CallKind.FAILED);
			return;
		}
		response.beforeCommit(() -> {
			record(response.getStatusCode());
			return Mono.empty();
		});
		RequestChannel.onTerminate(this.exchange.getRequest(), () -> tell(CallKind.IGNORED));
	}

}
