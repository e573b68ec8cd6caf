package io.serverhardening.deduplication.record;

/**
 * What becomes of a message when the store does not answer.
 */
public enum OnStoreFailure {

	/**
	 * It is claimed in this instance, and what became of it is written to the store when
	 * that is back: copies that reach another instance meanwhile are handled again.
	 */
	LOCAL,

	/**
	 * It is handled as if it were the first.
	 */
	ALLOW,

	/**
	 * It is refused with 503, and the sender comes back.
	 */
	REJECT

}
