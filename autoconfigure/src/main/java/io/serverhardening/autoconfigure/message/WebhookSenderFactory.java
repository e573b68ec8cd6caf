package io.serverhardening.autoconfigure.message;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.serverhardening.autoconfigure.diagnostics.InvalidSettingException;
import io.serverhardening.autoconfigure.settings.WebhookProperties;
import io.serverhardening.internal.message.SenderProfile;
import io.serverhardening.webhook.feishu.FeishuSender;
import io.serverhardening.webhook.hmac.HmacPolicy;
import io.serverhardening.webhook.hmac.HmacPreset;
import io.serverhardening.webhook.hmac.HmacSender;
import io.serverhardening.webhook.sender.KnownSender;
import io.serverhardening.webhook.wechat.WechatEncryption;
import io.serverhardening.webhook.wechat.WechatPayKeys;
import io.serverhardening.webhook.wechat.WechatPaySender;
import io.serverhardening.webhook.wechat.WechatSender;
import org.jspecify.annotations.Nullable;

import org.springframework.core.io.DefaultResourceLoader;
import org.springframework.util.StringUtils;

/**
 * Makes the sender of a source from what its settings say, or says what is wrong with
 * them, and never what they are.
 */
final class WebhookSenderFactory {

	private static final WebhookProperties.Hmac NO_HMAC = new WebhookProperties.Hmac("X-Signature", "", null, null,
			HmacPolicy.Algorithm.SHA256, HmacPolicy.Encoding.HEX, "{body}");

	/** An id may stand before where a key is, such as {@code PUB_KEY_ID_0=file:x}. */
	private static final Pattern NAMED = Pattern.compile("([0-9A-Za-z_]+)=(.*)", Pattern.DOTALL);

	private static final String PEM = "-----BEGIN ";

	/** 192 to 512 bits, as Standard Webhooks has it. */
	private static final int SHORTEST_KEY = 24;

	private static final int LONGEST_KEY = 64;

	private static final String KEY_PREFIX = "whsec_";

	private final String property;

	private final String name;

	private final WebhookProperties source;

	/**
	 * Create the factory.
	 * @param property where the source is configured
	 * @param name the sender, as the settings name it
	 * @param source what they say
	 */
	WebhookSenderFactory(String property, String name, WebhookProperties source) {
		this.property = property;
		this.name = name;
		this.source = source;
	}

	/**
	 * Refuse settings that a sender does not look at: whoever wrote them relies on them.
	 * @param kind the sender, {@code null} for one that is a bean
	 */
	void refuseUnused(@Nullable WebhookSenderKind kind) {
		Map<String, Boolean> set = new LinkedHashMap<>();
		set.put("secrets", !this.source.secrets().isEmpty());
		set.put("aes-keys", !this.source.aesKeys().isEmpty());
		set.put("public-keys", !this.source.publicKeys().isEmpty());
		set.put("app-id", this.source.appId() != null);
		set.forEach((setting, present) -> {
			if (present && (kind == null || !kind.uses(setting))) {
				throw invalid(setting, "is not used by sender " + this.name + ": leave it out");
			}
		});
		if (kind != WebhookSenderKind.HMAC && !this.source.hmac().equals(NO_HMAC)) {
			throw invalid("hmac", "is for sender hmac only: how " + this.name + " signs is fixed. Leave hmac out");
		}
	}

	/**
	 * Make a sender that needs no bean.
	 * @param kind which
	 * @return the sender
	 */
	KnownSender known(WebhookSenderKind kind) {
		if (kind.uses("secrets")) {
			requireEach("secrets", this.source.secrets(), "without a secret anybody could send pushes");
		}
		HmacPreset preset = kind.preset();
		if (preset != null) {
			return new HmacSender(preset.policy(), keys(kind), preset.profile());
		}
		return switch (kind) {
			case WECHAT -> wechat();
			case WECHATPAY -> wechatPay();
			case FEISHU -> new FeishuSender(this.source.secrets());
			default -> hmac();
		};
	}

	private void requireEach(String setting, List<String> values, String reason) {
		if (values.stream().noneMatch(StringUtils::hasText)) {
			throw invalid(setting, "are required: " + reason);
		}
		if (values.stream().anyMatch((value) -> !StringUtils.hasText(value))) {
			throw invalid(setting, "has an empty value, which anybody could use: set the value or leave it out");
		}
	}

	private WechatSender wechat() {
		WechatEncryption encryption = this.source.encryption();
		boolean encrypted = encryption != WechatEncryption.PLAIN;
		if (encrypted && this.source.aesKeys().isEmpty()) {
			throw invalid("aes-keys", "are required with encryption: " + encryption.name().toLowerCase(Locale.ROOT));
		}
		if (encrypted && !StringUtils.hasText(this.source.appId())) {
			throw invalid("app-id",
					"is required: another app may share the key, and only the id tells messages for the two apart");
		}
		try {
			return new WechatSender(encryption, this.source.secrets(), this.source.aesKeys(),
					Objects.requireNonNullElse(this.source.appId(), ""));
		}
		catch (IllegalArgumentException ex) {
			throw invalid("aes-keys", "has a value that is not an EncodingAESKey of 43 letters and digits");
		}
	}

	private HmacSender hmac() {
		WebhookProperties.Hmac hmac = this.source.hmac();
		HmacPolicy policy = new HmacPolicy(hmac.signatureHeader(), hmac.signaturePrefix(), hmac.timestampHeader(),
				hmac.nonceHeader(), hmac.algorithm(), hmac.encoding(), hmac.signed(), false);
		String problem = policy.problem();
		if (problem != null) {
			throw new InvalidSettingException(this.property + ".hmac.signed", hmac.signed(), problem);
		}
		return new HmacSender(policy, keys(WebhookSenderKind.HMAC), SenderProfile.UNKNOWN);
	}

	private List<byte[]> keys(WebhookSenderKind kind) {
		List<byte[]> keys = new ArrayList<>();
		for (String secret : this.source.secrets()) {
			keys.add((kind == WebhookSenderKind.STANDARD_WEBHOOKS) ? decoded(secret)
					: secret.getBytes(StandardCharsets.UTF_8));
		}
		return keys;
	}

	private byte[] decoded(String secret) {
		byte[] key;
		try {
			key = Base64.getDecoder()
				.decode(secret.startsWith(KEY_PREFIX) ? secret.substring(KEY_PREFIX.length()) : secret);
		}
		catch (IllegalArgumentException ex) {
			key = new byte[0];
		}
		if (key.length < SHORTEST_KEY || key.length > LONGEST_KEY) {
			throw invalid("secrets", "has a value that is not a key of Standard Webhooks: " + KEY_PREFIX
					+ " followed by the Base64 of " + SHORTEST_KEY + " to " + LONGEST_KEY + " bytes");
		}
		return key;
	}

	private WechatPaySender wechatPay() {
		requireEach("public-keys", this.source.publicKeys(), "without a key of WeChat Pay anybody could send pushes");
		requireEach("aes-keys", this.source.aesKeys(), "the APIv3 key, with which WeChat Pay encrypts notifications");
		if (!this.source.aesKeys().stream().allMatch(WechatPaySender::isApiKey)) {
			throw invalid("aes-keys", "has a value that is not an APIv3 key of 32 letters and digits");
		}
		WechatPayKeys keys = new WechatPayKeys();
		for (int i = 0; i < this.source.publicKeys().size(); i++) {
			String value = this.source.publicKeys().get(i);
			Matcher named = NAMED.matcher(value);
			boolean hasId = !value.startsWith(PEM) && named.matches();
			try {
				keys.add(hasId ? named.group(1) : null, pem(hasId ? named.group(2) : value));
			}
			catch (IOException ex) {
				throw invalid("public-keys[" + i + "]",
						"cannot be read: there is no such file or resource (file:… or classpath:…)");
			}
			catch (IllegalArgumentException ex) {
				throw invalid("public-keys[" + i + "]", String.valueOf(ex.getMessage()));
			}
		}
		return new WechatPaySender(keys.keys(), this.source.aesKeys());
	}

	private static String pem(String textOrLocation) throws IOException {
		return textOrLocation.contains(PEM) ? textOrLocation
				: new DefaultResourceLoader().getResource(textOrLocation).getContentAsString(StandardCharsets.UTF_8);
	}

	private InvalidSettingException invalid(String setting, String expectation) {
		return new InvalidSettingException(this.property + "." + setting, null, expectation);
	}

}
