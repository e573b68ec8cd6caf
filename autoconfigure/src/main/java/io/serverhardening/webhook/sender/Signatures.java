package io.serverhardening.webhook.sender;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;

import io.serverhardening.WebhookPush;
import io.serverhardening.WebhookVerdict;

/**
 * What proofs have in common.
 */
public final class Signatures {

	private Signatures() {
	}

	/**
	 * Digest strings in their natural order, as WeChat does.
	 * @param parts the strings
	 * @return the SHA-1 of them, hexadecimal
	 */
	public static String sorted(String... parts) {
		String[] sorted = parts.clone();
		Arrays.sort(sorted);
		MessageDigest digest = digest("SHA-1");
		for (String part : sorted) {
			digest.update(part.getBytes(StandardCharsets.UTF_8));
		}
		return HexFormat.of().formatHex(digest.digest());
	}

	/**
	 * Compare without telling by the time how much is right.
	 * @param expected what it should be
	 * @param given what it is
	 * @return whether they are the same
	 */
	public static boolean same(String expected, String given) {
		return MessageDigest.isEqual(expected.getBytes(StandardCharsets.UTF_8), given.getBytes(StandardCharsets.UTF_8));
	}

	/**
	 * Whether something was signed lately.
	 * @param timestamp when, seconds since the epoch, as it was sent
	 * @param push what it was sent with
	 * @return {@code false} if it is old, of the future, or no time
	 */
	public static boolean isFresh(String timestamp, WebhookPush push) {
		try {
			return push.isFresh(Instant.ofEpochSecond(Long.parseLong(timestamp)));
		}
		catch (NumberFormatException | DateTimeException ex) {
			return false;
		}
	}

	/**
	 * Refuse what was not signed lately.
	 * @param push the push
	 * @return the refusal
	 */
	public static WebhookVerdict stale(WebhookPush push) {
		return WebhookVerdict.refused("The timestamp is more than " + push.tolerance() + " off.");
	}

	/**
	 * Return a digest.
	 * @param algorithm its name, one that every JDK has
	 * @return the digest
	 */
	public static MessageDigest digest(String algorithm) {
		try {
			return MessageDigest.getInstance(algorithm);
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException("Every JDK has it", ex);
		}
	}

}
