package io.serverhardening;

import reactor.core.publisher.Mono;

import org.springframework.web.server.ServerWebExchange;

/**
 * Answers in place of a handler that is not called. The request counts as refused; what
 * the client gets may be anything, such as yesterday's figures.
 */
@FunctionalInterface
public interface Fallback {

	/**
	 * Answer the request.
	 * @param exchange the current exchange
	 * @param rejection why the handler is not called
	 * @return completes when the answer has been written; on an error before that the
	 * client gets the refusal itself
	 */
	Mono<Void> answer(ServerWebExchange exchange, Rejection rejection);

}
