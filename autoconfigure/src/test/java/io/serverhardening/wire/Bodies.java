package io.serverhardening.wire;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * Looks at what is in an answer.
 */
final class Bodies {

	private Bodies() {
	}

	/**
	 * Look at a whole answer.
	 * @param message the request
	 * @param mark its mark
	 * @param headers the headers of the answer
	 * @param body its body
	 * @param allowed what it should be
	 * @return what is wrong, or {@code null}
	 */
	static @Nullable String mismatch(Message message, String mark, Map<String, String> headers, byte[] body,
			Allowed.Answer allowed) {
		boolean empty = message.method().equals("HEAD") || message.asks("as=nothing");
		if (allowed.content()) {
			byte[] expected = empty ? new byte[0] : Content.ofAnswer(mark, message.answerSize());
			if (!Arrays.equals(expected, body)) {
				return "its body is not the one of " + expected.length + " bytes";
			}
			if (message.asks("read=all") || message.asks("read=late")) {
				String receipt = Content.receipt(Content.ofRequest(mark, message.size()));
				if (!receipt.equals(headers.get("x-received"))) {
					return "it has not received " + receipt;
				}
			}
		}
		else if (body.length > 0 && !new String(body, StandardCharsets.UTF_8).contains(mark)) {
			return "its body has not the mark " + mark;
		}
		return null;
	}

	/**
	 * Look at the beginning of an answer.
	 * @param message the request
	 * @param mark its mark
	 * @param headers the headers so far
	 * @param body the body so far
	 * @return what is wrong, or {@code null}
	 */
	static @Nullable String foreign(Message message, String mark, Map<String, String> headers, byte[] body) {
		String given = headers.get("x-mark");
		if (given != null && !given.startsWith(mark) && !mark.startsWith(given)) {
			return "it has the mark " + given + " and not " + mark;
		}
		byte[] expected = Content.ofAnswer(mark, body.length);
		boolean content = body.length == 0 || Arrays.equals(expected, body)
				|| !headers.getOrDefault("content-type", "").isEmpty();
		return content ? null : "its body is not that of " + mark;
	}

}
