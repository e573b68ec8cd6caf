package io.serverhardening.errors;

/**
 * Which errors are written in the configured format.
 */
public enum ErrorScope {

	/**
	 * Refusals only; the application's own errors stay as they are.
	 */
	REFUSALS,

	/**
	 * Refusals and every error of the application that nothing else handled.
	 */
	ALL

}
