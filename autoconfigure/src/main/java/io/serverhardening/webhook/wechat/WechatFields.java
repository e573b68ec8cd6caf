package io.serverhardening.webhook.wechat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import com.fasterxml.jackson.core.JsonPointer;
import io.serverhardening.internal.message.JsonFields;
import io.serverhardening.internal.message.UnreadableMessageException;
import io.serverhardening.internal.message.XmlFields;
import org.jspecify.annotations.Nullable;

import org.springframework.util.StringUtils;

/**
 * The fields of WeChat's messages, which come as XML or as JSON.
 */
final class WechatFields {

	/** What tells events of the same second apart. */
	private static final List<String> EVENT_FIELDS = List.of("FromUserName", "CreateTime", "MsgType", "Event",
			"EventKey", "trace_id", "MenuId", "OrderId", "Status");

	private static final JsonPointer ENCRYPTED = JsonPointer.compile("/Encrypt");

	private WechatFields() {
	}

	/**
	 * Read what is encrypted in a message. Nothing else is read before its signature is
	 * known to be right.
	 * @param body the message
	 * @return what is encrypted, {@code null} where nothing is
	 */
	static @Nullable String encrypted(byte[] body) {
		return isJson(body) ? JsonFields.read(body, ENCRYPTED)
				: XmlFields.read(WechatXml.withoutControls(body)).get("/xml/Encrypt");
	}

	/**
	 * Read a message whose signature has been proved.
	 * @param body the message
	 * @return its fields, those that stand within others with a dot between the names
	 * @throws UnreadableMessageException if it has none
	 */
	static Map<String, String> of(byte[] body) {
		boolean json = isJson(body);
		Map<String, String> paths = json ? JsonFields.read(body) : WechatXml.read(body);
		Map<String, String> fields = new LinkedHashMap<>();
		paths.forEach((path, value) -> {
			// JSON: /MsgId; XML: /xml/MsgId.
			int start = json ? 1 : path.indexOf('/', 1) + 1;
			if (start > 0 && start < path.length()) {
				fields.put(path.substring(start).replace('/', '.'), value);
			}
		});
		if (fields.isEmpty()) {
			throw new UnreadableMessageException("The message has no fields.");
		}
		return fields;
	}

	/**
	 * Return what a message is known by. A message id is the sender's word for one person
	 * only.
	 * @param appId the id of the app that it is for
	 * @param fields its fields
	 * @return the id
	 */
	static String idOf(String appId, Map<String, String> fields) {
		StringBuilder id = new StringBuilder(appId);
		String messageId = fields.get("MsgId");
		if (StringUtils.hasText(messageId)) {
			return id.append('|')
				.append(messageId)
				.append('|')
				.append(fields.get("FromUserName"))
				.append('|')
				.append(fields.get("CreateTime"))
				.toString();
		}
		EVENT_FIELDS.forEach((name) -> id.append('|').append(fields.get(name)));
		return id.toString();
	}

	/**
	 * Whether a message comes as JSON.
	 * @param body the message
	 * @return {@code false} for XML
	 */
	static boolean isJson(byte[] body) {
		for (byte each : body) {
			if (!Character.isWhitespace(each)) {
				return each == '{';
			}
		}
		return false;
	}

}
