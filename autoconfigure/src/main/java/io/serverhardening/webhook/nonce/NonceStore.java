package io.serverhardening.webhook.nonce;

import reactor.core.publisher.Mono;

/**
 * Remembers what senders use once, for as long as it would be believed.
 */
public interface NonceStore {

	/**
	 * Get ready to take a nonce.
	 * @param nonce the nonce, hashed
	 * @param fingerprint what came with it, hashed
	 * @param forGood whether it is used up whatever becomes of its push; else only once
	 * the use is kept, and free again when it is given back
	 * @return the use
	 */
	Use of(String nonce, String fingerprint, boolean forGood);

	/**
	 * Whether the store answers.
	 * @return {@code false} while it is down
	 */
	boolean isUp();

	/**
	 * One use of a nonce, by one attempt to push.
	 */
	interface Use {

		/**
		 * Take the nonce. Only who is {@link Seen#FIRST} has it.
		 * @return whether it was used before, and for what; an error where the store does
		 * not answer. It may come on any thread
		 */
		Mono<Seen> take();

		/**
		 * Say that the push was handled. Nobody else's use is disturbed.
		 */
		void keep();

		/**
		 * Say that the push was not handled, and its sender will come again. Also what
		 * the store grants later than this is given back; nobody else's use is.
		 */
		void giveBack();

	}

	/**
	 * Whether a nonce was used before.
	 */
	enum Seen {

		/** It was not. */
		FIRST,

		/** It was, for the same. */
		COPY,

		/** It was, for something else. */
		OTHER,

		/** Nobody can tell now. Said by {@link NonceAccess} only. */
		UNKNOWN

	}

}
