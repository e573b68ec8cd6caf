package io.serverhardening.sample.ledger;

import java.util.Map;

import reactor.core.publisher.Mono;

/**
 * Counts how often something was done. This is the side effect that must not happen
 * twice; a real one charges a card.
 */
public interface Ledger {

	/**
	 * Write down that something was done.
	 * @param entry what
	 * @return how often it has been done by now
	 */
	Mono<Long> write(String entry);

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
