package io.serverhardening.circuitbreaker;

/**
 * What became of a call.
 */
public enum CallKind {

	/**
	 * It succeeded.
	 */
	SUCCESSFUL,

	/**
	 * It failed.
	 */
	FAILED,

	/**
	 * It says nothing about what it calls.
	 */
	IGNORED,

	/**
	 * It was not permitted.
	 */
	NOT_PERMITTED

}
