package io.serverhardening.autoconfigure.route;

import java.util.Optional;

import io.serverhardening.ClientAddress;
import io.serverhardening.ClientAddressResolver;
import io.serverhardening.internal.call.ApplicationCall;
import io.serverhardening.internal.call.ApplicationCalls;
import org.jspecify.annotations.Nullable;

import org.springframework.http.server.reactive.ServerHttpRequest;

/**
 * The application's resolver, as guards ask it: where it fails, nobody can tell who the
 * client is.
 */
public final class ContainedAddresses implements ClientAddressResolver {

	private final ClientAddressResolver resolver;

	private final ApplicationCalls calls;

	/**
	 * Contain a resolver.
	 * @param resolver the resolver of the application
	 * @param calls makes the calls
	 */
	public ContainedAddresses(ClientAddressResolver resolver, ApplicationCalls calls) {
		this.resolver = resolver;
		this.calls = calls;
	}

	@Override
	public @Nullable ClientAddress resolve(ServerHttpRequest request) {
		Optional<ClientAddress> unknown = Optional.empty();
		return this.calls
			.get(ApplicationCall.CLIENT_ADDRESS_RESOLVER, this.resolver,
					() -> Optional.ofNullable(this.resolver.resolve(request)), unknown)
			.orElse(null);
	}

}
