package io.serverhardening.route;

import java.util.List;

import io.serverhardening.Fallback;
import io.serverhardening.Rejection;
import io.serverhardening.Rejection.Outcome;
import io.serverhardening.RejectionListener;
import io.serverhardening.RejectionWriter;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.http.HttpHeaders;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.server.ServerWebExchange;

/**
 * The one way out for refusals: tells the listeners, then has the answer written. A
 * writer that fails never fails the refusal.
 */
public final class Rejections {

	private static final Log logger = LogFactory.getLog(Rejections.class);

	private final RejectionWriter writer;

	private final List<RejectionListener> listeners;

	/**
	 * Create the way out.
	 * @param writer writes the answers
	 * @param listeners hear of every refusal, in this order
	 */
	public Rejections(RejectionWriter writer, List<RejectionListener> listeners) {
		this.writer = writer;
		this.listeners = List.copyOf(listeners);
	}

	void tell(ServerWebExchange exchange, Rejection rejection, Outcome outcome) {
		for (RejectionListener listener : this.listeners) {
			try {
				listener.onRejection(exchange, rejection, outcome);
			}
			catch (RuntimeException ex) {
				logger.warn("A listener failed to hear of a refusal: " + listener.getClass().getName(), ex);
			}
		}
	}

	Mono<Void> write(ServerWebExchange exchange, Rejection rejection, @Nullable Fallback fallback) {
		if (fallback == null) {
			return write(exchange, rejection);
		}
		return Mono.defer(() -> fallback.answer(exchange, rejection)).onErrorResume((ex) -> {
			logger.warn("A fallback failed on route " + rejection.route(), ex);
			return exchange.getResponse().isCommitted() ? Mono.error(ex) : write(exchange, rejection);
		});
	}

	private Mono<Void> write(ServerWebExchange exchange, Rejection rejection) {
		Mono<Void> answer;
		try {
			answer = this.writer.write(exchange, rejection);
		}
		catch (RuntimeException ex) {
			answer = Mono.error(ex);
		}
		return answer.onErrorResume((ex) -> writeBareStatus(exchange.getResponse(), rejection, ex));
	}

	private Mono<Void> writeBareStatus(ServerHttpResponse response, Rejection rejection, Throwable ex) {
		logger.debug("The answer to a refusal was not written", ex);
		if (!response.setStatusCode(rejection.status())) {
			return Mono.error(ex);
		}
		HttpHeaders headers = response.getHeaders();
		headers.clearContentHeaders();
		headers.setContentLength(0);
		return response.setComplete();
	}

}
