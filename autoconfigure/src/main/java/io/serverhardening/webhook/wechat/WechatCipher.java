package io.serverhardening.webhook.wechat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.Base64;

import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

import org.jspecify.annotations.Nullable;

/**
 * WeChat's encryption: AES-256-CBC with the key's beginning as its vector, padded to 32
 * bytes, around random bytes, a length, the message and the id of the app.
 */
final class WechatCipher {

	/** The length of an EncodingAESKey. */
	static final int KEY_LENGTH = 43;

	static final int RANDOM_LENGTH = 16;

	/** WeChat pads to this, not to the 16 of AES: the JDK's padding refuses it. */
	private static final int BLOCK = 32;

	private static final int HEADER = RANDOM_LENGTH + Integer.BYTES;

	private final SecretKeySpec key;

	private final IvParameterSpec vector;

	private final byte[] appId;

	/**
	 * Create the cipher.
	 * @param encodingKey the EncodingAESKey, 43 letters and digits
	 * @param appId the id of the app that messages have to be for
	 * @throws IllegalArgumentException if that is no such key
	 */
	WechatCipher(String encodingKey, String appId) {
		if (encodingKey.length() != KEY_LENGTH) {
			throw new IllegalArgumentException("An EncodingAESKey has " + KEY_LENGTH + " letters and digits");
		}
		byte[] bytes = Base64.getDecoder().decode(encodingKey + "=");
		this.key = new SecretKeySpec(bytes, "AES");
		this.vector = new IvParameterSpec(bytes, 0, 16);
		this.appId = appId.getBytes(StandardCharsets.UTF_8);
	}

	/**
	 * Decrypt a message.
	 * @param encrypted the message, Base64
	 * @return the message, or {@code null} if it is none, or for another app
	 */
	byte @Nullable [] decrypt(String encrypted) {
		byte[] frame;
		try {
			byte[] bytes = Base64.getDecoder().decode(encrypted);
			if (bytes.length == 0 || bytes.length % 16 != 0) {
				return null;
			}
			frame = cipher(Cipher.DECRYPT_MODE).doFinal(bytes);
		}
		catch (IllegalArgumentException | GeneralSecurityException ex) {
			return null;
		}
		int end = unpad(frame);
		if (end < HEADER) {
			return null;
		}
		int length = ByteBuffer.wrap(frame, RANDOM_LENGTH, Integer.BYTES).getInt();
		if (length < 0 || length > end - HEADER) {
			return null;
		}
		byte[] appId = Arrays.copyOfRange(frame, HEADER + length, end);
		return Arrays.equals(appId, this.appId) ? Arrays.copyOfRange(frame, HEADER, HEADER + length) : null;
	}

	private static int unpad(byte[] frame) {
		int pad = frame[frame.length - 1];
		if (pad < 1 || pad > BLOCK || pad > frame.length) {
			return -1;
		}
		for (int i = frame.length - pad; i < frame.length; i++) {
			if (frame[i] != pad) {
				return -1;
			}
		}
		return frame.length - pad;
	}

	/**
	 * Encrypt a message.
	 * @param message the message
	 * @param random sixteen bytes that nobody can guess
	 * @return the message, Base64
	 */
	String encrypt(byte[] message, byte[] random) {
		int length = HEADER + message.length + this.appId.length;
		int pad = BLOCK - length % BLOCK;
		ByteBuffer frame = ByteBuffer.allocate(length + pad);
		frame.put(random, 0, RANDOM_LENGTH).putInt(message.length).put(message).put(this.appId);
		while (frame.hasRemaining()) {
			frame.put((byte) pad);
		}
		try {
			return Base64.getEncoder().encodeToString(cipher(Cipher.ENCRYPT_MODE).doFinal(frame.array()));
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException("Every JDK can", ex);
		}
	}

	private Cipher cipher(int mode) throws GeneralSecurityException {
		Cipher cipher = Cipher.getInstance("AES/CBC/NoPadding");
		cipher.init(mode, this.key, this.vector);
		return cipher;
	}

}
