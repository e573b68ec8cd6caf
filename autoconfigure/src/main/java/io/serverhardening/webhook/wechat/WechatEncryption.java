package io.serverhardening.webhook.wechat;

/**
 * How WeChat's pushes come, as it is set in the account's console. Pinned: what comes
 * otherwise is refused.
 */
public enum WechatEncryption {

	/**
	 * As they are. The signature does not cover the body.
	 */
	PLAIN,

	/**
	 * As they are and encrypted, to change from one to the other. Only what is encrypted
	 * is read.
	 */
	COMPATIBLE,

	/**
	 * Encrypted, and answered so.
	 */
	SAFE

}
