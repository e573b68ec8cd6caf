package io.serverhardening.ratelimit;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.function.Function;

import io.serverhardening.ClientAddress;
import io.serverhardening.ClientAddressResolver;
import io.serverhardening.ClientKeyResolver;
import io.serverhardening.Stage;
import io.serverhardening.internal.call.ApplicationCalls;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.web.server.ServerWebExchange;

/**
 * By what requests are counted.
 */
public final class ClientKey {

	/** Longer keys are kept as their digest: what a client sends is not what we store. */
	private static final int MAX_LENGTH = 64;

	/** Clients whose address cannot be told share a limit. */
	private static final Object UNKNOWN = new Marker("unknown");

	private static final Object GLOBAL = new Marker("global");

	private final String name;

	private final Stage stage;

	private final Function<ServerWebExchange, Object> atOnce;

	private final @Nullable ClientKeyResolver resolver;

	private ClientKey(String name, Stage stage, Function<ServerWebExchange, Object> atOnce,
			@Nullable ClientKeyResolver resolver) {
		this.name = name;
		this.stage = stage;
		this.atOnce = atOnce;
		this.resolver = resolver;
	}

	/**
	 * Count all requests together.
	 * @return the key
	 */
	public static ClientKey global() {
		return new ClientKey("global", Stage.EDGE, (exchange) -> GLOBAL, null);
	}

	/**
	 * Count by the client's address.
	 * @param addresses tells who is behind a request
	 * @return the key
	 */
	public static ClientKey address(ClientAddressResolver addresses) {
		return new ClientKey("client-address", Stage.EDGE, (exchange) -> addressOf(exchange, addresses), null);
	}

	/**
	 * Count by a header. Requests without it are counted by their client's address.
	 * @param header the name of the header
	 * @param addresses tells who is behind a request
	 * @return the key
	 */
	public static ClientKey header(String header, ClientAddressResolver addresses) {
		return new ClientKey("header:" + header, Stage.EDGE, (exchange) -> {
			String value = exchange.getRequest().getHeaders().getFirst(header);
			return (value != null && !value.isBlank()) ? bounded(value) : addressOf(exchange, addresses);
		}, null);
	}

	/**
	 * Count by what a resolver says. Requests of which it says nothing are counted by
	 * their client's address.
	 * @param name what it is called
	 * @param resolver the resolver
	 * @param addresses tells who is behind a request
	 * @return the key
	 */
	public static ClientKey resolved(String name, ClientKeyResolver resolver, ClientAddressResolver addresses) {
		return new ClientKey(name, resolver.stage(), (exchange) -> addressOf(exchange, addresses), resolver);
	}

	private static Object addressOf(ServerWebExchange exchange, ClientAddressResolver addresses) {
		ClientAddress address = addresses.resolve(exchange.getRequest());
		return (address != null) ? address.key() : UNKNOWN;
	}

	private static Object bounded(String key) {
		if (key.length() <= MAX_LENGTH) {
			return key;
		}
		try {
			byte[] digest = MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
			return new Digest(HexFormat.of().formatHex(digest));
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException("Every Java has SHA-256", ex);
		}
	}

	/**
	 * Return what the key is called in the configuration.
	 * @return the name
	 */
	public String name() {
		return this.name;
	}

	/**
	 * Return where the key is known.
	 * @return the stage
	 */
	public Stage stage() {
		return this.stage;
	}

	/**
	 * Whether the key is known without asking anybody.
	 * @return {@code false} for those that {@link #later} tells
	 */
	boolean isKnownAtOnce() {
		return this.resolver == null;
	}

	/**
	 * Return the key of a request, or what stands in for one that nobody could tell.
	 * @param exchange the current exchange
	 * @return the key
	 */
	Object atOnce(ServerWebExchange exchange) {
		return this.atOnce.apply(exchange);
	}

	/**
	 * Ask for the key of a request.
	 * @param exchange the current exchange
	 * @return the key, empty if there is none
	 */
	Mono<Object> later(ServerWebExchange exchange) {
		ClientKeyResolver resolver = this.resolver;
		return (resolver != null) ? ApplicationCalls.mono(() -> resolver.resolve(exchange))
			.filter((key) -> !key.isBlank())
			.map(ClientKey::bounded) : Mono.empty();
	}

	/**
	 * A key that no client can send.
	 *
	 * @param name what to show of it
	 */
	private record Marker(String name) {

		@Override
		public String toString() {
			return this.name;
		}

	}

	/**
	 * Stands for a key that is too long to keep.
	 *
	 * @param sha256 its digest, in hexadecimal digits
	 */
	private record Digest(String sha256) {

		@Override
		public String toString() {
			return "sha256:" + this.sha256;
		}

	}

}
