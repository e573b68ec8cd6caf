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
 * Reaches records that are all in this process: at once, and on the thread that asks.
 */
public final class LocalRecords implements Records {

	private final MemoryRecordStore local;

	private volatile OnStoreFailure onFailure;

	/**
	 * Reach records in this process.
	 * @param local the records
	 * @param onFailure what would happen if there were a store, and it did not answer
	 */
	public LocalRecords(MemoryRecordStore local, OnStoreFailure onFailure) {
		this.local = local;
		this.onFailure = onFailure;
	}

	@Override
	public void apply(RecordsPolicy policy) {
		this.onFailure = policy.onFailure();
		this.local.maxRecords(policy.maxRecords());
	}

	@Override
	public void close() {
		// There is no store to hear of.
	}

	@Override
	public MemoryRecordStore local() {
		return this.local;
	}

	@Override
	public OnStoreFailure onFailure() {
		return this.onFailure;
	}

	@Override
	public <T> Mono<T> claim(ClaimRequest request, Supplier<Scheduler> home, Function<Claim, Mono<T>> then) {
		return then.apply(this.local.claimNow(request));
	}

	@Override
	public Mono<Boolean> renew(ClaimRequest request, long token) {
		return this.local.renew(request, token);
	}

	@Override
	public Mono<Boolean> settle(ClaimRequest request, long token, Settlement settlement) {
		return Mono.just(this.local.settleNow(request, token, settlement));
	}

	@Override
	public void settle(ClaimRequest request, long token, Settlement settlement, Consumer<Boolean> then) {
		then.accept(this.local.settleNow(request, token, settlement));
	}

	@Override
	public void stopped(ClaimRequest request) {
		// Its claim holds until its lease is over: what was stopped may still be at work.
	}

	@Override
	public Mono<MessageRecord> find(String id) {
		return this.local.find(id);
	}

	@Override
	public void onSettled(Consumer<String> listener) {
		this.local.onSettled(listener);
	}

	@Override
	public boolean isRemote() {
		return false;
	}

}
