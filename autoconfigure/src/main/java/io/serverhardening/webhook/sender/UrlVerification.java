package io.serverhardening.webhook.sender;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.serverhardening.internal.message.JsonFields;
import io.serverhardening.internal.message.UnreadableMessageException;
import org.jspecify.annotations.Nullable;

/**
 * How Slack and Feishu have an address proved: whoever owns it gives back their own
 * words.
 */
public final class UrlVerification {

	/**
	 * Theirs have some two hundred bytes. What is longer need not be looked into.
	 */
	public static final int MAX_LENGTH = 1024;

	private static final JsonPointer TYPE = JsonPointer.compile("/type");

	private static final JsonPointer CHALLENGE = JsonPointer.compile("/challenge");

	private UrlVerification() {
	}

	/**
	 * Answer a push that has the address proved.
	 * @param body its body, which the sender has signed or encrypted
	 * @return the answer, or {@code null} if it is any other push
	 */
	public static @Nullable String answer(byte[] body) {
		if (body.length > MAX_LENGTH || body.length == 0 || body[0] != '{') {
			return null;
		}
		try {
			if (!"url_verification".equals(JsonFields.read(body, TYPE))) {
				return null;
			}
			String challenge = JsonFields.read(body, CHALLENGE);
			return (challenge != null)
					? "{\"challenge\":\"" + new String(JsonStringEncoder.getInstance().quoteAsString(challenge)) + "\"}"
					: null;
		}
		catch (UnreadableMessageException ex) {
			return null;
		}
	}

}
