package io.serverhardening.route;

import java.util.List;

import io.serverhardening.Fallback;
import io.serverhardening.Rejection;
import io.serverhardening.Rejection.Outcome;
import io.serverhardening.RejectionListener;
import io.serverhardening.RejectionWriter;
import io.serverhardening.internal.AggregatedLog;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

import org.springframework.http.HttpHeaders;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.server.ServerWebExchange;

/**
 * The one way out for refusals: tells the listeners, then has the answer written. A
 * writer that fails never fails the refusal.
 */
public final class Rejections implements AutoCloseable {

	private static final Log logger = LogFactory.getLog(Rejections.class);

	private final RejectionWriter writer;

	private final List<RejectionListener> listeners;

	private final AggregatedLog<String> failures;

	/**
	 * Create the way out.
	 * @param writer writes the answers
	 * @param listeners hear of every refusal, in this order
	 * @param scheduler writes the log, off the event loops
	 */
	public Rejections(RejectionWriter writer, List<RejectionListener> listeners, Scheduler scheduler) {
		this.failures = AggregatedLog.ofFailures(scheduler, logger::warn);
		this.writer = writer;
		this.listeners = List.copyOf(listeners);
	}

	// Once for each refusal would be a flood of its own.
	private void failed(String what, Throwable ex) {
		this.failures.add(what + " failed: " + ex.getClass().getName());
		logger.debug(what + " failed", ex);
	}

	/**
	 * Write what has failed since the last line of the log.
	 */
	@Override
	public void close() {
		this.failures.close();
	}

	void tell(ServerWebExchange exchange, Rejection rejection, Outcome outcome) {
		for (RejectionListener listener : this.listeners) {
			try {
				listener.onRejection(exchange, rejection, outcome);
			}
			catch (RuntimeException ex) {
				failed("A RejectionListener, " + listener.getClass().getName() + ",", ex);
			}
		}
	}

	Mono<Void> write(ServerWebExchange exchange, Rejection rejection, @Nullable Fallback fallback) {
		if (fallback == null) {
			return write(exchange, rejection);
		}
		return Mono.defer(() -> fallback.answer(exchange, rejection)).onErrorResume((ex) -> {
			failed("The fallback of route " + rejection.route(), ex);
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
