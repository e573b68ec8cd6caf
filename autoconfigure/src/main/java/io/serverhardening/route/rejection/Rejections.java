package io.serverhardening.route.rejection;

import java.util.List;

import io.serverhardening.Fallback;
import io.serverhardening.Rejection;
import io.serverhardening.Rejection.Outcome;
import io.serverhardening.RejectionListener;
import io.serverhardening.RejectionWriter;
import io.serverhardening.internal.call.ApplicationCall;
import io.serverhardening.internal.call.ApplicationCalls;
import io.serverhardening.internal.channel.RequestChannel;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.http.HttpHeaders;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.server.ServerWebExchange;

/**
 * The one way out for refusals: tells the listeners, then has the answer written. A
 * writer that fails never fails the refusal.
 */
public final class Rejections implements AopInfrastructureBean {

	private static final Log logger = LogFactory.getLog(Rejections.class);

	private final RejectionWriter writer;

	private final List<RejectionListener> listeners;

	private final ApplicationCalls calls;

	/**
	 * Create the way out.
	 * @param writer writes the answers
	 * @param listeners hear of every refusal, in this order
	 * @param calls lead to both of them
	 */
	public Rejections(RejectionWriter writer, List<RejectionListener> listeners, ApplicationCalls calls) {
		this.writer = writer;
		this.listeners = List.copyOf(listeners);
		this.calls = calls;
	}

	public ApplicationCalls calls() {
		return this.calls;
	}

	public void tell(ServerWebExchange exchange, Rejection rejection, Outcome outcome) {
		for (RejectionListener listener : this.listeners) {
			this.calls.run(ApplicationCall.REJECTION_LISTENER, listener,
					() -> listener.onRejection(exchange, rejection, outcome));
		}
	}

	public Mono<Void> write(ServerWebExchange exchange, Rejection rejection, @Nullable Fallback fallback) {
		if (exchange.getResponse().isCommitted()) {
			// Nobody can write any more, such as where a filter further out has a request
			// handled again. That is no failure of who would have.
			return Mono.error(new IllegalStateException("The response has been committed by someone else"));
		}
		if (fallback == null) {
			return write(exchange, rejection);
		}
		return ApplicationCalls.mono(() -> fallback.answer(exchange, rejection)).onErrorResume((ex) -> {
			this.calls.failed(ApplicationCall.FALLBACK, "of route " + rejection.route(), ex);
			return exchange.getResponse().isCommitted() ? Mono.error(ex) : write(exchange, rejection);
		});
	}

	private Mono<Void> write(ServerWebExchange exchange, Rejection rejection) {
		return ApplicationCalls.mono(() -> this.writer.write(exchange, rejection)).onErrorResume((ex) -> {
			if (!RequestChannel.isDisconnect(exchange.getRequest(), ex)) {
				this.calls.failed(ApplicationCall.REJECTION_WRITER, this.writer, ex);
			}
			return writeBareStatus(exchange.getResponse(), rejection, ex);
		});
	}

	private Mono<Void> writeBareStatus(ServerHttpResponse response, Rejection rejection, Throwable ex) {
		logger.debug("The answer to a refusal was not written", ex);
		// Spring takes a status until the response is committed, also where that has hung
		// up.
		if (response.isCommitted() || !response.setStatusCode(rejection.status())) {
			return Mono.error(ex);
		}
		HttpHeaders headers = response.getHeaders();
		headers.clearContentHeaders();
		headers.setContentLength(0);
		return ApplicationCalls.mono(response::setComplete);
	}

}
