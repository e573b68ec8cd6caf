package io.serverhardening.request;

import java.time.Duration;

import io.serverhardening.DataLimit;
import io.serverhardening.Timeout;

/**
 * How the body of a request may arrive.
 *
 * @param bodyTimeout end of headers → end of body, counted only while the server wants to
 * read
 * @param minRate bytes per second, counted the same way
 * @param rateGrace how long a body may be below the rate to begin with
 * @param maxBodySize how large it may be
 * @param propertyPrefix the prefix of the properties that an operator would change
 */
public record RequestPolicy(Timeout bodyTimeout, DataLimit minRate, Duration rateGrace, DataLimit maxBodySize,
		String propertyPrefix) {

	/**
	 * Whether there is anything to watch.
	 * @return {@code false} if every limit is off
	 */
	public boolean isLimited() {
		return !this.bodyTimeout.isNone() || !this.minRate.isNone() || !this.maxBodySize.isNone();
	}

}
