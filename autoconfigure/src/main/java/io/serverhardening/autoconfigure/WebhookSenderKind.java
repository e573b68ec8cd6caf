package io.serverhardening.autoconfigure;

/**
 * The senders of webhooks that are known.
 */
public enum WebhookSenderKind {

	/**
	 * WeChat: official accounts and mini programs.
	 */
	WECHAT,

	/**
	 * Whoever signs with a shared secret.
	 */
	HMAC

}
