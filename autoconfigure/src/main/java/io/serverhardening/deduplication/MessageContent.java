package io.serverhardening.deduplication;

import java.util.Arrays;

import io.serverhardening.WebhookMessage;
import org.jspecify.annotations.Nullable;

/**
 * What is in a message.
 *
 * @param fingerprint tells it from others of the same key
 * @param body its body
 * @param message what its sender says of it, {@code null} where nobody has signed it
 */
@SuppressWarnings("ArrayRecordComponent")
record MessageContent(String fingerprint, byte[] body, @Nullable WebhookMessage message) {

	/**
	 * Whether two copies have the same in them.
	 * @param other what is in the other
	 * @return {@code true} if one body does for both
	 */
	boolean isSameAs(MessageContent other) {
		// Parts may be the same with another boundary, which is in a header of its own.
		return this.fingerprint.equals(other.fingerprint) && Arrays.equals(this.body, other.body);
	}

}
