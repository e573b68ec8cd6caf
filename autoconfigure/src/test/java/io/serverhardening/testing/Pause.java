package io.serverhardening.testing;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * What a client of a test does between two bytes.
 */
public final class Pause {

	private Pause() {
	}

	/**
	 * Hang until somebody lets go, a minute at most.
	 * @param release lets go
	 */
	public static void until(CountDownLatch release) {
		try {
			release.await(1, TimeUnit.MINUTES);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	/**
	 * Do nothing for a while.
	 * @param millis for how long
	 */
	public static void millis(long millis) {
		long end = System.nanoTime() + Duration.ofMillis(millis).toNanos();
		for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
			LockSupport.parkNanos(left);
		}
	}

}
