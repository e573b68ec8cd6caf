package io.serverhardening.sample.ledger;

import reactor.core.publisher.Mono;

/**
 * The side effect that must not happen twice. A real one charges a card.
 */
@FunctionalInterface
public interface Ledger {

	/**
	 * Write down that something was done.
	 * @param entry what
	 * @return when it is written
	 */
	Mono<Void> write(String entry);

}
