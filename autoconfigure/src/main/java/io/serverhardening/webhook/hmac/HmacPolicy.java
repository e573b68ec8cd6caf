package io.serverhardening.webhook.hmac;

import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * How a sender signs with a shared secret.
 *
 * @param signatureHeader the header that holds the signature
 * @param signaturePrefix what stands before it, such as {@code sha256=}
 * @param timestampHeader the header that says when, {@code null} for none; that of the
 * signature where it is in there, as {@code t=}, and commas are in between
 * @param nonceHeader the header that is used once, {@code null} for none
 * @param algorithm the digest
 * @param encoding how the signature is written
 * @param signed what is signed, with {@code {timestamp}}, {@code {nonce}} and
 * {@code {body}} in the place of those
 * @param challenged whether it has the address proved by a {@code url_verification}
 */
public record HmacPolicy(String signatureHeader, String signaturePrefix, @Nullable String timestampHeader,
		@Nullable String nonceHeader, Algorithm algorithm, Encoding encoding, String signed, boolean challenged) {

	private static final Pattern PLACE = Pattern.compile("\\{([^}]*)}");

	boolean isTimestampInside() {
		return this.signatureHeader.equalsIgnoreCase(this.timestampHeader);
	}

	/**
	 * Return what is wrong with what is signed.
	 * @return a sentence, or {@code null} if nothing is
	 */
	public @Nullable String problem() {
		Set<String> seen = new HashSet<>();
		Matcher places = PLACE.matcher(this.signed);
		while (places.find()) {
			if (!seen.add(places.group(1))) {
				return "has " + places.group() + " twice";
			}
			switch (places.group(1)) {
				case "body" -> {
					// Anything, anywhere.
				}
				case "timestamp" -> {
					if (this.timestampHeader == null) {
						return "has {timestamp}, but timestamp-header is not set";
					}
				}
				case "nonce" -> {
					if (this.nonceHeader == null) {
						return "has {nonce}, but nonce-header is not set";
					}
				}
				default -> {
					return "has " + places.group() + ": only {timestamp}, {nonce} and {body} are known";
				}
			}
		}
		if (this.signed.contains("}{")) {
			return "has two places with nothing between them, so that bytes could move from one to the other under the "
					+ "same signature: put a character such as '.' between them";
		}
		String movable = movable();
		if (movable != null) {
			return movable;
		}
		if (!seen.contains("body")) {
			return "does not have {body}: anybody could change a body that is not signed";
		}
		if (this.timestampHeader != null && !this.signed.contains("{timestamp}")) {
			return "does not have {timestamp}: anybody could send an old push with a new timestamp";
		}
		if (this.nonceHeader != null && !this.signed.contains("{nonce}")) {
			return "does not have {nonce}: anybody could send an old push with a new nonce";
		}
		return null;
	}

	// What stands before the body is read from the left, what stands behind it from the
	// right: each ends where its separator has a character that it cannot have itself.
	private @Nullable String movable() {
		int body = this.signed.indexOf("{body}");
		Matcher places = PLACE.matcher(this.signed);
		while (body >= 0 && places.find()) {
			if (places.start() == body) {
				continue;
			}
			String between = (places.start() < body)
					? this.signed.substring(places.end(), this.signed.indexOf('{', places.end()))
					: this.signed.substring(this.signed.lastIndexOf('}', places.start()) + 1, places.start());
			String own = places.group(1).equals("nonce") ? "[A-Za-z0-9_-]*" : "[0-9]*";
			if (between.matches(own)) {
				return "has nothing beside " + places.group() + " but characters that it may contain, so that bytes "
						+ "could move across under the same signature: put a character such as '.' between";
			}
		}
		return null;
	}

	/**
	 * The digests.
	 */
	public enum Algorithm {

		/** HMAC-SHA1, for senders that have nothing better. */
		SHA1,

		/** HMAC-SHA256. */
		SHA256,

		/** HMAC-SHA512. */
		SHA512;

		String macName() {
			return "Hmac" + name().toUpperCase(Locale.ROOT);
		}

	}

	/**
	 * How a signature is written.
	 */
	public enum Encoding {

		/** Hexadecimal, of any case. */
		HEX,

		/** Base64. */
		BASE64

	}

}
