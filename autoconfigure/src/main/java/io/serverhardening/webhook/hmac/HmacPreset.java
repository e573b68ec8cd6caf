package io.serverhardening.webhook.hmac;

import java.time.Duration;

import io.serverhardening.internal.message.SenderProfile;
import io.serverhardening.webhook.hmac.HmacPolicy.Algorithm;
import io.serverhardening.webhook.hmac.HmacPolicy.Encoding;
import org.jspecify.annotations.Nullable;

/**
 * Senders that sign with a shared secret, each in a line.
 *
 * @param policy how it signs
 * @param profile how it behaves
 */
public record HmacPreset(HmacPolicy policy, SenderProfile profile) {

	/**
	 * Stripe signs when and what in one header, goes on for three days and does not say
	 * for how long it waits (docs.stripe.com/webhooks).
	 */
	public static final HmacPreset STRIPE = new HmacPreset(
			hex("Stripe-Signature", "v1=", "Stripe-Signature", "{timestamp}.{body}"),
			SenderProfile.of(null, 0, Duration.ofDays(3), ""));

	/**
	 * GitHub signs the body and nothing else, waits for ten seconds and does not come
	 * again by itself; within three days somebody may have it do so
	 * (docs.github.com/webhooks/using-webhooks/handling-failed-webhook-deliveries).
	 */
	public static final HmacPreset GITHUB = new HmacPreset(hex("X-Hub-Signature-256", "sha256=", null, "{body}"),
			new SenderProfile(Duration.ofSeconds(10), 1, null, Duration.ofDays(4), "", false));

	/**
	 * Slack waits for three seconds and comes again at once, after a minute and after
	 * five (docs.slack.dev/apis/events-api): with what it waits for, seven minutes at
	 * most. Where delayed events are on, it does so for a day.
	 */
	public static final HmacPreset SLACK = new HmacPreset(
			new HmacPolicy("X-Slack-Signature", "v0=", "X-Slack-Request-Timestamp", null, Algorithm.SHA256,
					Encoding.HEX, "v0:{timestamp}:{body}", true),
			SenderProfile.of(Duration.ofSeconds(3), 4, Duration.ofMinutes(7), ""));

	/**
	 * Shopify signs the body and nothing else, waits for five seconds and comes again
	 * eight times within four hours (shopify.dev/docs/apps/build/webhooks).
	 */
	public static final HmacPreset SHOPIFY = new HmacPreset(
			new HmacPolicy("X-Shopify-Hmac-Sha256", "", null, null, Algorithm.SHA256, Encoding.BASE64, "{body}", false),
			new SenderProfile(Duration.ofSeconds(5), 9, Duration.ofHours(4), Duration.ofHours(48), "", false));

	/**
	 * Standard Webhooks 1.0.0 advises senders to wait for 15 to 30 seconds, and has a
	 * schedule of ten attempts within 75 h 35 min 5 s for an example.
	 */
	public static final HmacPreset STANDARD_WEBHOOKS = new HmacPreset(
			new HmacPolicy("webhook-signature", "v1,", "webhook-timestamp", "webhook-id", Algorithm.SHA256,
					Encoding.BASE64, "{nonce}.{timestamp}.{body}", false),
			SenderProfile.of(Duration.ofSeconds(15), 10, Duration.ofSeconds(((75 * 60) + 35) * 60 + 5), ""));

	private static HmacPolicy hex(String signatureHeader, String signaturePrefix, @Nullable String timestampHeader,
			String signed) {
		return new HmacPolicy(signatureHeader, signaturePrefix, timestampHeader, null, Algorithm.SHA256, Encoding.HEX,
				signed, false);
	}

}
