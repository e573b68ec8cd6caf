package io.serverhardening.response.pace;

import java.time.Duration;

import io.serverhardening.DataLimit;
import io.serverhardening.Timeout;

/**
 * How fast a client has to take what was written for it.
 *
 * @param writeTimeout the longest it may take nothing
 * @param minRate bytes per second while there is something to take
 * @param rateGrace how long it may be below the rate to begin with
 */
public record WritePolicy(Timeout writeTimeout, DataLimit minRate, Duration rateGrace) {

	/**
	 * Whether there is anything to watch.
	 * @return {@code false} if both limits are off
	 */
	public boolean isLimited() {
		return !this.writeTimeout.isNone() || !this.minRate.isNone();
	}

}
