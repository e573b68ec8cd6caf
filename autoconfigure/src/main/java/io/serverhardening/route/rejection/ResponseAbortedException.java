package io.serverhardening.route;

/**
 * Makes a server other than Reactor Netty abort a response that has begun. Without a
 * stack trace: where it was thrown says nothing.
 */
final class ResponseAbortedException extends RuntimeException {

	ResponseAbortedException() {
		super("The response was not completed before its deadline", null, false, false);
	}

}
