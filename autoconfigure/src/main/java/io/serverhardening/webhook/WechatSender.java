package io.serverhardening.webhook;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import com.fasterxml.jackson.core.JsonPointer;
import io.serverhardening.WebhookMessage;
import io.serverhardening.internal.JsonFields;
import io.serverhardening.internal.SenderProfile;
import io.serverhardening.internal.UnreadableMessageException;
import io.serverhardening.internal.XmlFields;
import io.serverhardening.webhook.ReplyCipher.Reply;
import org.jspecify.annotations.Nullable;

import org.springframework.util.StringUtils;

/**
 * WeChat: official accounts and mini programs.
 */
public final class WechatSender extends WebhookSender {

	/**
	 * WeChat hangs up after five seconds, and tries three times in all; what it takes an
	 * error for is not documented.
	 */
	public static final SenderProfile PROFILE = new SenderProfile(Duration.ofSeconds(5), 3, Duration.ofSeconds(15),
			"success", true);

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

	private final @Nullable Duration tolerance;

	/**
	 * Create the sender.
	 * @param source the id of the source
	 * @param encryption how pushes come
	 * @param tokens the tokens that they may be signed with
	 * @param aesKeys the keys that they may be encrypted with
	 * @param appId the id of the app that they have to be for
	 * @param tolerance how old or new they may be, {@code null} for any age
	 * @throws IllegalArgumentException if a key is none
	 */
	public WechatSender(String source, WechatEncryption encryption, List<String> tokens, List<String> aesKeys,
			String appId, @Nullable Duration tolerance) {
		super(source, PROFILE);
		this.encryption = encryption;
		this.tokens = List.copyOf(tokens);
		List<WechatCipher> ciphers = new ArrayList<>();
		aesKeys.forEach((key) -> ciphers.add(new WechatCipher(key, appId)));
		this.ciphers = List.copyOf(ciphers);
		this.appId = appId;
		this.tolerance = tolerance;
	}

	@Override
	public String kind() {
		return "wechat";
	}

	@Override
	Verification verify(Push push) {
		String timestamp = push.parameter("timestamp");
		String nonce = push.parameter("nonce");
		if (timestamp == null || nonce == null) {
			return isProbe(push) ? Verification.answered(PROFILE.acknowledgement())
					: Verification.refused("The parameters timestamp and nonce are missing.");
		}
		return push.isRead() ? proof(push, timestamp, nonce) : message(push, timestamp, nonce);
	}

	private static boolean isProbe(Push push) {
		return !push.isRead() && push.body().length <= 2 * PROBE.length()
				&& new String(push.body(), StandardCharsets.UTF_8).replaceAll("\\s", "").equals(PROBE);
	}

	// Whoever owns the address knows the token: WeChat asks for its own words back.
	private Verification proof(Push push, String timestamp, String nonce) {
		String echo = push.parameter("echostr");
		if (echo == null) {
			return Verification.refused("The parameter echostr is missing.");
		}
		String encrypted = push.parameter("msg_signature");
		String token = (encrypted != null) ? tokenOf(encrypted, timestamp, nonce, echo)
				: tokenOf(push.parameter("signature"), timestamp, nonce);
		if (token == null) {
			return Verification.refused("The signature is missing or wrong.");
		}
		if (!Signatures.isFresh(timestamp, push.nowMillis(), this.tolerance)) {
			return stale();
		}
		if (encrypted == null) {
			return Verification.answered(echo);
		}
		for (WechatCipher cipher : this.ciphers) {
			byte[] plain = cipher.decrypt(echo);
			if (plain != null) {
				return Verification.answered(new String(plain, StandardCharsets.UTF_8));
			}
		}
		return undecipherable();
	}

	private Verification message(Push push, String timestamp, String nonce) {
		if (this.encryption == WechatEncryption.PLAIN) {
			return plain(push, timestamp, nonce);
		}
		String signature = push.parameter("msg_signature");
		if (signature == null) {
			return Verification.refused("The parameter msg_signature is missing: plain messages are not taken here.");
		}
		String encrypted = encrypted(push.body());
		if (encrypted == null) {
			return Verification.refused("The message is not encrypted: plain messages are not taken here.");
		}
		String token = tokenOf(signature, timestamp, nonce, encrypted);
		if (token == null) {
			return Verification.refused("The signature is wrong.");
		}
		if (!Signatures.isFresh(timestamp, push.nowMillis(), this.tolerance)) {
			return stale();
		}
		for (WechatCipher cipher : this.ciphers) {
			byte[] plain = cipher.decrypt(encrypted);
			if (plain != null) {
				boolean json = isJson(push.body());
				ReplyCipher reply = (this.encryption == WechatEncryption.SAFE)
						? (body) -> reply(cipher, token, nonce, body, json, push.nowMillis()) : null;
				return genuine(plain, timestamp, nonce, reply);
			}
		}
		return undecipherable();
	}

	private Verification plain(Push push, String timestamp, String nonce) {
		if (tokenOf(push.parameter("signature"), timestamp, nonce) == null) {
			return Verification.refused("The signature is missing or wrong.");
		}
		if (!Signatures.isFresh(timestamp, push.nowMillis(), this.tolerance)) {
			return stale();
		}
		if (encrypted(push.body()) != null) {
			return Verification.refused("The message is encrypted: only plain messages are taken here.");
		}
		return genuine(push.body(), timestamp, nonce, null);
	}

	private Verification genuine(byte[] plain, String timestamp, String nonce, @Nullable ReplyCipher reply) {
		Map<String, String> fields = fields(plain);
		WebhookMessage message = new WebhookMessage(source(), idOf(fields), plain, fields);
		return Verification.genuine(message, plain, timestamp + '|' + nonce, reply);
	}

	private Verification stale() {
		return Verification.refused("The timestamp is more than " + this.tolerance + " off.");
	}

	private static Verification undecipherable() {
		return Verification.refused("The message cannot be decrypted, or is for another app.");
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
				: XmlFields.read(withoutControls(body)).get("/xml/Encrypt");
	}

	static Map<String, String> fields(byte[] body) {
		boolean json = isJson(body);
		Map<String, String> paths = json ? JsonFields.read(body) : XmlFields.read(withoutControls(body));
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

	// People write what XML forbids, and WeChat passes it on.
	private static byte[] withoutControls(byte[] body) {
		int kept = 0;
		while (kept < body.length && !isControl(body[kept])) {
			kept++;
		}
		if (kept == body.length) {
			return body;
		}
		byte[] clean = body.clone();
		for (int i = kept; i < body.length; i++) {
			if (!isControl(body[i])) {
				clean[kept++] = body[i];
			}
		}
		return Arrays.copyOf(clean, kept);
	}

	// In UTF-8 a byte below 32 is that character and no part of another.
	private static boolean isControl(byte each) {
		return each >= 0 && each < ' ' && each != '\t' && each != '\n' && each != '\r';
	}

	private static boolean isJson(byte[] body) {
		for (byte each : body) {
			if (!Character.isWhitespace(each)) {
				return each == '{';
			}
		}
		return false;
	}

	private static Reply reply(WechatCipher cipher, String token, String nonce, byte[] body, boolean json,
			long nowMillis) {
		byte[] random = new byte[WechatCipher.RANDOM_LENGTH];
		RANDOM.nextBytes(random);
		return reply(cipher.encrypt(body, random), token, Long.toString(nowMillis / 1000), nonce, json);
	}

	static Reply reply(String encrypted, String token, String timestamp, String nonce, boolean json) {
		String signature = Signatures.sorted(token, timestamp, nonce, encrypted);
		if (json) {
			return new Reply("application/json", "{\"Encrypt\":\"" + encrypted + "\",\"MsgSignature\":\"" + signature
					+ "\",\"TimeStamp\":" + timestamp + ",\"Nonce\":\"" + escaped(nonce) + "\"}");
		}
		return new Reply("text/xml;charset=UTF-8",
				"<xml><Encrypt><![CDATA[" + encrypted + "]]></Encrypt><MsgSignature><![CDATA[" + signature
						+ "]]></MsgSignature><TimeStamp>" + timestamp + "</TimeStamp><Nonce><![CDATA[" + escaped(nonce)
						+ "]]></Nonce></xml>");
	}

	// A nonce is signed, and a number; if it were not, it would not get out of its
	// quotes.
	private static String escaped(String nonce) {
		return nonce.replaceAll("[^A-Za-z0-9_.~-]", "");
	}

}
