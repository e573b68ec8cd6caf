package io.serverhardening.circuitbreaker;

/**
 * Stands for whatever went wrong.
 */
final class CallFailedException extends Exception {

	CallFailedException() {
		super("The call failed", null, false, false);
	}

}
