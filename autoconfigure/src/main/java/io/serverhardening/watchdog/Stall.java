package io.serverhardening.watchdog;

import java.time.Duration;

/**
 * One time that an event loop was blocked.
 *
 * @param loop the name of the loop's thread
 * @param blocked for how long, in whole looks of a quarter of a second
 * @param at where: the innermost frame of the application's, or of whoever else holds the
 * loop
 * @param over whether the loop goes on
 */
public record Stall(String loop, Duration blocked, String at, boolean over) {

	@Override
	public String toString() {
		String seconds = this.blocked.toMillis() / 1000.0 + "s";
		return this.loop + (this.over ? " after " + seconds + " at " : " for " + seconds + " now, at ") + this.at;
	}

}
