package io.serverhardening.deduplication.access;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import io.serverhardening.deduplication.memory.MemoryRecordStore;
import io.serverhardening.deduplication.record.Claim;
import io.serverhardening.deduplication.record.ClaimRequest;
import io.serverhardening.deduplication.record.MessageRecord;
import io.serverhardening.deduplication.record.RecordStore;
import io.serverhardening.deduplication.record.Settlement;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

/**
 * A store on a virtual clock, which takes its time, hears nothing while it is away, and
 * forgets.
 */
final class SlowStore implements RecordStore {

	private static final Duration LOST = Duration.ofMillis(100);

	private final VirtualTimeScheduler time;

	private MemoryRecordStore records;

	private Duration delay = Duration.ZERO;

	private boolean away;

	private boolean loses;

	private boolean outOfMemory;

	SlowStore(VirtualTimeScheduler time) {
		this.time = time;
		this.records = empty();
	}

	private MemoryRecordStore empty() {
		return new MemoryRecordStore(10, () -> this.time.now(TimeUnit.MILLISECONDS));
	}

	/**
	 * Do at once what it is asked, and take so long to say so.
	 * @param delay how long
	 */
	void delay(Duration delay) {
		this.delay = delay;
	}

	void away(boolean away) {
		this.away = away;
	}

	/**
	 * Do what it is asked, and have the connection break before it can say so.
	 * @param loses whether it does from now on
	 */
	void loses(boolean loses) {
		this.loses = loses;
	}

	/**
	 * Find no memory for the next answer that it is to take.
	 */
	void outOfMemory() {
		this.outOfMemory = true;
	}

	void forget() {
		this.records = empty();
	}

	/**
	 * Return what others see of it.
	 * @return the records
	 */
	MemoryRecordStore records() {
		return this.records;
	}

	private <T> Mono<T> step(Mono<T> step) {
		return Mono.defer(() -> {
			if (this.away) {
				return Mono.never();
			}
			if (this.loses) {
				return step.then(Mono.delay(LOST, this.time)).then(Mono.error(new IOException("Connection reset")));
			}
			return this.delay.isZero() ? step : step.delayElement(this.delay, this.time);
		});
	}

	Mono<?> probe() {
		return step(Mono.just("up"));
	}

	@Override
	public Mono<Claim> claim(ClaimRequest request) {
		return step(this.records.claim(request));
	}

	@Override
	public Mono<Boolean> renew(ClaimRequest request, long token) {
		return step(this.records.renew(request, token));
	}

	@Override
	public Mono<Boolean> settle(ClaimRequest request, long token, Settlement settlement) {
		if (this.outOfMemory) {
			this.outOfMemory = false;
			// Before anybody waits for it, as where an answer is encoded.
			throw new OutOfMemoryError("once");
		}
		return step(this.records.settle(request, token, settlement));
	}

	@Override
	public Mono<MessageRecord> find(String id) {
		return step(this.records.find(id));
	}

	@Override
	public void onSettled(Consumer<String> listener) {
		this.records.onSettled(listener);
	}

}
