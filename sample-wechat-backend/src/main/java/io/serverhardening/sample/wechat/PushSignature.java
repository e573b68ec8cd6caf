package io.serverhardening.sample.wechat;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * The signature of a push in plain mode: SHA-1 over token, timestamp and nonce, sorted.
 */
final class PushSignature {

	private final String token;

	PushSignature(String token) {
		this.token = token;
	}

	/**
	 * Whether WeChat signed a push. Takes the same time wherever the signatures differ.
	 * @param signature the signature that came with the push
	 * @param timestamp its timestamp
	 * @param nonce its nonce
	 * @return {@code true} if the signature is right
	 */
	boolean verify(String signature, String timestamp, String nonce) {
		byte[] expected = sign(timestamp, nonce).getBytes(StandardCharsets.US_ASCII);
		return MessageDigest.isEqual(expected, signature.getBytes(StandardCharsets.UTF_8));
	}

	String sign(String timestamp, String nonce) {
		String[] parts = { this.token, timestamp, nonce };
		Arrays.sort(parts);
		try {
			MessageDigest sha1 = MessageDigest.getInstance("SHA-1");
			return HexFormat.of().formatHex(sha1.digest(String.join("", parts).getBytes(StandardCharsets.UTF_8)));
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException("Every Java platform has SHA-1", ex);
		}
	}

}
