package io.serverhardening.webhook.hmac;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;

import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

import io.serverhardening.WebhookPush;
import io.serverhardening.WebhookVerdict;
import io.serverhardening.internal.message.SenderProfile;
import io.serverhardening.webhook.hmac.HmacPolicy.Encoding;
import io.serverhardening.webhook.sender.KnownSender;
import io.serverhardening.webhook.sender.Signatures;
import io.serverhardening.webhook.sender.UrlVerification;
import org.jspecify.annotations.Nullable;

/**
 * A sender that signs with a shared secret.
 */
public final class HmacSender extends KnownSender {

	/** A header with more signatures than this is no rotation. */
	private static final int MAX_SIGNATURES = 8;

	private static final Pattern SPACES = Pattern.compile(" +");

	private static final Pattern COMMA = Pattern.compile(",");

	private static final String TIMESTAMP_INSIDE = "t=";

	/** Nothing that may stand beside it in what is signed. */
	private static final Pattern NONCE = Pattern.compile("[A-Za-z0-9_-]{1,256}");

	private static final WebhookVerdict MISSING = WebhookVerdict.refused("A header of the signature is missing.");

	private static final WebhookVerdict WRONG = WebhookVerdict.refused("The signature is wrong.");

	private final HmacPolicy policy;

	private final List<SecretKeySpec> keys;

	private final String before;

	private final String after;

	/**
	 * Create the sender.
	 * @param policy how it signs
	 * @param keys the keys that it may sign with
	 * @param profile how it behaves
	 */
	public HmacSender(HmacPolicy policy, List<byte[]> keys, SenderProfile profile) {
		super(profile);
		this.policy = policy;
		this.keys = keys.stream().map((key) -> new SecretKeySpec(key, policy.algorithm().macName())).toList();
		int body = policy.signed().indexOf("{body}");
		this.before = policy.signed().substring(0, body);
		this.after = policy.signed().substring(body + "{body}".length());
	}

	@Override
	public boolean hasNonces() {
		return this.policy.nonceHeader() != null;
	}

	@Override
	public WebhookVerdict verify(WebhookPush push) {
		String header = push.header(this.policy.signatureHeader());
		String nonce = header(push, this.policy.nonceHeader());
		if (header == null || nonce == null) {
			return MISSING;
		}
		Pattern separator = this.policy.isTimestampInside() ? COMMA : SPACES;
		String[] parts = separator.split(header, MAX_SIGNATURES + 1);
		String timestamp = this.policy.isTimestampInside() ? timestampIn(parts)
				: header(push, this.policy.timestampHeader());
		if (timestamp == null) {
			return MISSING;
		}
		if (this.policy.nonceHeader() != null && !NONCE.matcher(nonce).matches()) {
			return WebhookVerdict
				.refused("A nonce has letters, digits, hyphens and underscores, one at least and 256 at most.");
		}
		if (!isSigned(push.body(), timestamp, nonce, parts)) {
			return WRONG;
		}
		if (this.policy.timestampHeader() != null && !Signatures.isFresh(timestamp, push)) {
			return Signatures.stale(push);
		}
		String answer = this.policy.challenged() ? UrlVerification.answer(push.body()) : null;
		return (answer != null) ? WebhookVerdict.answered(answer)
				: WebhookVerdict.genuine(nonce, push.body()).withNonce(nonce);
	}

	private static @Nullable String header(WebhookPush push, @Nullable String name) {
		return (name != null) ? push.header(name) : "";
	}

	private static @Nullable String timestampIn(String[] parts) {
		for (String part : parts) {
			if (part.startsWith(TIMESTAMP_INSIDE)) {
				return part.substring(TIMESTAMP_INSIDE.length());
			}
		}
		return null;
	}

	// Senders that rotate their secret sign with both, and we may have both as well: all
	// are compared to the end.
	private boolean isSigned(byte[] body, String timestamp, String nonce, String[] parts) {
		List<byte[]> given = given(parts);
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

	private List<byte[]> given(String[] parts) {
		List<byte[]> given = new ArrayList<>(1);
		for (String each : parts) {
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
