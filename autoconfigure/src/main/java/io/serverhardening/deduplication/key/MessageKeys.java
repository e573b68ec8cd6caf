package io.serverhardening.deduplication.key;

import java.util.List;

import com.fasterxml.jackson.core.JsonPointer;
import io.serverhardening.MessageKeyResolver;
import io.serverhardening.WebhookMessage;
import io.serverhardening.internal.message.HeaderValues;
import io.serverhardening.internal.message.JsonFields;
import io.serverhardening.internal.message.UnreadableMessageException;
import io.serverhardening.internal.message.XmlFields;

/**
 * The keys that need no bean.
 */
public final class MessageKeys {

	/** A structured string (RFC 8941) that has nothing in it. */
	private static final String EMPTY = "\"\"";

	private MessageKeys() {
	}

	/**
	 * What the sender of a verified webhook knows its message by.
	 * @return the key
	 */
	public static MessageKeyResolver webhook() {
		return new PlainKey((exchange, body) -> {
			WebhookMessage message = WebhookMessage.from(exchange);
			return (message != null) ? message.id() : null;
		});
	}

	/**
	 * A header.
	 * @param name its name
	 * @return the key
	 */
	public static MessageKeyResolver header(String name) {
		boolean structured = name.equalsIgnoreCase("Idempotency-Key");
		return new PlainKey((exchange, body) -> {
			List<String> values = HeaderValues.of(exchange.getRequest().getHeaders(), name);
			if (values.size() > 1 && structured) {
				throw new UnreadableMessageException("The header " + name + " comes twice.");
			}
			String value = values.isEmpty() ? null : values.get(0);
			if (structured && EMPTY.equals(value)) {
				// All clients with that bug would share one key.
				return null;
			}
			WebhookMessage message = WebhookMessage.from(exchange);
			// What a sender has not signed makes no push new: the body is its key then.
			return (message == null || message.id().equals(value)) ? value : null;
		});
	}

	/**
	 * A value of a JSON body.
	 * @param pointer where it is (RFC 6901)
	 * @return the key
	 * @throws IllegalArgumentException if that is no pointer
	 */
	public static MessageKeyResolver json(String pointer) {
		JsonPointer compiled = JsonPointer.compile(pointer);
		return new PlainKey((exchange, body) -> JsonFields.read(body, compiled));
	}

	/**
	 * The text of an element of an XML body.
	 * @param path where it is, such as {@code /xml/MsgId}
	 * @return the key
	 */
	public static MessageKeyResolver xml(String path) {
		return new PlainKey((exchange, body) -> XmlFields.read(body).get(path));
	}

	/**
	 * The body itself.
	 * @return the key
	 */
	public static MessageKeyResolver body() {
		return new PlainKey((exchange, body) -> null);
	}

}
