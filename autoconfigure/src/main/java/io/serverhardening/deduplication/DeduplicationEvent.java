package io.serverhardening.deduplication;

import java.util.Locale;

/**
 * What happens to messages.
 */
public enum DeduplicationEvent {

	/** A message was handled for the first time. */
	ACQUIRED,

	/** A message was handled again, because the run before had failed. */
	RETRIED,

	/** A message was handled again, because the lease of the run before was over. */
	TAKEN_OVER,

	/** A copy got the answer of the first. */
	REPLAYED,

	/** A copy came after the first, whose answer was too long to keep. */
	NOT_KEPT,

	/** A copy waited for the first. */
	WAITED,

	/** A copy was turned away, or left without an answer, because the first still ran. */
	BUSY,

	/** A key came with another body. */
	MISMATCHED,

	/** A run has answered. */
	COMPLETED,

	/** A run has failed, and its message was released. */
	FAILED,

	/** A run was stopped after run-timeout; its claim holds until the lease is over. */
	TIMED_OUT,

	/** A run was stopped because its message had been taken over. */
	LOST,

	/** A run's outcome was not taken: another owner was at it, or had been. */
	STALE,

	/** A message failed too often, and is not handled any more. */
	DEAD,

	/** A message was handled without a record, because the store did not answer. */
	UNPROTECTED,

	/** A message was refused, because the store did not answer or had no room. */
	UNAVAILABLE,

	/** A message was refused, because too many handlers were running. */
	CROWDED;

	private final String code = name().toLowerCase(Locale.ROOT).replace('_', '-');

	/**
	 * Return the name used in meters and on Actuator.
	 * @return lowercase words joined by hyphens
	 */
	public String code() {
		return this.code;
	}

}
