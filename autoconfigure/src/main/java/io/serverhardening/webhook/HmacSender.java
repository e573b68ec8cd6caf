package io.serverhardening.webhook;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

import io.serverhardening.WebhookMessage;
import io.serverhardening.internal.SenderProfile;
import io.serverhardening.webhook.HmacPolicy.Encoding;
import org.jspecify.annotations.Nullable;

/**
 * A sender that signs with a shared secret.
 */
public final class HmacSender extends WebhookSender {

	/** A header with more signatures than this is no rotation. */
	private static final int MAX_SIGNATURES = 8;

	/** Nothing that may stand beside it in what is signed. */
	private static final Pattern NONCE = Pattern.compile("[A-Za-z0-9_-]{0,256}");

	private final HmacPolicy policy;

	private final List<SecretKeySpec> keys;

	private final String before;

	private final String after;

	/**
	 * Create the sender.
	 * @param source the id of the source
	 * @param policy how it signs
	 * @param secrets the secrets that it may sign with
	 * @param profile how it behaves
	 */
	public HmacSender(String source, HmacPolicy policy, List<String> secrets, SenderProfile profile) {
		super(source, profile);
		this.policy = policy;
		List<SecretKeySpec> keys = new ArrayList<>();
		secrets.forEach((secret) -> keys
			.add(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), policy.algorithm().macName())));
		this.keys = List.copyOf(keys);
		int body = policy.signed().indexOf("{body}");
		this.before = policy.signed().substring(0, body);
		this.after = policy.signed().substring(body + "{body}".length());
	}

	@Override
	public String kind() {
		return "hmac";
	}

	@Override
	Verification verify(Push push) {
		String signatures = push.header(this.policy.signatureHeader());
		String timestamp = header(push, this.policy.timestampHeader());
		String nonce = header(push, this.policy.nonceHeader());
		if (signatures == null || timestamp == null || nonce == null) {
			return Verification.refused("A header of the signature is missing.");
		}
		if (!NONCE.matcher(nonce).matches()) {
			return Verification.refused("A nonce has letters, digits, hyphens and underscores, 256 at most.");
		}
		if (!isSigned(push.body(), timestamp, nonce, signatures)) {
			return Verification.refused("The signature is wrong.");
		}
		if (this.policy.timestampHeader() != null
				&& !Signatures.isFresh(timestamp, push.nowMillis(), this.policy.tolerance())) {
			return Verification.refused("The timestamp is more than " + this.policy.tolerance() + " off.");
		}
		WebhookMessage message = new WebhookMessage(source(), nonce, push.body(), Map.of());
		return Verification.genuine(message, push.body(), nonce, null);
	}

	private static @Nullable String header(Push push, @Nullable String name) {
		return (name != null) ? push.header(name) : "";
	}

	// Senders that rotate their secret sign with both, and we may have both as well: all
	// are compared to the end.
	private boolean isSigned(byte[] body, String timestamp, String nonce, String signatures) {
		List<byte[]> given = given(signatures);
		boolean signed = false;
		for (SecretKeySpec key : this.keys) {
			byte[] expected = sign(key, body, timestamp, nonce);
			for (byte[] signature : given) {
				signed |= MessageDigest.isEqual(expected, signature);
			}
		}
		return signed;
	}

	private byte[] sign(SecretKeySpec key, byte[] body, String timestamp, String nonce) {
		try {
			Mac mac = Mac.getInstance(key.getAlgorithm());
			mac.init(key);
			mac.update(filled(this.before, timestamp, nonce));
			mac.update(body);
			mac.update(filled(this.after, timestamp, nonce));
			return mac.doFinal();
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException("Every JDK can", ex);
		}
	}

	private static byte[] filled(String template, String timestamp, String nonce) {
		// The nonce last: it is the sender's, and may look like a place itself.
		int place = template.indexOf("{nonce}");
		String filled = (place < 0) ? template.replace("{timestamp}", timestamp)
				: template.substring(0, place).replace("{timestamp}", timestamp) + nonce
						+ template.substring(place + "{nonce}".length()).replace("{timestamp}", timestamp);
		return filled.getBytes(StandardCharsets.UTF_8);
	}

	private List<byte[]> given(String header) {
		List<byte[]> given = new ArrayList<>(1);
		for (String each : header.split("[ ]+", MAX_SIGNATURES + 1)) {
			if (each.startsWith(this.policy.signaturePrefix()) && given.size() < MAX_SIGNATURES) {
				byte[] signature = decode(each.substring(this.policy.signaturePrefix().length()));
				if (signature != null) {
					given.add(signature);
				}
			}
		}
		return given;
	}

	private byte @Nullable [] decode(String text) {
		try {
			return (this.policy.encoding() == Encoding.HEX) ? HexFormat.of().parseHex(text)
					: Base64.getDecoder().decode(text);
		}
		catch (IllegalArgumentException ex) {
			return null;
		}
	}

}
