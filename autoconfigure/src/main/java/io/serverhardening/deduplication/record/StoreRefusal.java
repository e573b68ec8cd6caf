package io.serverhardening.deduplication.record;

/**
 * A store of records is there, and has refused a step. It says why by a short code, which
 * holds nothing of anybody's messages or passwords.
 */
public final class StoreRefusal extends RuntimeException {

	private static final long serialVersionUID = 1L;

	private final String code;

	private final boolean ofOneRecord;

	/**
	 * Create the refusal.
	 * @param code why, such as {@code READONLY}
	 * @param ofOneRecord whether another message would have been taken
	 * @param cause what the client of the store said
	 */
	public StoreRefusal(String code, boolean ofOneRecord, Throwable cause) {
		super(code, cause);
		this.code = code;
		this.ofOneRecord = ofOneRecord;
	}

	/**
	 * Return why a store did not do what it was asked to.
	 * @param error what came instead
	 * @return the store's own word for it, or the kind of the failure
	 */
	static String reason(Throwable error) {
		if (error instanceof StoreRefusal refusal) {
			return refusal.code();
		}
		// What it says may hold a password; what it is does not.
		Throwable cause = error;
		while (cause.getCause() != null && cause.getCause() != cause) {
			cause = cause.getCause();
		}
		return cause.getClass().getSimpleName();
	}

	/**
	 * Return why.
	 * @return the store's own word for it, such as {@code READONLY}
	 */
	public String code() {
		return this.code;
	}

	/**
	 * Whether it is about one record, such as a damaged one, and says nothing of the
	 * store.
	 * @return {@code true} if other messages go on
	 */
	public boolean isOfOneRecord() {
		return this.ofOneRecord;
	}

}
