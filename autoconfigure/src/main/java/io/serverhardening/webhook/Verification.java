package io.serverhardening.webhook;

import io.serverhardening.RejectionReason;
import io.serverhardening.WebhookMessage;
import org.jspecify.annotations.Nullable;

/**
 * What there is to say of a push.
 *
 * @param message the message, {@code null} unless it is genuine
 * @param plaintext its body, decrypted
 * @param nonce what its sender uses once, empty where it does not
 * @param reply how answers are written, {@code null} where they are written as they are
 * @param answer what to answer in place of a handler, {@code null} for nothing
 * @param reason why it is refused, {@code null} if it is not
 * @param detail why, for whoever reads the refusal
 */
@SuppressWarnings("ArrayRecordComponent")
record Verification(@Nullable WebhookMessage message, byte[] plaintext, String nonce, @Nullable ReplyCipher reply,
		@Nullable String answer, @Nullable RejectionReason reason, String detail) {

	private static final byte[] NOTHING = new byte[0];

	static Verification genuine(WebhookMessage message, byte[] plaintext, String nonce, @Nullable ReplyCipher reply) {
		return new Verification(message, plaintext, nonce, reply, null, null, "");
	}

	static Verification answered(String answer) {
		return new Verification(null, NOTHING, "", null, answer, null, "");
	}

	static Verification refused(String detail) {
		return refused(RejectionReason.SIGNATURE_INVALID, detail);
	}

	static Verification refused(RejectionReason reason, String detail) {
		return new Verification(null, NOTHING, "", null, null, reason, detail);
	}

}
