package io.serverhardening;

import java.nio.charset.StandardCharsets;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.web.server.ServerWebExchange;

/**
 * A push whose sender has been verified. Found on the exchange, and an argument that a
 * controller's method may ask for.
 *
 * <pre class="code">
 * &#64;PostMapping("/wechat/push")
 * String receive(WebhookMessage message) {
 *     return "text".equals(message.field("MsgType")) ? answer(message.field("Content")) : "success";
 * }
 * </pre>
 */
public final class WebhookMessage {

	/**
	 * The exchange attribute that holds the message.
	 */
	public static final String ATTRIBUTE = WebhookMessage.class.getName();

	private final String source;

	private final String id;

	private final byte[] body;

	private final Map<String, String> fields;

	/**
	 * Create a message.
	 * @param source the id of the source, as in {@code server.hardening.webhook.<id>}
	 * @param id what its sender knows it by; may hold names of people, and is never
	 * logged
	 * @param body its body, decrypted; taken as it is, not copied
	 * @param fields its fields
	 */
	public WebhookMessage(String source, String id, byte[] body, Map<String, String> fields) {
		this.source = source;
		this.id = id;
		this.body = body;
		this.fields = Map.copyOf(fields);
	}

	/**
	 * Return who sent it.
	 * @return the id of the source, as in {@code server.hardening.webhook.<id>}
	 */
	public String source() {
		return this.source;
	}

	/**
	 * Return what its sender knows it by. Each attempt to deliver it has the same.
	 * @return the id, empty where the sender gives none
	 */
	public String id() {
		return this.id;
	}

	/**
	 * Return the body, decrypted.
	 * @return a copy
	 */
	public byte[] body() {
		return this.body.clone();
	}

	/**
	 * Return the body, decrypted, as text.
	 * @return the text, read as UTF-8
	 */
	public String text() {
		return new String(this.body, StandardCharsets.UTF_8);
	}

	/**
	 * Return the fields at the top of an XML or JSON body.
	 * @return the fields by name; those below others are joined by dots. Empty where the
	 * sender promises neither
	 */
	public Map<String, String> fields() {
		return this.fields;
	}

	/**
	 * Return a field.
	 * @param name its name
	 * @return its value, or {@code null} where there is none
	 */
	public @Nullable String field(String name) {
		return this.fields.get(name);
	}

	/**
	 * Return the message of an exchange.
	 * @param exchange the current exchange
	 * @return the message, or {@code null} where no webhook is verified
	 */
	public static @Nullable WebhookMessage from(ServerWebExchange exchange) {
		return exchange.getAttribute(ATTRIBUTE);
	}

	/**
	 * Say what it is, without what is in it.
	 */
	@Override
	public String toString() {
		return "WebhookMessage[source=" + this.source + ", " + this.body.length + " bytes]";
	}

}
