package io.serverhardening.ratelimit;

import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.HexFormat;

import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * What operators see of a key: that it is the same again. Under a secret of the process,
 * or addresses would be found by trying them all.
 */
final class ShownKey {

	private static final int SHOWN_BYTES = 6;

	private static final byte[] SECRET = new byte[32];

	static {
		new SecureRandom().nextBytes(SECRET);
	}

	private ShownKey() {
	}

	static String of(Object key, boolean asItIs) {
		String text = text(key);
		return asItIs ? text.replaceAll("\\p{Cntrl}", "?") : hash(text);
	}

	private static String text(Object key) {
		if (key instanceof InetAddress address) {
			return address.getHostAddress();
		}
		return key.toString();
	}

	private static String hash(String text) {
		try {
			Mac mac = Mac.getInstance("HmacSHA256");
			mac.init(new SecretKeySpec(SECRET, "HmacSHA256"));
			return HexFormat.of().formatHex(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)), 0, SHOWN_BYTES);
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException("Every Java has HmacSHA256", ex);
		}
	}

}
