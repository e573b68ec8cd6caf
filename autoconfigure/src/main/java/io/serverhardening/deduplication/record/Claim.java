package io.serverhardening.deduplication.record;

import org.jspecify.annotations.Nullable;

/**
 * What a store says to a {@link ClaimRequest}.
 *
 * @param outcome whether it is granted, and if not, why
 * @param token grows with each run of a message's handler; zero where none is granted
 * @param attempt how many runs there have been, this one included
 * @param deliveries how many copies have come, this one included
 * @param answer what copies are answered, for {@link Outcome#REPLAY} only
 */
public record Claim(Outcome outcome, long token, int attempt, int deliveries, @Nullable Answer answer) {

	/**
	 * Return a claim that was not granted.
	 * @param outcome why not
	 * @param attempt how many runs there have been
	 * @param deliveries how many copies have come
	 * @return the claim
	 */
	public static Claim refused(Outcome outcome, int attempt, int deliveries) {
		return new Claim(outcome, 0, attempt, deliveries, null);
	}

	/**
	 * Whether and how a claim is granted.
	 */
	public enum Outcome {

		/** Granted: nobody has seen the message before. */
		ACQUIRED,

		/** Granted: an earlier run has failed. */
		RETRY,

		/** Granted: whoever held it before let the lease run out. */
		TAKEOVER,

		/** Somebody else is at it. */
		BUSY,

		/** It has been answered. */
		REPLAY,

		/** The key belongs to a message with something else in it. */
		MISMATCH,

		/** Its handler failed too often. */
		DEAD,

		/** There is no room for another message. */
		FULL,

		/** The store does not answer. Said by no store. */
		UNAVAILABLE;

		/**
		 * Whether the asker is to run the handler.
		 * @return {@code true} if the claim is granted
		 */
		public boolean isGranted() {
			return this == ACQUIRED || this == RETRY || this == TAKEOVER;
		}

	}

}
