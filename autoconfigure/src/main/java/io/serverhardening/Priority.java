package io.serverhardening;

/**
 * How much the requests of a route matter when there is not room for all.
 */
public enum Priority {

	/**
	 * Takes the last place: pushes that a sender would repeat, payments.
	 */
	CRITICAL,

	/**
	 * Takes half of what is reserved.
	 */
	HIGH,

	/**
	 * Leaves what is reserved to others.
	 */
	NORMAL,

	/**
	 * Gives way first: what can be done later, or not at all.
	 */
	LOW

}
