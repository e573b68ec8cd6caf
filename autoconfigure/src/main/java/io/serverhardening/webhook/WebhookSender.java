package io.serverhardening.webhook;

import io.serverhardening.internal.SenderProfile;

/**
 * Knows how a sender proves that a push is its own.
 */
public abstract sealed class WebhookSender permits WechatSender, HmacSender {

	private final String source;

	private final SenderProfile profile;

	WebhookSender(String source, SenderProfile profile) {
		this.source = source;
		this.profile = profile;
	}

	/**
	 * Verify a push.
	 * @param push what came
	 * @return what there is to say of it
	 * @throws io.serverhardening.internal.UnreadableMessageException if it cannot be read
	 */
	abstract Verification verify(Push push);

	/**
	 * Return whose pushes these are.
	 * @return the id of the source, as in {@code server.hardening.webhook.<id>}
	 */
	public String source() {
		return this.source;
	}

	/**
	 * Return how the sender behaves.
	 * @return the profile
	 */
	public SenderProfile profile() {
		return this.profile;
	}

	/**
	 * Return what kind of sender it is.
	 * @return the name in the settings
	 */
	public abstract String kind();

}
