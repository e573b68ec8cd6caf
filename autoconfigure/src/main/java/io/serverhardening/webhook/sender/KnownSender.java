package io.serverhardening.webhook.sender;

import java.time.Duration;

import io.serverhardening.WebhookSender;
import io.serverhardening.internal.message.SenderProfile;
import org.jspecify.annotations.Nullable;

/**
 * A sender that needs no bean.
 */
public abstract class KnownSender implements WebhookSender {

	private final SenderProfile profile;

	/**
	 * Create the sender.
	 * @param profile how it behaves
	 */
	protected KnownSender(SenderProfile profile) {
		this.profile = profile;
	}

	/**
	 * Return how the sender behaves.
	 * @return the profile
	 */
	public SenderProfile profile() {
		return this.profile;
	}

	/**
	 * Whether something in each push is used once.
	 * @return {@code false} where there are no nonces to remember
	 */
	public boolean hasNonces() {
		return true;
	}

	@Override
	public @Nullable Duration timeout() {
		return this.profile.timeout();
	}

	@Override
	public int attempts() {
		return this.profile.attempts();
	}

	@Override
	public @Nullable Duration retryPeriod() {
		return this.profile.retryPeriod();
	}

	@Override
	public String acknowledgement() {
		return this.profile.acknowledgement();
	}

}
