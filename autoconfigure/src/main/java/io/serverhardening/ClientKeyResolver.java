package io.serverhardening;

import reactor.core.publisher.Mono;

import org.springframework.web.server.ServerWebExchange;

/**
 * Tells by what a request is counted, where {@code server.hardening.rate-limit.key} is
 * {@code bean:NAME}, or whose message it is, where
 * {@code server.hardening.routes.*.deduplication.principal} is.
 *
 * <pre class="code">
 * &#064;Bean
 * ClientKeyResolver tenant() {
 *     return (exchange) -&gt; exchange.getPrincipal().map((principal) -&gt; tenantOf(principal));
 * }
 * </pre>
 *
 * It runs on an event loop and must not block it. Where it is empty or fails, the request
 * is counted by its client's address. A message of nobody shares one name with all such;
 * one whose sender could not be told is answered as the error says.
 */
@FunctionalInterface
public interface ClientKeyResolver {

	/**
	 * Return the key of a request.
	 * @param exchange the current exchange
	 * @return the key; equal keys share a limit
	 */
	Mono<String> resolve(ServerWebExchange exchange);

	/**
	 * Return where it is asked.
	 * @return {@link Stage#IDENTITY} unless overridden, where the principal is known
	 */
	default Stage stage() {
		return Stage.IDENTITY;
	}

}
