package io.serverhardening.deduplication.access;

import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

import io.serverhardening.deduplication.memory.MemoryRecordStore;
import io.serverhardening.deduplication.record.Claim;
import io.serverhardening.deduplication.record.ClaimRequest;
import io.serverhardening.deduplication.record.MessageRecord;
import io.serverhardening.deduplication.record.OnStoreFailure;
import io.serverhardening.deduplication.record.Settlement;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * How a route reaches its records. No step fails: where nobody can tell, it says so.
 */
public sealed interface Records permits LocalRecords, RemoteRecords {

	/**
	 * Ask for a message, and go on with what is said.
	 * @param <T> what it goes on to
	 * @param request the message
	 * @param home where a store that answers on a thread of its own is heard
	 * @param then goes on
	 * @return what it goes on to
	 */
	<T> Mono<T> claim(ClaimRequest request, Supplier<Scheduler> home, Function<Claim, Mono<T>> then);

	/**
	 * Hold on to a message.
	 * @param request what was granted
	 * @param token the token of the claim
	 * @return {@code false} if it belongs to another owner by now; while nobody can tell
	 * it is held
	 */
	Mono<Boolean> renew(ClaimRequest request, long token);

	/**
	 * Say how a run has ended.
	 * @param request what was granted
	 * @param token the token of the claim
	 * @param settlement how it ended
	 * @return {@code false} if it belongs to another owner by now
	 */
	Mono<Boolean> settle(ClaimRequest request, long token, Settlement settlement);

	/**
	 * Say how a run has ended, and go on.
	 * @param request what was granted
	 * @param token the token of the claim
	 * @param settlement how it ended
	 * @param then is told {@code false} if it belongs to another owner by now
	 */
	void settle(ClaimRequest request, long token, Settlement settlement, Consumer<Boolean> then);

	/**
	 * Say that a run was stopped, and has nothing to say.
	 * @param request what was granted
	 */
	void stopped(ClaimRequest request);

	/**
	 * Look at a message.
	 * @param id what it is known by
	 * @return what is known, empty for nothing
	 */
	Mono<MessageRecord> find(String id);

	/**
	 * Be told of messages that are settled.
	 * @param listener takes the ids, on any thread
	 */
	void onSettled(Consumer<String> listener);

	/**
	 * Take another policy, for what is asked from now on.
	 * @param policy what has changed
	 */
	void apply(RecordsPolicy policy);

	/**
	 * Hear of a store that it is up again no more. A policy that is taken later undoes
	 * that.
	 */
	void close();

	/**
	 * Whether a store has to be asked, which answers on a thread of its own.
	 * @return {@code false} where all records are in this process
	 */
	boolean isRemote();

	/**
	 * Return the records in this process: all there are, or those that the store did not
	 * take yet.
	 * @return the records
	 */
	MemoryRecordStore local();

	/**
	 * Return what happens when the store does not answer.
	 * @return the mode
	 */
	OnStoreFailure onFailure();

}
