package io.serverhardening.sample.demo;

import java.util.Map;

import io.serverhardening.sample.ledger.Ledger;
import reactor.core.publisher.Mono;

/**
 * Counts how often something was done.
 */
interface DemoLedger extends Ledger {

	/**
	 * Read what was done.
	 * @param prefix what the entries begin with
	 * @return how often, by entry
	 */
	Mono<Map<String, Long>> read(String prefix);

	/**
	 * Whether all instances write into the same.
	 * @return {@code false} if it is this instance's own
	 */
	boolean isShared();

}
