package io.serverhardening.response;

import io.serverhardening.Timeout;
import io.serverhardening.response.pace.WritePolicy;

import org.springframework.http.HttpStatus;

/**
 * How long the response of a route may take, to be produced and to be taken.
 *
 * @param timeout end of headers → first response byte, without the time spent waiting for
 * body bytes the server asked for; once committed, the longest the handler may be silent
 * while the socket is writable
 * @param totalTimeout end of headers → response complete
 * @param timeoutStatus the status where the response has not begun
 * @param writes how fast the client has to take it
 * @param propertyPrefix the prefix of the properties that an operator would change
 */
public record ResponsePolicy(Timeout timeout, Timeout totalTimeout, HttpStatus timeoutStatus, WritePolicy writes,
		String propertyPrefix) {

	/**
	 * Whether there is anything to watch.
	 * @return {@code false} if all clocks are off
	 */
	public boolean isLimited() {
		return !this.timeout.isNone() || !this.totalTimeout.isNone() || this.writes.isLimited();
	}

}
