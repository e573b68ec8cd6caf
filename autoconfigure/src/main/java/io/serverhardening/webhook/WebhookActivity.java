package io.serverhardening.webhook;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

import io.serverhardening.RejectionReason;
import io.serverhardening.webhook.nonce.Nonces;

/**
 * What has become of the pushes of a source.
 */
public final class WebhookActivity {

	private final Nonces nonces;

	private final LongAdder accepted = new LongAdder();

	private final LongAdder proved = new LongAdder();

	private final LongAdder unshared = new LongAdder();

	private final Map<RejectionReason, LongAdder> refused = new EnumMap<>(RejectionReason.class);

	/**
	 * Create the counts.
	 * @param nonces what the sender has used
	 */
	public WebhookActivity(Nonces nonces) {
		this.nonces = nonces;
		for (RejectionReason reason : RejectionReason.values()) {
			this.refused.put(reason, new LongAdder());
		}
	}

	void accepted() {
		this.accepted.increment();
	}

	void proved() {
		this.proved.increment();
	}

	/**
	 * Count a nonce that was taken while nobody could tell whether another instance had
	 * seen it.
	 */
	public void unshared() {
		this.unshared.increment();
	}

	void refused(RejectionReason reason) {
		LongAdder count = this.refused.get(reason);
		if (count != null) {
			count.increment();
		}
	}

	/**
	 * Return how many pushes were genuine.
	 * @return how many
	 */
	public long acceptedCount() {
		return this.accepted.sum();
	}

	/**
	 * Return how often the sender had the address proved to it.
	 * @return how often
	 */
	public long provedCount() {
		return this.proved.sum();
	}

	/**
	 * Return how many nonces were taken while nobody could tell whether another instance
	 * had seen them.
	 * @return how many
	 */
	public long unsharedCount() {
		return this.unshared.sum();
	}

	/**
	 * Return how many pushes were refused.
	 * @param reason why
	 * @return how many
	 */
	public long refusedCount(RejectionReason reason) {
		LongAdder count = this.refused.get(reason);
		return (count != null) ? count.sum() : 0;
	}

	/**
	 * Return what the sender has used.
	 * @return the nonces
	 */
	public Nonces nonces() {
		return this.nonces;
	}

}
