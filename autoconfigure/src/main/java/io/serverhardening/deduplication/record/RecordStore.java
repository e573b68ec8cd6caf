package io.serverhardening.deduplication.record;

import java.util.function.Consumer;

import reactor.core.publisher.Mono;

/**
 * Remembers what has become of messages. Each step is atomic, takes the store's own
 * clock, and costs one round trip. <pre>
 * none ──claim──&gt; PROCESSING ──settle──&gt; COMPLETED, FAILED or DEAD
 * PROCESSING, lease over ──claim──&gt; PROCESSING, another owner
 * FAILED ──claim──&gt; PROCESSING, another owner; DEAD after too many attempts
 * </pre>
 */
public interface RecordStore {

	/**
	 * Ask for a message. Asking again as the same owner holds on to what was granted.
	 * @param request who asks for what
	 * @return whether it is granted; an error where the store does not answer
	 */
	Mono<Claim> claim(ClaimRequest request);

	/**
	 * Hold on to a message for another lease, also where its record was lost.
	 * @param request what was granted
	 * @param token the token of the claim
	 * @return {@code false} if it belongs to another owner by now
	 */
	Mono<Boolean> renew(ClaimRequest request, long token);

	/**
	 * Say how a run has ended. An answer is also kept where the record was lost or its
	 * owner has failed or died since: the work has been done.
	 * @param request what was granted
	 * @param token the token of the claim
	 * @param settlement how it ended
	 * @return {@code false} if it belongs to another owner by now, who is not disturbed
	 */
	Mono<Boolean> settle(ClaimRequest request, long token, Settlement settlement);

	/**
	 * Look at a message.
	 * @param id what it is known by
	 * @return what is known, empty for nothing
	 */
	Mono<MessageRecord> find(String id);

	/**
	 * Be told that a step has failed. Where records are in several places, the place of
	 * this one has to work again before the store does.
	 * @param id what the message is known by
	 */
	default void suspect(String id) {
	}

	/**
	 * Be told of messages that are settled. What is missed is found out by asking again.
	 * @param listener takes the ids, on any thread
	 */
	void onSettled(Consumer<String> listener);

	/**
	 * Tell somebody no more of messages that are settled.
	 * @param listener who was told
	 */
	default void forget(Consumer<String> listener) {
	}

}
