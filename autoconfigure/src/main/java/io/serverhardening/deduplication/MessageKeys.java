package io.serverhardening.deduplication;

import java.util.List;

import com.fasterxml.jackson.core.JsonPointer;
import io.serverhardening.MessageKeyResolver;
import io.serverhardening.WebhookMessage;
import io.serverhardening.internal.JsonFields;
import io.serverhardening.internal.UnreadableMessageException;
import io.serverhardening.internal.XmlFields;
import reactor.core.publisher.Mono;

/**
 * The keys that need no bean.
 */
public final class MessageKeys {

	private MessageKeys() {
	}

	/**
	 * What the sender of a verified webhook knows its message by.
	 * @return the key
	 */
	public static MessageKeyResolver webhook() {
		return (exchange, body) -> {
			WebhookMessage message = WebhookMessage.from(exchange);
			return (message != null) ? Mono.just(message.id()) : Mono.empty();
		};
	}

	/**
	 * A header.
	 * @param name its name
	 * @return the key
	 */
	public static MessageKeyResolver header(String name) {
		return (exchange, body) -> {
			List<String> values = exchange.getRequest().getHeaders().getOrEmpty(name);
			if (values.size() > 1 && name.equalsIgnoreCase("Idempotency-Key")) {
				throw new UnreadableMessageException("The header " + name + " comes twice.");
			}
			String value = values.isEmpty() ? null : values.get(0);
			WebhookMessage message = WebhookMessage.from(exchange);
			// What a sender has not signed makes no push new: the body is its key then.
			return (message == null || message.id().equals(value)) ? Mono.justOrEmpty(value) : Mono.empty();
		};
	}

	/**
	 * A value of a JSON body.
	 * @param pointer where it is (RFC 6901)
	 * @return the key
	 * @throws IllegalArgumentException if that is no pointer
	 */
	public static MessageKeyResolver json(String pointer) {
		JsonPointer compiled = JsonPointer.compile(pointer);
		return (exchange, body) -> Mono.fromSupplier(() -> JsonFields.read(body, compiled));
	}

	/**
	 * The text of an element of an XML body.
	 * @param path where it is, such as {@code /xml/MsgId}
	 * @return the key
	 */
	public static MessageKeyResolver xml(String path) {
		return (exchange, body) -> Mono.fromSupplier(() -> XmlFields.read(body).get(path));
	}

	/**
	 * The body itself.
	 * @return the key
	 */
	public static MessageKeyResolver body() {
		return (exchange, body) -> Mono.empty();
	}

}
