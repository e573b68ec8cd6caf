package io.serverhardening.concurrency;

import io.serverhardening.Percentage;
import io.serverhardening.Priority;

/**
 * How many requests may be in flight, and who leaves room for whom.
 *
 * @param maxRequests how many at once
 * @param reserve the part that is kept for those that matter more
 * @param propertyPrefix the prefix of the properties that an operator would change
 */
public record ConcurrencyPolicy(int maxRequests, Percentage reserve, String propertyPrefix) {

	/**
	 * Return how many requests may be in flight, of whatever priority, for one more to be
	 * admitted.
	 * @param priority the priority of the one
	 * @param maxRequests how many there may be at all
	 * @return the number with it
	 */
	int share(Priority priority, int maxRequests) {
		int reserved = this.reserve.of(maxRequests);
		return switch (priority) {
			case CRITICAL -> maxRequests;
			case HIGH -> maxRequests - (reserved - reserved / 2);
			case NORMAL -> maxRequests - reserved;
			// As much again as high may take of the reserve stays free of it.
			case LOW -> Math.max(1, maxRequests - reserved - reserved / 2);
		};
	}

}
