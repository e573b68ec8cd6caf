package io.serverhardening.internal.call;

import java.util.Locale;

/**
 * The places where code of the application is called from code of the starter.
 */
public enum ApplicationCall {

	/** The handler's clean-up, when its request ends before it does. */
	CANCEL("The cancellation of a handler"),

	/** {@link io.serverhardening.EndAction}. */
	END_ACTION("An EndAction"),

	/** {@link io.serverhardening.RejectionListener}. */
	REJECTION_LISTENER("A RejectionListener"),

	/** {@link io.serverhardening.RejectionWriter}. */
	REJECTION_WRITER("The RejectionWriter"),

	/** {@link io.serverhardening.Fallback}. */
	FALLBACK("A Fallback"),

	/** {@link io.serverhardening.Guard}. */
	GUARD("A Guard"),

	/** {@link io.serverhardening.ClientAddressResolver}. */
	CLIENT_ADDRESS_RESOLVER("The ClientAddressResolver"),

	/** {@link io.serverhardening.ClientKeyResolver}. */
	CLIENT_KEY_RESOLVER("A ClientKeyResolver"),

	/** {@link io.serverhardening.TierResolver}. */
	TIER_RESOLVER("The TierResolver"),

	/** {@link io.serverhardening.CostResolver}. */
	COST_RESOLVER("The CostResolver"),

	/** {@link io.serverhardening.MessageKeyResolver}. */
	MESSAGE_KEY_RESOLVER("A MessageKeyResolver"),

	/** {@link io.serverhardening.WebhookSender}. */
	WEBHOOK_SENDER("A WebhookSender"),

	/** The meter registry and its filters. */
	METER("A meter"),

	/** What a tick of an event loop's clock does, whosever fault it is. */
	CLOCK("A clock");

	private final String description;

	ApplicationCall(String description) {
		this.description = description;
	}

	/**
	 * Return the name to show.
	 * @return lowercase words joined by hyphens
	 */
	public String code() {
		return name().toLowerCase(Locale.ROOT).replace('_', '-');
	}

	String description() {
		return this.description;
	}

}
