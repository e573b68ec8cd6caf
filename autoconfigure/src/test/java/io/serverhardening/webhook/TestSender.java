package io.serverhardening.webhook;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;

import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

import io.serverhardening.webhook.feishu.FeishuVectors;
import io.serverhardening.webhook.sender.Signatures;
import io.serverhardening.webhook.wechat.WechatPayVectors;
import io.serverhardening.webhook.wechat.WechatVectors;

/**
 * Signs as the senders do, also wrongly.
 */
enum TestSender {

	WECHAT(true) {

		@Override
		List<String> settings() {
			return List.of("encryption=compatible", "secrets=AAAAA", "app-id=" + WechatVectors.APP_ID,
					"aes-keys=" + WechatVectors.AES_KEY);
		}

		@Override
		Request sign(String text, long time, boolean rightKey, UnaryOperator<String> change) {
			String encrypted = WechatVectors.encrypt(text, new byte[16]);
			String nonce = nonce();
			String signature = change
				.apply(Signatures.sorted(rightKey ? "AAAAA" : "BBBBB", Long.toString(time), nonce, encrypted));
			return new Request(
					"?timestamp=" + time + "&nonce=" + nonce
							+ (signature.isEmpty() ? "" : "&msg_signature=" + signature),
					"{\"Encrypt\":\"" + encrypted + "\"}");
		}

	},

	HMAC(true) {

		@Override
		List<String> settings() {
			return List.of("secrets=secret", "hmac.timestamp-header=X-Timestamp", "hmac.nonce-header=X-Nonce",
					"hmac.signed={timestamp}.{nonce}.{body}");
		}

		@Override
		Request sign(String text, long time, boolean rightKey, UnaryOperator<String> change) {
			String nonce = nonce();
			String signature = hex(mac(rightKey ? "secret" : "other", time + "." + nonce + "." + text));
			return new Request("", text, "X-Signature", change.apply(signature), "X-Timestamp", Long.toString(time),
					"X-Nonce", nonce);
		}

	},

	STRIPE(true) {

		@Override
		Request sign(String text, long time, boolean rightKey, UnaryOperator<String> change) {
			String signature = change.apply(hex(mac(rightKey ? "secret" : "other", time + "." + text)));
			return new Request("", text, "Stripe-Signature", "t=" + time + ",v1=" + signature);
		}

	},

	GITHUB(false) {

		@Override
		Request sign(String text, long time, boolean rightKey, UnaryOperator<String> change) {
			String signature = change.apply(hex(mac(rightKey ? "secret" : "other", text)));
			return new Request("", text, "X-Hub-Signature-256", "sha256=" + signature, "X-GitHub-Delivery", nonce());
		}

	},

	SLACK(true) {

		@Override
		Request sign(String text, long time, boolean rightKey, UnaryOperator<String> change) {
			String signature = change.apply(hex(mac(rightKey ? "secret" : "other", "v0:" + time + ":" + text)));
			return new Request("", text, "X-Slack-Signature", "v0=" + signature, "X-Slack-Request-Timestamp",
					Long.toString(time));
		}

	},

	SHOPIFY(false) {

		@Override
		Request sign(String text, long time, boolean rightKey, UnaryOperator<String> change) {
			String signature = Base64.getEncoder().encodeToString(mac(rightKey ? "secret" : "other", text));
			return new Request("", text, "X-Shopify-Hmac-Sha256", change.apply(signature), "X-Shopify-Webhook-Id",
					nonce());
		}

	},

	STANDARD_WEBHOOKS(true) {

		@Override
		List<String> settings() {
			return List.of("secrets=whsec_" + Base64.getEncoder().encodeToString(KEY.getBytes(StandardCharsets.UTF_8)));
		}

		@Override
		Request sign(String text, long time, boolean rightKey, UnaryOperator<String> change) {
			String id = "msg_" + nonce();
			byte[] mac = mac(rightKey ? KEY : KEY + "x", id + "." + time + "." + text);
			return new Request("", text, "webhook-id", id, "webhook-timestamp", Long.toString(time),
					"webhook-signature", "v1," + change.apply(Base64.getEncoder().encodeToString(mac)));
		}

	},

	WECHATPAY(true) {

		@Override
		List<String> settings() {
			return List.of("aes-keys=" + WechatPayVectors.API_KEY,
					"public-keys=PUB_KEY_ID_1=-----BEGIN PUBLIC KEY-----"
							+ Base64.getEncoder().encodeToString(WechatPayVectors.publicKey().getEncoded())
							+ "-----END PUBLIC KEY-----");
		}

		@Override
		Request sign(String text, long time, boolean rightKey, UnaryOperator<String> change) {
			String nonce = nonce();
			String body = "{\"id\":\"EV-1\",\"resource\":{\"algorithm\":\"AEAD_AES_256_GCM\",\"ciphertext\":\""
					+ Base64.getEncoder().encodeToString(gcm(text)) + "\",\"nonce\":\"123456789012\"}}";
			String signature = WechatPayVectors.sign(Long.toString(time), nonce, rightKey ? body : body + ' ');
			return new Request("", body, "Wechatpay-Serial", "PUB_KEY_ID_1", "Wechatpay-Timestamp", Long.toString(time),
					"Wechatpay-Nonce", nonce, "Wechatpay-Signature", change.apply(signature));
		}

	},

	FEISHU(true) {

		@Override
		Request sign(String text, long time, boolean rightKey, UnaryOperator<String> change) {
			String key = rightKey ? "secret" : "other";
			String body = FeishuVectors.encrypted(key, text);
			String nonce = nonce();
			return new Request("", body, "X-Lark-Request-Timestamp", Long.toString(time), "X-Lark-Request-Nonce", nonce,
					"X-Lark-Signature", change.apply(FeishuVectors.signature(key, Long.toString(time), nonce, body)));
		}

	};

	private static final String KEY = "a key of Standard Webhooks";

	private final boolean dated;

	TestSender(boolean dated) {
		this.dated = dated;
	}

	/**
	 * Return how a source is configured that is this sender.
	 * @return the settings below the source, without the sender
	 */
	List<String> settings() {
		return List.of("secrets=secret");
	}

	/**
	 * Sign a message.
	 * @param text the message
	 * @param time when, seconds
	 * @param rightKey whether it is the key that was agreed on
	 * @param change changes the signature
	 * @return the request
	 */
	abstract Request sign(String text, long time, boolean rightKey, UnaryOperator<String> change);

	Request sign(String text) {
		return sign(text, System.currentTimeMillis() / 1000, true, UnaryOperator.identity());
	}

	boolean isDated() {
		return this.dated;
	}

	String source() {
		return name().toLowerCase(Locale.ROOT).replace("_", "");
	}

	String sender() {
		return (this == STANDARD_WEBHOOKS) ? "standard-webhooks" : source();
	}

	private static String nonce() {
		return Long.toString(System.nanoTime());
	}

	private static byte[] mac(String key, String text) {
		try {
			Mac mac = Mac.getInstance("HmacSHA256");
			mac.init(new SecretKeySpec(key.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
			return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static byte[] gcm(String text) {
		try {
			Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
			cipher.init(Cipher.ENCRYPT_MODE,
					new SecretKeySpec(WechatPayVectors.API_KEY.getBytes(StandardCharsets.UTF_8), "AES"),
					new GCMParameterSpec(128, "123456789012".getBytes(StandardCharsets.UTF_8)));
			return cipher.doFinal(text.getBytes(StandardCharsets.UTF_8));
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static String hex(byte[] bytes) {
		return HexFormat.of().formatHex(bytes);
	}

	/**
	 * A request as it is sent.
	 *
	 * @param query what stands behind its path
	 * @param body its body
	 * @param headers its headers
	 */
	record Request(String query, String body, List<String> headers) {

		Request(String query, String body, String... namesAndValues) {
			this(query, body, new ArrayList<>());
			for (int i = 0; i < namesAndValues.length; i += 2) {
				this.headers.add(namesAndValues[i] + ": " + namesAndValues[i + 1]);
			}
		}

		Request withBody(String body) {
			return new Request(this.query, body, this.headers);
		}

		Request withHeader(String name, String value) {
			List<String> headers = new ArrayList<>(this.headers);
			headers.removeIf((header) -> header.startsWith(name + ":"));
			headers.add(name + ": " + value);
			return new Request(this.query, this.body, headers);
		}

	}

}
