package io.serverhardening.autoconfigure.settings;

import org.springframework.http.HttpStatus;

/**
 * The status of a request that ran out of time.
 *
 * @param status 503 Service Unavailable or 504 Gateway Timeout
 */
public record TimeoutStatus(HttpStatus status) {

	/**
	 * Read a status as users write it.
	 * @param text {@code 503} or {@code 504}
	 * @return the status
	 * @throws IllegalArgumentException if it is something else
	 */
	public static TimeoutStatus of(String text) {
		return switch (text.trim()) {
			case "503" -> new TimeoutStatus(HttpStatus.SERVICE_UNAVAILABLE);
			case "504" -> new TimeoutStatus(HttpStatus.GATEWAY_TIMEOUT);
			default -> throw new IllegalArgumentException("must be 503 or 504");
		};
	}

	@Override
	public String toString() {
		return Integer.toString(this.status.value());
	}

}
