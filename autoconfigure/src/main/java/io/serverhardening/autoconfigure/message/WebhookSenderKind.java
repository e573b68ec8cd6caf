package io.serverhardening.autoconfigure.message;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;

import io.serverhardening.webhook.hmac.HmacPreset;
import org.jspecify.annotations.Nullable;

/**
 * The senders of webhooks that need no bean, and which settings each of them uses.
 */
// A record of values and a set that nobody can change.
@SuppressWarnings("ImmutableEnumChecker")
public enum WebhookSenderKind {

	/**
	 * WeChat: official accounts and mini programs.
	 */
	WECHAT(null, "secrets", "aes-keys", "app-id"),

	/**
	 * Whoever signs with a shared secret.
	 */
	HMAC(null, "secrets"),

	/**
	 * Stripe.
	 */
	STRIPE(HmacPreset.STRIPE, "secrets"),

	/**
	 * GitHub.
	 */
	GITHUB(HmacPreset.GITHUB, "secrets"),

	/**
	 * Slack: events, commands and interactions.
	 */
	SLACK(HmacPreset.SLACK, "secrets"),

	/**
	 * Shopify.
	 */
	SHOPIFY(HmacPreset.SHOPIFY, "secrets"),

	/**
	 * Whoever follows Standard Webhooks.
	 */
	STANDARD_WEBHOOKS(HmacPreset.STANDARD_WEBHOOKS, "secrets"),

	/**
	 * WeChat Pay, API v3.
	 */
	WECHATPAY(null, "aes-keys", "public-keys"),

	/**
	 * Feishu and Lark: events and callbacks.
	 */
	FEISHU(null, "secrets");

	private final @Nullable HmacPreset preset;

	private final Set<String> settings;

	WebhookSenderKind(@Nullable HmacPreset preset, String... settings) {
		this.preset = preset;
		this.settings = Set.of(settings);
	}

	@Nullable HmacPreset preset() {
		return this.preset;
	}

	boolean uses(String setting) {
		return this.settings.contains(setting);
	}

	// A way to sign, and not somebody of whom it is known how they behave.
	boolean isScheme() {
		return this == HMAC || this == STANDARD_WEBHOOKS;
	}

	/**
	 * Return how it is written.
	 * @return the code
	 */
	public String code() {
		return name().toLowerCase(Locale.ROOT).replace('_', '-');
	}

	/**
	 * Return how they are written.
	 * @return the codes
	 */
	public static List<String> codes() {
		return Arrays.stream(values()).map(WebhookSenderKind::code).toList();
	}

	/**
	 * Return the sender that a setting names.
	 * @param name the name, in any case, with dashes or underscores
	 * @return the sender, or {@code null} if it is none of these
	 */
	static @Nullable WebhookSenderKind of(String name) {
		String code = name.toLowerCase(Locale.ROOT).replace('_', '-');
		return Arrays.stream(values()).filter((kind) -> kind.code().equals(code)).findFirst().orElse(null);
	}

}
