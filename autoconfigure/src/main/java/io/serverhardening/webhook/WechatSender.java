package io.serverhardening.webhook;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

import com.fasterxml.jackson.core.JsonPointer;
import io.serverhardening.WebhookPush;
import io.serverhardening.WebhookVerdict;
import io.serverhardening.internal.message.JsonFields;
import io.serverhardening.internal.message.SenderProfile;
import io.serverhardening.internal.message.UnreadableMessageException;
import io.serverhardening.internal.message.XmlFields;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpMethod;
import org.springframework.util.StringUtils;

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

	/** What tells events of the same second apart. */
	private static final List<String> EVENT_FIELDS = List.of("FromUserName", "CreateTime", "MsgType", "Event",
			"EventKey", "trace_id", "MenuId", "OrderId", "Status");

	private static final JsonPointer ENCRYPTED = JsonPointer.compile("/Encrypt");

	private static final SecureRandom RANDOM = new SecureRandom();

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
		String encrypted = encrypted(push.body());
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
				boolean json = isJson(push.body());
				WebhookVerdict.Genuine genuine = genuine(plain, timestamp, nonce);
				return (this.encryption == WechatEncryption.SAFE)
						? genuine.withReply(replies(cipher, token, nonce, json, push.time())) : genuine;
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
		Map<String, String> fields = fields(plain);
		return WebhookVerdict.genuine(idOf(fields), plain).withNonce(timestamp + '|' + nonce).withFields(fields);
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

	// A message id is the sender's word for one person only.
	private String idOf(Map<String, String> fields) {
		StringBuilder id = new StringBuilder(this.appId);
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

	// Nothing else is read before its signature is known to be right.
	private static @Nullable String encrypted(byte[] body) {
		return isJson(body) ? JsonFields.read(body, ENCRYPTED)
				: XmlFields.read(WechatXml.withoutControls(body)).get("/xml/Encrypt");
	}

	static Map<String, String> fields(byte[] body) {
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

	private static boolean isJson(byte[] body) {
		for (byte each : body) {
			if (!Character.isWhitespace(each)) {
				return each == '{';
			}
		}
		return false;
	}

	private static UnaryOperator<byte[]> replies(WechatCipher cipher, String token, String nonce, boolean json,
			Instant time) {
		String timestamp = Long.toString(time.getEpochSecond());
		return (body) -> {
			byte[] random = new byte[WechatCipher.RANDOM_LENGTH];
			RANDOM.nextBytes(random);
			return reply(cipher.encrypt(body, random), token, timestamp, nonce, json).getBytes(StandardCharsets.UTF_8);
		};
	}

	static String reply(String encrypted, String token, String timestamp, String nonce, boolean json) {
		String signature = Signatures.sorted(token, timestamp, nonce, encrypted);
		if (json) {
			return "{\"Encrypt\":\"" + encrypted + "\",\"MsgSignature\":\"" + signature + "\",\"TimeStamp\":"
					+ timestamp + ",\"Nonce\":\"" + escaped(nonce) + "\"}";
		}
		return "<xml><Encrypt><![CDATA[" + encrypted + "]]></Encrypt><MsgSignature><![CDATA[" + signature
				+ "]]></MsgSignature><TimeStamp>" + timestamp + "</TimeStamp><Nonce><![CDATA[" + escaped(nonce)
				+ "]]></Nonce></xml>";
	}

	// A nonce is signed, and a number; if it were not, it would not get out of its
	// quotes.
	private static String escaped(String nonce) {
		return nonce.replaceAll("[^A-Za-z0-9_.~-]", "");
	}

}
