package io.serverhardening.sample.simulator;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Map;

import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Writes pushes as WeChat does, and reads what comes back.
 */
final class PushWriter {

	private static final int BLOCK = 32;

	private static final int HEADER = 20;

	private static final SecureRandom RANDOM = new SecureRandom();

	private final String mode;

	private final String token;

	private final String appId;

	private final byte[] key;

	PushWriter(Options options) {
		this.mode = options.mode();
		this.token = options.token();
		this.appId = options.appId();
		this.key = Base64.getDecoder().decode(options.aesKey() + "=");
	}

	/**
	 * Write one attempt: each has a nonce of its own.
	 * @param message the message
	 * @return its query and body
	 */
	Push write(Message message) {
		String timestamp = Long.toString(System.currentTimeMillis() / 1000);
		String nonce = Long.toString(RANDOM.nextLong() >>> 1);
		String query = "timestamp=" + timestamp + "&nonce=" + nonce + "&openid=" + message.user() + "&signature="
				+ sign(timestamp, nonce);
		if (this.mode.equals("plain")) {
			return new Push(query, message.body());
		}
		String encrypted = encrypt(message.body());
		query += "&encrypt_type=aes&msg_signature=" + sign(timestamp, nonce, encrypted);
		String plain = this.mode.equals("safe") ? "" : message.inner();
		String body = message.json()
				? "{\"ToUserName\":\"gh_sample\"," + (plain.isEmpty() ? "" : plain + ",") + "\"Encrypt\":\"" + encrypted
						+ "\"}"
				: "<xml><ToUserName>gh_sample</ToUserName>" + plain + "<Encrypt><![CDATA[" + encrypted
						+ "]]></Encrypt></xml>";
		return new Push(query, body);
	}

	/**
	 * Return what a user sees of an answer.
	 * @param status its status
	 * @param body its body
	 * @return what
	 */
	Seen read(int status, String body) {
		if (status != 200) {
			return Seen.ERROR;
		}
		if (body.isEmpty() || body.equals("success")) {
			return Seen.NOTHING;
		}
		String plain = open(body);
		return (plain.startsWith("<xml>") && plain.contains("<Content>")) ? Seen.REPLY : Seen.ERROR;
	}

	/**
	 * Decrypt an answer where it is encrypted.
	 * @param body its body
	 * @return what it says, or nothing if it is not signed as it should be
	 */
	String open(String body) {
		if (!this.mode.equals("safe")) {
			return body;
		}
		String encrypted = between(body, "<Encrypt><![CDATA[", "]]>");
		String signature = between(body, "<MsgSignature><![CDATA[", "]]>");
		String timestamp = between(body, "<TimeStamp>", "</TimeStamp>");
		String nonce = between(body, "<Nonce><![CDATA[", "]]>");
		return sign(timestamp, nonce, encrypted).equals(signature) ? decrypt(encrypted) : "";
	}

	private static String between(String text, String begin, String end) {
		int from = text.indexOf(begin);
		int to = text.indexOf(end, from + begin.length());
		return (from < 0 || to < 0) ? "" : text.substring(from + begin.length(), to);
	}

	private String sign(String... parts) {
		String[] all = Arrays.copyOf(parts, parts.length + 1);
		all[parts.length] = this.token;
		Arrays.sort(all);
		try {
			return HexFormat.of()
				.formatHex(MessageDigest.getInstance("SHA-1")
					.digest(String.join("", all).getBytes(StandardCharsets.UTF_8)));
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private String encrypt(String text) {
		byte[] message = text.getBytes(StandardCharsets.UTF_8);
		byte[] app = this.appId.getBytes(StandardCharsets.UTF_8);
		byte[] random = new byte[16];
		RANDOM.nextBytes(random);
		int length = HEADER + message.length + app.length;
		int pad = BLOCK - length % BLOCK;
		ByteBuffer frame = ByteBuffer.allocate(length + pad);
		frame.put(random).putInt(message.length).put(message).put(app);
		while (frame.hasRemaining()) {
			frame.put((byte) pad);
		}
		return Base64.getEncoder().encodeToString(crypt(Cipher.ENCRYPT_MODE, frame.array()));
	}

	private String decrypt(String encrypted) {
		byte[] frame = crypt(Cipher.DECRYPT_MODE, Base64.getDecoder().decode(encrypted));
		int length = ByteBuffer.wrap(frame, 16, 4).getInt();
		return new String(frame, HEADER, length, StandardCharsets.UTF_8);
	}

	private byte[] crypt(int mode, byte[] bytes) {
		try {
			Cipher cipher = Cipher.getInstance("AES/CBC/NoPadding");
			cipher.init(mode, new SecretKeySpec(this.key, "AES"), new IvParameterSpec(this.key, 0, 16));
			return cipher.doFinal(bytes);
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * What a user sees.
	 */
	enum Seen {

		/** A reply. */
		REPLY,

		/** Nothing: the message was taken. */
		NOTHING,

		/** That the service is out of order. */
		ERROR

	}

	/**
	 * One attempt.
	 *
	 * @param query its query
	 * @param body its body
	 */
	record Push(String query, String body) {

	}

	/**
	 * A message of a user.
	 *
	 * @param kind text, event or mini
	 * @param user who
	 * @param fields its fields
	 * @param json whether it is written as JSON
	 */
	record Message(String kind, String user, Map<String, String> fields, boolean json) {

		String body() {
			return this.json ? "{" + inner() + "}" : "<xml>" + inner() + "</xml>";
		}

		String inner() {
			StringBuilder inner = new StringBuilder();
			this.fields.forEach((name, value) -> {
				if (this.json) {
					inner.append(inner.isEmpty() ? "" : ",")
						.append('"')
						.append(name)
						.append("\":\"")
						.append(value)
						.append('"');
				}
				else {
					inner.append('<')
						.append(name)
						.append("><![CDATA[")
						.append(value)
						.append("]]></")
						.append(name)
						.append('>');
				}
			});
			return inner.toString();
		}

	}

}
