package io.serverhardening.internal.message;

/**
 * A message is not what the route reads. Says what is wrong with it, and nothing that is
 * in it.
 */
public final class UnreadableMessageException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	private final String detail;

	/**
	 * Create the exception.
	 * @param message what is wrong, for whoever sent the message
	 */
	public UnreadableMessageException(String message) {
		// Its stack would say nothing, and cost more than the message.
		super(message, null, false, false);
		this.detail = message;
	}

	/**
	 * Return what is wrong.
	 * @return a sentence
	 */
	public String detail() {
		return this.detail;
	}

}
