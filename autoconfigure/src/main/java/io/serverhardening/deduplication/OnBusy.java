package io.serverhardening.deduplication;

/**
 * What becomes of a copy that comes while the first is being handled.
 */
public enum OnBusy {

	/**
	 * It waits for the first, as long as its own deadline lets it, and gets the same
	 * answer.
	 */
	WAIT,

	/**
	 * It is refused at once.
	 */
	REJECT

}
