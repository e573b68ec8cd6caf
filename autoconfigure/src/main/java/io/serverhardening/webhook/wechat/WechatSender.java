package io.serverhardening.webhook.wechat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import io.serverhardening.WebhookPush;
import io.serverhardening.WebhookVerdict;
import io.serverhardening.internal.message.SenderProfile;
import io.serverhardening.webhook.sender.KnownSender;
import io.serverhardening.webhook.sender.Signatures;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpMethod;

/**
 * WeChat: official accounts and mini programs.
 */
public final class WechatSender extends KnownSender {

	/**
	 * WeChat hangs up after five seconds, and tries three times in all; what it takes an
	 * error for is not documented.
	 */
	public static final SenderProfile PROFILE = new SenderProfile(Duration.ofSeconds(5), 3, Duration.ofSeconds(15),
			null, "success", true);

	private static final String PROBE = "{\"action\":\"CheckContainerPath\"}";

	private final WechatEncryption encryption;

	private final List<String> tokens;

	private final List<WechatCipher> ciphers;

	private final String appId;

	/**
	 * Create the sender.
	 * @param encryption how pushes come
	 * @param tokens the tokens that they may be signed with
	 * @param aesKeys the keys that they may be encrypted with
	 * @param appId the id of the app that they have to be for
	 * @throws IllegalArgumentException if a key is none
	 */
	public WechatSender(WechatEncryption encryption, List<String> tokens, List<String> aesKeys, String appId) {
		super(PROFILE);
		this.encryption = encryption;
		this.tokens = List.copyOf(tokens);
		List<WechatCipher> ciphers = new ArrayList<>();
		aesKeys.forEach((key) -> ciphers.add(new WechatCipher(key, appId)));
		this.ciphers = List.copyOf(ciphers);
		this.appId = appId;
	}

	@Override
	public WebhookVerdict verify(WebhookPush push) {
		String timestamp = push.parameter("timestamp");
		String nonce = push.parameter("nonce");
		if (timestamp == null || nonce == null) {
			return isProbe(push) ? WebhookVerdict.answered(PROFILE.acknowledgement())
					: WebhookVerdict.refused("The parameters timestamp and nonce are missing.");
		}
		return isRead(push) ? proof(push, timestamp, nonce) : message(push, timestamp, nonce);
	}

	private static boolean isRead(WebhookPush push) {
		return HttpMethod.GET.equals(push.method()) || HttpMethod.HEAD.equals(push.method());
	}

	private static boolean isProbe(WebhookPush push) {
		return !isRead(push) && push.body().length <= 2 * PROBE.length()
				&& new String(push.body(), StandardCharsets.UTF_8).replaceAll("\\s", "").equals(PROBE);
	}

	// Whoever owns the address knows the token: WeChat asks for its own words back.
	private WebhookVerdict proof(WebhookPush push, String timestamp, String nonce) {
		String echo = push.parameter("echostr");
		if (echo == null) {
			return WebhookVerdict.refused("The parameter echostr is missing.");
		}
		String encrypted = push.parameter("msg_signature");
		String token = (encrypted != null) ? tokenOf(encrypted, timestamp, nonce, echo)
				: tokenOf(push.parameter("signature"), timestamp, nonce);
		if (token == null) {
			return WebhookVerdict.refused("The signature is missing or wrong.");
		}
		if (!Signatures.isFresh(timestamp, push)) {
			return Signatures.stale(push);
		}
		if (encrypted == null) {
			return WebhookVerdict.answered(echo);
		}
		for (WechatCipher cipher : this.ciphers) {
			byte[] plain = cipher.decrypt(echo);
			if (plain != null) {
				return WebhookVerdict.answered(new String(plain, StandardCharsets.UTF_8));
			}
		}
		return undecipherable();
	}

	private WebhookVerdict message(WebhookPush push, String timestamp, String nonce) {
		if (this.encryption == WechatEncryption.PLAIN) {
			return plain(push, timestamp, nonce);
		}
		String signature = push.parameter("msg_signature");
		if (signature == null) {
			return WebhookVerdict.refused("The parameter msg_signature is missing: plain messages are not taken here.");
		}
		String encrypted = WechatFields.encrypted(push.body());
		if (encrypted == null) {
			return WebhookVerdict.refused("The message is not encrypted: plain messages are not taken here.");
		}
		String token = tokenOf(signature, timestamp, nonce, encrypted);
		if (token == null) {
			return WebhookVerdict.refused("The signature is wrong.");
		}
		if (!Signatures.isFresh(timestamp, push)) {
			return Signatures.stale(push);
		}
		for (WechatCipher cipher : this.ciphers) {
			byte[] plain = cipher.decrypt(encrypted);
			if (plain != null) {
				WebhookVerdict.Genuine genuine = genuine(plain, timestamp, nonce);
				return (this.encryption == WechatEncryption.SAFE)
						? genuine.withReply(WechatReply.to(push, cipher, token, nonce)) : genuine;
			}
		}
		return undecipherable();
	}

	private WebhookVerdict plain(WebhookPush push, String timestamp, String nonce) {
		if (tokenOf(push.parameter("signature"), timestamp, nonce) == null) {
			return WebhookVerdict.refused("The signature is missing or wrong.");
		}
		if (!Signatures.isFresh(timestamp, push)) {
			return Signatures.stale(push);
		}
		WebhookVerdict.Genuine genuine = genuine(push.body(), timestamp, nonce);
		return genuine.fields().containsKey("Encrypt")
				? WebhookVerdict.refused("The message is encrypted: only plain messages are taken here.") : genuine;
	}

	private WebhookVerdict.Genuine genuine(byte[] plain, String timestamp, String nonce) {
		Map<String, String> fields = WechatFields.of(plain);
		return WebhookVerdict.genuine(WechatFields.idOf(this.appId, fields), plain)
			.withNonce(timestamp + '|' + nonce)
			.withFields(fields);
	}

	private static WebhookVerdict undecipherable() {
		return WebhookVerdict.refused("The message cannot be decrypted, or is for another app.");
	}

	// Each token is compared to its end, whichever fits.
	private @Nullable String tokenOf(@Nullable String signature, String... signed) {
		String found = null;
		if (signature != null) {
			String[] parts = new String[signed.length + 1];
			System.arraycopy(signed, 0, parts, 1, signed.length);
			for (String token : this.tokens) {
				parts[0] = token;
				if (Signatures.same(Signatures.sorted(parts), signature)) {
					found = token;
				}
			}
		}
		return found;
	}

}
