package io.serverhardening.circuitbreaker;

/**
 * Hears of calls. Resilience4j's events would tell the same, and cost every call the
 * making of one, with the date.
 */
@FunctionalInterface
public interface CallListener {

	/**
	 * A call has ended, or has not begun.
	 * @param kind what became of it
	 * @param nanos how long it took, zero for those that were not permitted
	 */
	void onCall(CallKind kind, long nanos);

}
