package io.serverhardening.deduplication.key;

import java.util.function.BiFunction;

import io.serverhardening.MessageKeyResolver;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.web.server.ServerWebExchange;

/**
 * A key that is in the request: nobody has to wait for it.
 */
public final class PlainKey implements MessageKeyResolver {

	private final BiFunction<ServerWebExchange, byte[], @Nullable String> key;

	/**
	 * Create the key.
	 * @param key finds it in a request and its body, {@code null} where there is none
	 */
	PlainKey(BiFunction<ServerWebExchange, byte[], @Nullable String> key) {
		this.key = key;
	}

	/**
	 * Return the key of a request.
	 * @param exchange the current exchange
	 * @param body the whole body
	 * @return the key, {@code null} where the request has none
	 * @throws io.serverhardening.internal.message.UnreadableMessageException if it cannot
	 * be read
	 */
	public @Nullable String of(ServerWebExchange exchange, byte[] body) {
		return this.key.apply(exchange, body);
	}

	@Override
	public Mono<String> resolve(ServerWebExchange exchange, byte[] body) {
		return Mono.fromSupplier(() -> of(exchange, body));
	}

}
