package io.serverhardening.webhook;

/**
 * Writes an answer as its reader wants it.
 */
@FunctionalInterface
interface ReplyCipher {

	/**
	 * Encrypt and sign an answer, anew for each attempt.
	 * @param plaintext what the handler answered
	 * @return what is sent
	 */
	Reply encrypt(byte[] plaintext);

	/**
	 * An answer as it is sent.
	 *
	 * @param contentType what it is
	 * @param text the text
	 */
	record Reply(String contentType, String text) {

	}

}
