package io.serverhardening.internal.call;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * Calls of what others have registered, whose failures are theirs.
 */
public final class Contained {

	private static final Log logger = LogFactory.getLog(Contained.class);

	private Contained() {
	}

	/**
	 * Do something, and go on whatever becomes of it.
	 * @param what what is done, for the log
	 * @param action does it
	 */
	public static void run(String what, Runnable action) {
		try {
			action.run();
		}
		catch (Throwable ex) {
			logger.warn(what + " has failed", ex);
		}
	}

}
