package io.serverhardening.route.rejection;

/**
 * Makes a server other than Reactor Netty abort a response that has begun. Without a
 * stack trace: where it was thrown says nothing.
 */
public final class ResponseAbortedException extends RuntimeException {

	public ResponseAbortedException() {
		super("The response was not completed before its deadline", null, false, false);
	}

}
