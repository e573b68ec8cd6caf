package io.serverhardening;

import reactor.core.publisher.Mono;

import org.springframework.web.server.ServerWebExchange;

/**
 * Tells what makes two requests copies of one message. Declare a bean of this type and
 * name it in {@code deduplication.key: bean:NAME}.
 *
 * <pre class="code">
 * &#64;Bean
 * MessageKeyResolver invoices() {
 *     return (exchange, body) -&gt; Mono.justOrEmpty(exchange.getRequest().getHeaders().getFirst("X-Invoice"));
 * }
 * </pre>
 *
 * The key is hashed before it is kept. Route, method and whoever is behind the request
 * (the webhook's source, or the principal) are always part of what a message is known by.
 */
@FunctionalInterface
public interface MessageKeyResolver {

	/**
	 * Return the key of a request. Runs on an event loop, and must not block it.
	 * @param exchange the current exchange
	 * @param body the whole body, decrypted where a webhook brought it; not to be changed
	 * @return the key; empty where the request has none, which makes the body its key
	 */
	Mono<String> resolve(ServerWebExchange exchange, byte[] body);

}
