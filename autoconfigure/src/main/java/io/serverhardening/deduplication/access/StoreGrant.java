package io.serverhardening.deduplication.access;

/**
 * Takes what is granted.
 *
 * @param <T> what the store says
 */
interface StoreGrant<T> {

	/**
	 * The store has answered.
	 * @param said what it says
	 * @return what is told to whoever asked
	 */
	T arrived(T said);

	/**
	 * Nobody asks any more.
	 * @param said what would have been told
	 */
	void late(T said);

}
