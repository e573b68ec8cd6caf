package io.serverhardening.circuitbreaker;

import java.util.concurrent.atomic.AtomicBoolean;

import io.serverhardening.EndAction;
import io.serverhardening.Ending;
import io.serverhardening.GuardedRequest;
import io.serverhardening.internal.RequestChannel;
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

	private final RouteBreaker breaker;

	private final int era;

	private final GuardedRequest request;

	private final ServerWebExchange exchange;

	BreakerCall(RouteBreaker breaker, GuardedRequest request, ServerWebExchange exchange) {
		this.breaker = breaker;
		this.era = breaker.era();
		this.request = request;
		this.exchange = exchange;
	}

	@Override
	public void onEnd(Ending ending, @Nullable Throwable error) {
		switch (ending) {
			case COMPLETED -> record(this.exchange.getResponse().getStatusCode());
			case UPGRADED -> record(null);
			case TIMED_OUT -> this.breaker.failed(this.era, this.request.handlingNanos());
			case FAILED -> failed();
			case CANCELLED, REFUSED -> this.breaker.saidNothing(this.era, this.request.handlingNanos());
		}
	}

	private void record(@Nullable HttpStatusCode status) {
		if (status != null && status.is5xxServerError()) {
			this.breaker.failed(this.era, this.request.handlingNanos());
		}
		else if (status != null && status.is4xxClientError()) {
			this.breaker.saidNothing(this.era, this.request.handlingNanos());
		}
		else {
			this.breaker.succeeded(this.era, this.request.handlingNanos());
		}
	}

	// What the client gets for an error is decided outside of all filters: a failure, or
	// a 404 that was thrown. Where the client leaves before that, nobody will ever know.
	private void failed() {
		ServerHttpResponse response = this.exchange.getResponse();
		if (response.isCommitted()) {
			this.breaker.failed(this.era, this.request.handlingNanos());
			return;
		}
		AtomicBoolean told = new AtomicBoolean();
		response.beforeCommit(() -> {
			if (told.compareAndSet(false, true)) {
				record(response.getStatusCode());
			}
			return Mono.empty();
		});
		RequestChannel.onTerminate(this.exchange.getRequest(), () -> {
			if (told.compareAndSet(false, true)) {
				this.breaker.saidNothing(this.era, this.request.handlingNanos());
			}
		});
	}

}
