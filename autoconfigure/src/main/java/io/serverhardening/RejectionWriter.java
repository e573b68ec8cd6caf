package io.serverhardening;

import reactor.core.publisher.Mono;

import org.springframework.web.server.ServerWebExchange;

/**
 * Writes the answer to every refused request: status, headers and body. Declare a bean of
 * this type to give refusals the voice of the application; the default follows
 * {@code server.hardening.errors}.
 */
@FunctionalInterface
public interface RejectionWriter {

	/**
	 * Write the answer. Called on the event loop of the connection where there is one,
	 * with a response that is not committed, possibly after the handler was cancelled:
	 * headers that it set may still be there.
	 * @param exchange the refused exchange
	 * @param rejection why it is refused
	 * @return completes when the answer is written; after an error the client gets the
	 * bare status
	 */
	Mono<Void> write(ServerWebExchange exchange, Rejection rejection);

}
