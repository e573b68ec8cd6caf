package io.serverhardening;

import org.jspecify.annotations.Nullable;
import reactor.util.context.ContextView;

import org.springframework.web.server.ServerWebExchange;

/**
 * What the handler of a deduplicated request may know of its message. Found on the
 * exchange and in the Reactor Context.
 * <p>
 * Deduplication protects its own record. A handler that was taken for dead can still be
 * at work when another takes its place, so a side effect wants a guard of its own: give
 * {@link #key()} to what the handler calls as its idempotency key, or have the database
 * refuse what comes with an older {@link #token()}.
 *
 * @param key what the message is known by, 32 hexadecimal digits; the same for each
 * attempt, and for nobody else's message
 * @param attempt how many times the handler has been run for it, this time included
 * @param token grows with each run of the handler, on whatever instance
 */
public record MessageClaim(String key, int attempt, long token) {

	/**
	 * The exchange attribute that holds the claim.
	 */
	public static final String ATTRIBUTE = MessageClaim.class.getName();

	/**
	 * The exchange attribute that holds the key of a message that was refused.
	 */
	public static final String KEY_ATTRIBUTE = MessageClaim.class.getName() + ".key";

	/**
	 * Return the claim of an exchange.
	 * @param exchange the current exchange
	 * @return the claim, or {@code null} where nothing is deduplicated
	 */
	public static @Nullable MessageClaim from(ServerWebExchange exchange) {
		return exchange.getAttribute(ATTRIBUTE);
	}

	/**
	 * Return the claim of the request that a Reactor Context belongs to.
	 * @param context the context, as in {@code Mono.deferContextual}
	 * @return the claim, or {@code null} where nothing is deduplicated
	 */
	public static @Nullable MessageClaim from(ContextView context) {
		return context.getOrDefault(MessageClaim.class, null);
	}

}
