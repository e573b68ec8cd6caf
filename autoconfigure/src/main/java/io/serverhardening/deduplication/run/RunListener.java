package io.serverhardening.deduplication.run;

/**
 * Hears what becomes of the runs of a route. None of its methods may fail.
 */
public interface RunListener {

	/**
	 * A handler has answered.
	 */
	void completed();

	/**
	 * A handler has failed, or answered that it did.
	 * @param id the message
	 */
	void failed(String id);

	/**
	 * A handler has failed when nobody waited for it any more.
	 * @param id the message
	 * @param error what it signalled
	 */
	void failedUnheard(String id, Throwable error);

	/**
	 * An answer was not taken: another owner was at the message, or had been.
	 * @param id the message
	 */
	void stale(String id);

	/**
	 * A handler was stopped.
	 * @param id the message
	 * @param why {@link RunResult.Kind#TIMED_OUT} or {@link RunResult.Kind#LOST}
	 */
	void stopped(String id, RunResult.Kind why);

}
