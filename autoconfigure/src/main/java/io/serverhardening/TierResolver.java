package io.serverhardening;

import reactor.core.publisher.Mono;

import org.springframework.web.server.ServerWebExchange;

/**
 * Tells which of {@code server.hardening.rate-limit.tiers} a request belongs to. One bean
 * of this type serves all routes; with Spring Security there is one that reads the
 * authorities of the principal.
 * <p>
 * It runs on an event loop and must not block it. Where it is empty, fails or names a
 * tier that does not exist, the limit outside the tiers applies.
 */
@FunctionalInterface
public interface TierResolver {

	/**
	 * Return the tier of a request.
	 * @param exchange the current exchange
	 * @return the name of a tier, empty for none
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
