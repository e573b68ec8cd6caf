package io.serverhardening.webhook.wechat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * The keys that WeChat Pay signs with, by what {@code Wechatpay-Serial} calls them: the
 * serial number of a certificate, or the id of a public key.
 */
public final class WechatPayKeys {

	private static final String BEGIN_KEY = "-----BEGIN PUBLIC KEY-----";

	private static final String END_KEY = "-----END PUBLIC KEY-----";

	private static final int SHORTEST = 2048;

	private final Map<String, PublicKey> keys = new LinkedHashMap<>();

	/**
	 * Add a certificate or a public key.
	 * @param id the id of a public key; for a certificate its serial number, or
	 * {@code null}
	 * @param pem the PEM
	 * @throws IllegalArgumentException if it is none; its message says what is wrong, and
	 * nothing that is in it
	 */
	public void add(@Nullable String id, String pem) {
		try {
			if (pem.contains(BEGIN_KEY)) {
				if (id == null) {
					throw new IllegalArgumentException("is a public key without its id: write PUB_KEY_ID_…=<location>");
				}
				put(id, publicKey(pem));
				return;
			}
			X509Certificate certificate = certificate(pem);
			String serial = certificate.getSerialNumber().toString(16);
			if (id != null && !normalized(id).equals(normalized(serial))) {
				throw new IllegalArgumentException(
						"is a certificate whose serial number is not the one written before it");
			}
			put(serial, certificate.getPublicKey());
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalArgumentException("is neither a certificate nor a public key (PEM)");
		}
	}

	private void put(String id, PublicKey key) {
		if (!(key instanceof RSAPublicKey rsa) || rsa.getModulus().bitLength() < SHORTEST) {
			throw new IllegalArgumentException("is not an RSA key of at least " + SHORTEST + " bits");
		}
		if (this.keys.put(normalized(id), key) != null) {
			throw new IllegalArgumentException("has the same id as another of the public-keys");
		}
	}

	private static PublicKey publicKey(String pem) throws GeneralSecurityException {
		int begin = pem.indexOf(BEGIN_KEY) + BEGIN_KEY.length();
		int end = pem.indexOf(END_KEY, begin);
		if (end < 0) {
			throw new GeneralSecurityException("No end");
		}
		try {
			byte[] der = Base64.getMimeDecoder().decode(pem.substring(begin, end));
			return KeyFactory.getInstance("RSA").generatePublic(new X509EncodedKeySpec(der));
		}
		catch (IllegalArgumentException ex) {
			throw new GeneralSecurityException(ex);
		}
	}

	private static X509Certificate certificate(String pem) throws GeneralSecurityException {
		return (X509Certificate) CertificateFactory.getInstance("X.509")
			.generateCertificate(new ByteArrayInputStream(pem.getBytes(StandardCharsets.UTF_8)));
	}

	/**
	 * Return the keys.
	 * @return the keys by their names
	 */
	public Map<String, PublicKey> keys() {
		return Map.copyOf(this.keys);
	}

	// A serial number is a number: of any case, and with any zeros before it.
	static String normalized(String serial) {
		String upper = serial.trim().toUpperCase(Locale.ROOT);
		int start = 0;
		while (start < upper.length() - 1 && upper.charAt(start) == '0') {
			start++;
		}
		return upper.substring(start);
	}

}
