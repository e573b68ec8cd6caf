package io.serverhardening.webhook.wechat;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.Signature;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

import com.fasterxml.jackson.core.JsonPointer;
import io.serverhardening.WebhookPush;
import io.serverhardening.WebhookVerdict;
import io.serverhardening.internal.message.JsonFields;
import io.serverhardening.internal.message.SenderProfile;
import io.serverhardening.internal.message.UnreadableMessageException;
import io.serverhardening.webhook.sender.KnownSender;
import io.serverhardening.webhook.sender.Signatures;
import org.jspecify.annotations.Nullable;

/**
 * WeChat Pay, API v3: signed with RSA, the resource encrypted with AES-256-GCM. The
 * handler gets the notification with the resource in the place of what was encrypted.
 */
public final class WechatPaySender extends KnownSender {

	/**
	 * WeChat Pay waits for five seconds, and comes again after 15s, 15s, 30s, 3m, 10m,
	 * 20m, 30m, 30m, 30m, 60m, 3h, 3h, 3h, 6h and 6h; a 200 or 204 ends it, whatever is
	 * in it (pay.weixin.qq.com/doc/v3/merchant/4012791861).
	 */
	public static final SenderProfile PROFILE = SenderProfile.of(Duration.ofSeconds(5), 16,
			Duration.ofHours(24).plusMinutes(4), "");

	/** An order may be of fifty, of fifteen fields each. */
	private static final int MAX_FIELDS = 8192;

	private static final int API_KEY_LENGTH = 32;

	private static final String ALGORITHM = "AEAD_AES_256_GCM";

	private static final int TAG_BITS = 128;

	private static final JsonPointer USED = JsonPointer.compile("/resource/algorithm");

	private static final JsonPointer CIPHERTEXT = JsonPointer.compile("/resource/ciphertext");

	private static final JsonPointer NONCE = JsonPointer.compile("/resource/nonce");

	private static final JsonPointer ASSOCIATED = JsonPointer.compile("/resource/associated_data");

	private final Map<String, PublicKey> keys;

	private final List<SecretKeySpec> apiKeys;

	/**
	 * Create the sender.
	 * @param keys the keys that it may sign with, by the serial numbers of their
	 * certificates or by their ids, as {@link WechatPayKeys} reads them
	 * @param apiKeys the APIv3 keys that it may encrypt with
	 */
	public WechatPaySender(Map<String, PublicKey> keys, List<String> apiKeys) {
		super(PROFILE);
		this.keys = Map.copyOf(keys);
		this.apiKeys = apiKeys.stream()
			.map((key) -> new SecretKeySpec(key.getBytes(StandardCharsets.UTF_8), "AES"))
			.toList();
	}

	/**
	 * Whether a text is an APIv3 key.
	 * @param key the text
	 * @return {@code true} if it has the length of one
	 */
	public static boolean isApiKey(String key) {
		return key.getBytes(StandardCharsets.UTF_8).length == API_KEY_LENGTH;
	}

	@Override
	public WebhookVerdict verify(WebhookPush push) {
		String serial = push.header("Wechatpay-Serial");
		String timestamp = push.header("Wechatpay-Timestamp");
		String nonce = push.header("Wechatpay-Nonce");
		String signature = push.header("Wechatpay-Signature");
		if (serial == null || timestamp == null || nonce == null || signature == null) {
			return WebhookVerdict.refused("A header of the signature is missing.");
		}
		PublicKey key = this.keys.get(WechatPayKeys.normalized(serial));
		if (key == null) {
			return WebhookVerdict.refused("Wechatpay-Serial names no key that is known here.");
		}
		if (!isSigned(push, key, timestamp, nonce, signature)) {
			return WebhookVerdict.refused("The signature is wrong.");
		}
		if (!Signatures.isFresh(timestamp, push)) {
			return Signatures.stale(push);
		}
		byte[] plain = opened(push.body());
		if (plain == null) {
			return WebhookVerdict.refused("The resource cannot be decrypted.");
		}
		Map<String, String> fields = new LinkedHashMap<>();
		JsonFields.read(plain, MAX_FIELDS).forEach((path, value) -> {
			if (!path.isEmpty()) {
				fields.put(path.substring(1).replace('/', '.'), value);
			}
		});
		String id = fields.get("id");
		return WebhookVerdict.genuine((id != null) ? id : "", plain).withNonce(nonce).withFields(fields);
	}

	// A line feed is in no header: what belongs to which cannot be changed.
	static boolean isSigned(WebhookPush push, PublicKey key, String timestamp, String nonce, String signature) {
		try {
			Signature verifier = Signature.getInstance("SHA256withRSA");
			verifier.initVerify(key);
			verifier.update((timestamp + '\n' + nonce + '\n').getBytes(StandardCharsets.UTF_8));
			verifier.update(push.body());
			verifier.update((byte) '\n');
			return verifier.verify(Base64.getDecoder().decode(signature));
		}
		catch (IllegalArgumentException | GeneralSecurityException ex) {
			return false;
		}
	}

	// Not every notification has a resource that is encrypted.
	private byte @Nullable [] opened(byte[] body) {
		String ciphertext = JsonFields.read(body, CIPHERTEXT);
		if (ciphertext == null) {
			return body;
		}
		String nonce = JsonFields.read(body, NONCE);
		String associated = JsonFields.read(body, ASSOCIATED);
		if (nonce == null || !ALGORITHM.equals(JsonFields.read(body, USED))) {
			throw new UnreadableMessageException("The resource is not encrypted with " + ALGORITHM + ".");
		}
		byte[] resource = decrypt(ciphertext, nonce, (associated != null) ? associated : "");
		return (resource != null) ? JsonFields.replace(body, "resource", resource) : null;
	}

	byte @Nullable [] decrypt(String ciphertext, String nonce, String associated) {
		for (SecretKeySpec key : this.apiKeys) {
			try {
				Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
				cipher.init(Cipher.DECRYPT_MODE, key,
						new GCMParameterSpec(TAG_BITS, nonce.getBytes(StandardCharsets.UTF_8)));
				cipher.updateAAD(associated.getBytes(StandardCharsets.UTF_8));
				return cipher.doFinal(Base64.getDecoder().decode(ciphertext));
			}
			catch (IllegalArgumentException | GeneralSecurityException ex) {
				// Another key, or none.
			}
		}
		return null;
	}

}
