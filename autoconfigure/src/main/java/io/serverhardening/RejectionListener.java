package io.serverhardening;

import org.springframework.web.server.ServerWebExchange;

/**
 * Hears of every refusal, carried out or only observed. The meter
 * {@code server.hardening.rejections} and the log are listeners; an application may add
 * its own as beans. Called on event loops: it must be quick and must not block or throw.
 */
@FunctionalInterface
public interface RejectionListener {

	/**
	 * A request was refused, or would have been.
	 * @param exchange the exchange, before the answer is written
	 * @param rejection the refusal, with guard and route
	 * @param outcome whether it was carried out
	 */
	void onRejection(ServerWebExchange exchange, Rejection rejection, Rejection.Outcome outcome);

}
