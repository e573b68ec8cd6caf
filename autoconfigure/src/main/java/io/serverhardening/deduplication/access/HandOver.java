package io.serverhardening.deduplication.access;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

import io.serverhardening.deduplication.memory.MemoryRecordStore;
import io.serverhardening.deduplication.memory.Outbox.Completed;
import io.serverhardening.deduplication.record.ClaimRequest;
import io.serverhardening.deduplication.record.ClaimTerms;
import io.serverhardening.deduplication.record.MessageRecord;
import io.serverhardening.deduplication.record.RecordState;
import io.serverhardening.deduplication.record.RecordStore;
import io.serverhardening.deduplication.record.StoreRefusal;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Writes to the store what has been answered here while it was down.
 */
final class HandOver {

	private static final int BATCH = 64;

	private static final Duration RETRY = Duration.ofSeconds(1);

	private final MemoryRecordStore local;

	private final RecordStore store;

	private final StoreSteps steps;

	private volatile ClaimTerms terms;

	private final Scheduler timers;

	private final Runnable written;

	private final LongAdder done = new LongAdder();

	private final LongAdder doubled = new LongAdder();

	/** How often it was asked for since it began. */
	private final AtomicInteger asked = new AtomicInteger();

	private final AtomicBoolean retrying = new AtomicBoolean();

	/**
	 * Create the hand-over.
	 * @param local has what was answered here
	 * @param store where it is written
	 * @param steps lead there
	 * @param terms on what terms it is kept there
	 * @param timers keep time off the event loops
	 * @param written hears that there was nothing more to write
	 */
	HandOver(MemoryRecordStore local, RecordStore store, StoreSteps steps, ClaimTerms terms, Scheduler timers,
			Runnable written) {
		this.local = local;
		this.store = store;
		this.steps = steps;
		this.terms = terms;
		this.timers = timers;
		this.written = written;
	}

	/**
	 * Take other terms, for what is written from now on.
	 * @param terms on what terms it is kept in the store
	 */
	void apply(ClaimTerms terms) {
		this.terms = terms;
	}

	/**
	 * Write what there is, unless that is being done.
	 */
	void begin() {
		if (this.local.isUsed() && this.steps.isUp() && this.asked.getAndIncrement() == 0) {
			write();
		}
	}

	/**
	 * Whether nothing waits to be written.
	 * @return {@code true} if nothing does
	 */
	boolean isDone() {
		return this.local.outbox().completed(this.terms, 1).isEmpty();
	}

	/**
	 * Look again in a while. Nothing tells when a store that is full has room again.
	 */
	void later() {
		if (this.retrying.compareAndSet(false, true)) {
			try {
				this.timers.schedule(() -> {
					this.retrying.set(false);
					begin();
				}, RETRY.toMillis(), TimeUnit.MILLISECONDS);
			}
			catch (Throwable ex) {
				// Shutting down, or no memory: the next one that waits tries again.
				this.retrying.set(false);
			}
		}
	}

	long done() {
		return this.done.sum();
	}

	long doubled() {
		return this.doubled.sum();
	}

	private void write() {
		try {
			writeNext();
		}
		catch (Throwable ex) {
			// No memory: what waits is written a moment later.
			this.asked.set(0);
			later();
		}
	}

	private void writeNext() {
		int asked = this.asked.get();
		long before = done() + doubled();
		List<Completed> batch = this.local.outbox().completed(this.terms, BATCH);
		Mono<Void> all = Mono.empty();
		for (Completed completed : batch) {
			all = all.then(write(completed));
		}
		all.subscribe(null, (error) -> {
			this.asked.set(0);
			later();
		}, () -> {
			if (this.asked.addAndGet(-asked) != 0) {
				write();
			}
			else if (batch.size() == BATCH && done() + doubled() > before) {
				begin();
			}
			else {
				this.written.run();
			}
		});
	}

	private Mono<Void> write(Completed completed) {
		ClaimRequest request = completed.request();
		// A record that cannot be written, ever, must not hold up the others.
		return this.steps.ask(request.id(), this.store.settle(request, completed.token(), completed.settlement()))
			.onErrorResume(HandOver::isOfOneRecord, (error) -> {
				this.local.outbox().postpone(request.id());
				return Mono.empty();
			})
			.flatMap((taken) -> taken ? Mono.just(this.done)
					: this.steps.look(request.id(), this.store.find(request.id()))
						.filter(HandOver::isOver)
						// It may be ours: what was written when we did not wait for it
						// any more.
						.map((record) -> record.owner().equals(request.owner()) ? this.done : this.doubled))
			.map(Optional::of)
			.defaultIfEmpty(Optional.empty())
			.doOnNext((outcome) -> {
				outcome.ifPresent(LongAdder::increment);
				if (outcome.isPresent()) {
					this.local.outbox().forget(request.id());
				}
				else {
					// Somebody else is at it, or a late claim is being given back.
					this.local.outbox().postpone(request.id());
					later();
				}
			})
			.then();
	}

	private static boolean isOfOneRecord(Throwable error) {
		return error instanceof StoreRefusal refusal && refusal.isOfOneRecord();
	}

	private static boolean isOver(MessageRecord record) {
		return record.state() == RecordState.COMPLETED || record.state() == RecordState.DEAD;
	}

}
