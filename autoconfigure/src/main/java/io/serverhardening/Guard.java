package io.serverhardening;

import reactor.core.publisher.Mono;

import org.springframework.web.server.ServerWebExchange;

/**
 * Decides, for the requests of a route, whether they go on. A bean of this type guards
 * every route it {@linkplain #guards(Route) accepts}, after the built-in guards of its
 * {@linkplain #stage() stage} and in {@code @Order} among its own kind.
 *
 * <pre class="code">
 * public Mono&lt;Void&gt; apply(ServerWebExchange exchange, GuardChain chain) {
 *     return this.maintenance.isOver() ? chain.proceed(exchange)
 *             : chain.refuse(exchange, Rejection.of(RejectionReason.OVERLOADED).withRetryAfter(ONE_MINUTE));
 * }
 * </pre>
 *
 * A guard runs on an event loop and must not block it. An error that it throws or signals
 * is an error of the application: it is answered as such and never mistaken for a
 * refusal.
 */
public interface Guard {

	/**
	 * Return the name under which refusals are counted and logged. Used as a meter tag:
	 * constant, lowercase, words joined by hyphens.
	 * @return the name
	 */
	String name();

	/**
	 * Decide: {@linkplain GuardChain#proceed proceed} or {@linkplain GuardChain#refuse
	 * refuse}.
	 * @param exchange the current exchange
	 * @param chain what comes after this guard
	 * @return completes when the request has been handled or refused
	 */
	Mono<Void> apply(ServerWebExchange exchange, GuardChain chain);

	/**
	 * Return where the guard stands.
	 * @return {@link Stage#EDGE} unless overridden
	 */
	default Stage stage() {
		return Stage.EDGE;
	}

	/**
	 * Whether this guard stands before the requests of a route. Asked when routes are
	 * compiled, never per request: a guard that is off adds nothing.
	 * @param route the route, {@link Route#DEFAULT_ID} included
	 * @return {@code true} unless overridden
	 */
	default boolean guards(Route route) {
		return true;
	}

	/**
	 * Whether CORS preflight requests pass this guard as well. They carry no credentials
	 * and cost next to nothing, and refusing one shows the browser's user an error that
	 * names the wrong cause.
	 * @return {@code false} unless overridden
	 */
	default boolean guardsPreflights() {
		return false;
	}

}
