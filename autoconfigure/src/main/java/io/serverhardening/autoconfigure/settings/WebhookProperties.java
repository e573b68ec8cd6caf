package io.serverhardening.autoconfigure.settings;

import java.util.List;

import io.serverhardening.DataLimit;
import io.serverhardening.Timeout;
import io.serverhardening.client.CidrBlock;
import io.serverhardening.webhook.hmac.HmacPolicy;
import io.serverhardening.webhook.wechat.WechatEncryption;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * One source of webhooks, {@code server.hardening.webhook.<id>.*}.
 * <p>
 * Never bound by itself. The annotation is for the metadata, which knows no properties
 * below a map: it documents the leaves under the id {@code id}.
 *
 * @param sender Who pushes: wechat, hmac, stripe, github, slack, shopify,
 * standard-webhooks, wechatpay or feishu, or the name of a WebhookSender bean, which goes
 * first. Required.
 * @param encryption How WeChat's pushes come, as the account's console says: plain,
 * compatible or safe. What comes otherwise is refused.
 * @param appId The id of the app that WeChat's pushes are for.
 * @param secrets What pushes are signed with: WeChat's token, Feishu's Encrypt Key, or
 * the shared secret. Several while one takes the place of another. Never shown. Required
 * but for WeChat Pay and beans.
 * @param aesKeys What pushes are encrypted with: WeChat's EncodingAESKey, or WeChat Pay's
 * APIv3 key. Several while one takes the place of another. Never shown.
 * @param publicKeys What WeChat Pay signs with: certificates, and public keys with their
 * ids before them, such as PUB_KEY_ID_0=file:wechatpay.pem. Each a location (file: or
 * classpath:) or PEM. Several while one takes the place of another.
 * @param tolerance How far the timestamp that was signed may be off, either way; what is
 * older or newer is refused. The default is Stripe's and Slack's.
 * @param allowedFrom Addresses or ranges (CIDR) that pushes may come from; others are
 * refused with 403 before anything else is looked at. Empty by default: anywhere.
 * @param senderTimeout Push → the sender gives up on the answer. Routes have to be
 * quicker. Known for all but hmac and Stripe, where nobody says unless it is set; for
 * standard-webhooks the 15 s that the specification advises.
 * @param retryPeriod First attempt → last attempt. Routes remember messages for twice as
 * long, at least. Known for all but hmac, where nobody says unless it is set, and GitHub,
 * which does not come again; for standard-webhooks the specification's example, 75 h 35
 * min.
 * @param maxBodySize How large a push may be; a longer one is refused with 413. It is
 * read as a whole before anybody knows who has sent it. 64KB for WeChat and 256KB (what
 * Spring's codecs hold in memory) for others, and never more than request.max-body-size,
 * when left out. A route's deduplication.max-body-size goes first.
 * @param hmac how the sender signs, for sender: hmac
 */
@ConfigurationProperties(prefix = HardeningProperties.PREFIX + ".webhook.id")
public record WebhookProperties(@Nullable String sender, @DefaultValue("safe") WechatEncryption encryption,
		@Nullable String appId, @DefaultValue List<String> secrets, @DefaultValue List<String> aesKeys,
		@DefaultValue List<String> publicKeys, @DefaultValue("5m") Timeout tolerance,
		@DefaultValue List<CidrBlock> allowedFrom, @Nullable Timeout senderTimeout, @Nullable Timeout retryPeriod,
		@Nullable DataLimit maxBodySize, @DefaultValue Hmac hmac) {

	/** Without the secrets. */
	@Override
	public String toString() {
		return "WebhookProperties[sender=" + this.sender + "]";
	}

	/**
	 * How a sender signs with a shared secret.
	 *
	 * @param signatureHeader The header that holds the signature; several in it are
	 * separated by spaces. The default is the one most senders agree on.
	 * @param signaturePrefix What stands before a signature, such as sha256= or v1,.
	 * Nothing by default.
	 * @param timestampHeader The header that says when, in seconds since 1970; that of
	 * the signature where both are in one, as t= and with commas between. None when left
	 * out, and then a push is believed at any age.
	 * @param nonceHeader The header whose value is used once, and again only for the same
	 * bytes; none when left out.
	 * @param algorithm The digest: sha1, sha256 or sha512.
	 * @param encoding How the signature is written: hex or base64.
	 * @param signed What is signed, with {timestamp}, {nonce} and {body} in the place of
	 * those.
	 */
	public record Hmac(@DefaultValue("X-Signature") String signatureHeader, @DefaultValue("") String signaturePrefix,
			@Nullable String timestampHeader, @Nullable String nonceHeader,
			@DefaultValue("sha256") HmacPolicy.Algorithm algorithm, @DefaultValue("hex") HmacPolicy.Encoding encoding,
			@DefaultValue("{body}") String signed) {

	}

}
