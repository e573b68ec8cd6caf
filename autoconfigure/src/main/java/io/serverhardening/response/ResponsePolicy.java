package io.serverhardening.response;

import io.serverhardening.Timeout;

import org.springframework.http.HttpStatus;

/**
 * How long the response of a route may take.
 *
 * @param timeout end of headers → first response byte, without the time spent waiting for
 * body bytes the server asked for; once committed, the longest the handler may be silent
 * while the socket is writable
 * @param totalTimeout end of headers → response complete
 * @param timeoutStatus the status where the response has not begun
 * @param timeoutProperty the property an operator would change for {@code timeout}
 * @param totalTimeoutProperty the property an operator would change for
 * {@code totalTimeout}
 */
public record ResponsePolicy(Timeout timeout, Timeout totalTimeout, HttpStatus timeoutStatus, String timeoutProperty,
		String totalTimeoutProperty) {

	/**
	 * Whether there is anything to watch.
	 * @return {@code false} if both clocks are off
	 */
	public boolean isLimited() {
		return !this.timeout.isNone() || !this.totalTimeout.isNone();
	}

}
