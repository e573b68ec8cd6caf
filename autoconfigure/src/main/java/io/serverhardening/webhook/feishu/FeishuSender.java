package io.serverhardening.webhook.feishu;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;

import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

import com.fasterxml.jackson.core.JsonPointer;
import io.serverhardening.WebhookPush;
import io.serverhardening.WebhookVerdict;
import io.serverhardening.internal.message.JsonFields;
import io.serverhardening.internal.message.SenderProfile;
import io.serverhardening.internal.message.UnreadableMessageException;
import io.serverhardening.webhook.sender.KnownSender;
import io.serverhardening.webhook.sender.Signatures;
import io.serverhardening.webhook.sender.UrlVerification;
import org.jspecify.annotations.Nullable;

/**
 * Feishu, and Lark: signed and encrypted with the app's Encrypt Key. Without one Feishu
 * signs nothing, and nothing is taken.
 */
public final class FeishuSender extends KnownSender {

	/**
	 * Feishu waits for three seconds, and comes again after 15s, 5m, 1h and 6h
	 * (open.feishu.cn/document/server-docs/event-subscription-guide/overview).
	 */
	public static final SenderProfile PROFILE = SenderProfile.of(Duration.ofSeconds(3), 5,
			Duration.ofHours(7).plusMinutes(5).plusSeconds(15), "{}");

	private static final JsonPointer ENCRYPTED = JsonPointer.compile("/encrypt");

	/** Of events of version 2.0. */
	private static final JsonPointer EVENT_ID = JsonPointer.compile("/header/event_id");

	/** Of events of version 1.0. */
	private static final JsonPointer UUID = JsonPointer.compile("/uuid");

	private static final int VECTOR_LENGTH = 16;

	private static final WebhookVerdict MISSING = WebhookVerdict.refused("A header of the signature is missing.");

	private final List<byte[]> keys;

	/**
	 * Create the sender.
	 * @param encryptKeys the Encrypt Keys that it may use
	 */
	public FeishuSender(List<String> encryptKeys) {
		super(PROFILE);
		this.keys = encryptKeys.stream().map((key) -> key.getBytes(StandardCharsets.UTF_8)).toList();
	}

	@Override
	public WebhookVerdict verify(WebhookPush push) {
		String signature = push.header("X-Lark-Signature");
		if (signature == null) {
			return unsigned(push);
		}
		String timestamp = push.header("X-Lark-Request-Timestamp");
		String nonce = push.header("X-Lark-Request-Nonce");
		if (timestamp == null || nonce == null) {
			return MISSING;
		}
		byte[] key = keyOf(signature, timestamp + nonce, push.body());
		if (key == null) {
			return WebhookVerdict.refused("The signature is wrong.");
		}
		if (!Signatures.isFresh(timestamp, push)) {
			return Signatures.stale(push);
		}
		byte[] plain = opened(push.body(), key);
		if (plain == null) {
			return WebhookVerdict.refused("The event cannot be decrypted.");
		}
		String answer = UrlVerification.answer(plain);
		// Nothing stands between the two: where one ends could be changed, what they are
		// together cannot.
		return (answer != null) ? WebhookVerdict.answered(answer)
				: WebhookVerdict.genuine(idOf(plain), plain).withNonce(timestamp + nonce);
	}

	// Feishu does not sign what has the address proved: that it is encrypted is the
	// proof.
	// Whatever is wrong is refused in the same words: who could tell bad padding from bad
	// JSON could have anything decrypted.
	private WebhookVerdict unsigned(WebhookPush push) {
		if (push.body().length > 2 * UrlVerification.MAX_LENGTH) {
			return MISSING;
		}
		for (byte[] key : this.keys) {
			try {
				String encrypted = JsonFields.read(push.body(), ENCRYPTED);
				byte[] plain = (encrypted != null) ? decrypt(encrypted, key) : null;
				String answer = (plain != null) ? UrlVerification.answer(plain) : null;
				if (answer != null) {
					return WebhookVerdict.answered(answer);
				}
			}
			catch (UnreadableMessageException ex) {
				return MISSING;
			}
		}
		return MISSING;
	}

	// Each key is compared to its end, whichever fits.
	private byte @Nullable [] keyOf(String signature, String before, byte[] body) {
		byte[] found = null;
		for (byte[] key : this.keys) {
			MessageDigest digest = Signatures.digest("SHA-256");
			digest.update(before.getBytes(StandardCharsets.UTF_8));
			digest.update(key);
			if (Signatures.same(HexFormat.of().formatHex(digest.digest(body)), signature)) {
				found = key;
			}
		}
		return found;
	}

	private static byte @Nullable [] opened(byte[] body, byte[] key) {
		String encrypted = JsonFields.read(body, ENCRYPTED);
		return (encrypted != null) ? decrypt(encrypted, key) : body;
	}

	private static String idOf(byte[] event) {
		String id = JsonFields.read(event, EVENT_ID);
		if (id == null) {
			id = JsonFields.read(event, UUID);
		}
		return (id != null) ? id : "";
	}

	static byte @Nullable [] decrypt(String encrypted, byte[] encryptKey) {
		try {
			byte[] bytes = Base64.getDecoder().decode(encrypted);
			if (bytes.length <= VECTOR_LENGTH) {
				return null;
			}
			Cipher cipher = Cipher.getInstance("AES/CBC/PKCS5Padding");
			cipher.init(Cipher.DECRYPT_MODE, new SecretKeySpec(Signatures.digest("SHA-256").digest(encryptKey), "AES"),
					new IvParameterSpec(bytes, 0, VECTOR_LENGTH));
			return cipher.doFinal(Arrays.copyOfRange(bytes, VECTOR_LENGTH, bytes.length));
		}
		catch (IllegalArgumentException | GeneralSecurityException ex) {
			return null;
		}
	}

}
