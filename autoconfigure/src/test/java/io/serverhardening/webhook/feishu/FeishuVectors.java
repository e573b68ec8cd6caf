package io.serverhardening.webhook.feishu;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;

import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

import io.serverhardening.webhook.sender.Signatures;

/**
 * Encrypts and signs as Feishu does.
 */
public final class FeishuVectors {

	private FeishuVectors() {
	}

	public static String encrypted(String key, String plain) {
		try {
			byte[] vector = new byte[16];
			Arrays.fill(vector, (byte) 7);
			Cipher cipher = Cipher.getInstance("AES/CBC/PKCS5Padding");
			cipher.init(Cipher.ENCRYPT_MODE,
					new SecretKeySpec(Signatures.digest("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8)), "AES"),
					new IvParameterSpec(vector));
			byte[] bytes = cipher.doFinal(plain.getBytes(StandardCharsets.UTF_8));
			byte[] all = Arrays.copyOf(vector, 16 + bytes.length);
			System.arraycopy(bytes, 0, all, 16, bytes.length);
			return "{\"encrypt\":\"" + Base64.getEncoder().encodeToString(all) + "\"}";
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException(ex);
		}
	}

	public static String signature(String key, String timestamp, String nonce, String body) {
		return HexFormat.of()
			.formatHex(Signatures.digest("SHA-256")
				.digest((timestamp + nonce + key + body).getBytes(StandardCharsets.UTF_8)));
	}

}
