package io.serverhardening.webhook.wechat;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.function.UnaryOperator;

import io.serverhardening.WebhookPush;
import io.serverhardening.webhook.sender.Signatures;

/**
 * Encrypts and signs what is answered to a message, in the way in which the message came.
 *
 * @param cipher encrypts it
 * @param token signs it
 * @param timestamp the time, seconds since the epoch
 * @param nonce what the message had for a nonce
 * @param json whether the message came as JSON
 */
record WechatReply(WechatCipher cipher, String token, String timestamp, String nonce,
		boolean json) implements UnaryOperator<byte[]> {

	private static final SecureRandom RANDOM = new SecureRandom();

	/**
	 * Return what encrypts the answer to a push.
	 * @param push the push
	 * @param cipher the cipher of its message
	 * @param token the token that it is signed with
	 * @param nonce its nonce
	 * @return the reply
	 */
	static WechatReply to(WebhookPush push, WechatCipher cipher, String token, String nonce) {
		return new WechatReply(cipher, token, Long.toString(push.time().getEpochSecond()), nonce,
				WechatFields.isJson(push.body()));
	}

	@Override
	public byte[] apply(byte[] body) {
		byte[] random = new byte[WechatCipher.RANDOM_LENGTH];
		RANDOM.nextBytes(random);
		return write(this.cipher.encrypt(body, random), this.token, this.timestamp, this.nonce, this.json)
			.getBytes(StandardCharsets.UTF_8);
	}

	static String write(String encrypted, String token, String timestamp, String nonce, boolean json) {
		String signature = Signatures.sorted(token, timestamp, nonce, encrypted);
		if (json) {
			return "{\"Encrypt\":\"" + encrypted + "\",\"MsgSignature\":\"" + signature + "\",\"TimeStamp\":"
					+ timestamp + ",\"Nonce\":\"" + escaped(nonce) + "\"}";
		}
		return "<xml><Encrypt><![CDATA[" + encrypted + "]]></Encrypt><MsgSignature><![CDATA[" + signature
				+ "]]></MsgSignature><TimeStamp>" + timestamp + "</TimeStamp><Nonce><![CDATA[" + escaped(nonce)
				+ "]]></Nonce></xml>";
	}

	// A nonce is signed, and a number; if it were not, it would not get out of its
	// quotes.
	private static String escaped(String nonce) {
		return nonce.replaceAll("[^A-Za-z0-9_.~-]", "");
	}

	@Override
	public String toString() {
		return "an encrypted answer";
	}

}
