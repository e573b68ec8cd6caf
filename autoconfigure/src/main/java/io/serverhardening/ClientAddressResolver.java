package io.serverhardening;

import org.jspecify.annotations.Nullable;

import org.springframework.http.server.reactive.ServerHttpRequest;

/**
 * Tells who is behind a request, past the proxies that are trusted. Inject it, or declare
 * a bean of this type to replace it.
 */
@FunctionalInterface
public interface ClientAddressResolver {

	/**
	 * Return the client's address.
	 * @param request the request
	 * @return the address, never one that an untrusted peer claimed; {@code null} where
	 * it cannot be told: the transport has none, or a trusted proxy named none
	 */
	@Nullable ClientAddress resolve(ServerHttpRequest request);

}
