package io.serverhardening.autoconfigure.message;

import java.time.Duration;
import java.util.Objects;
import java.util.function.LongSupplier;

import io.serverhardening.autoconfigure.diagnostics.InvalidSettingException;
import io.serverhardening.autoconfigure.settings.DeduplicationProperties;
import io.serverhardening.autoconfigure.settings.RecordStoreChoice;
import io.serverhardening.deduplication.DeduplicationState;
import io.serverhardening.deduplication.access.LocalRecords;
import io.serverhardening.deduplication.access.Records;
import io.serverhardening.deduplication.access.RecordsPolicy;
import io.serverhardening.deduplication.access.RemoteRecords;
import io.serverhardening.deduplication.memory.MemoryRecordStore;
import io.serverhardening.deduplication.record.OnStoreFailure;
import io.serverhardening.deduplication.run.BodyBudget;
import io.serverhardening.internal.HardeningThreads;
import io.serverhardening.internal.message.SenderProfile;
import org.jspecify.annotations.Nullable;

/**
 * Makes what the messages of a route are remembered in: records in this process, or the
 * way to those that all instances share.
 */
final class RouteRecords {

	/** Failures that last: who tries for longer than this may be refused meanwhile. */
	private static final Duration PATIENT = Duration.ofHours(1);

	/** Milliseconds since 1970 that no clock can set back. */
	private static final LongSupplier MILLIS = monotonic();

	private final SharedRecords shared;

	private final BodyBudget budget;

	private final HardeningThreads threads;

	private final LongSupplier time;

	/**
	 * Create the maker.
	 * @param shared gives the records that all instances share
	 * @param budget how much all messages may keep together
	 * @param threads keep time off the event loops
	 * @param time the clock, nanoseconds
	 */
	RouteRecords(SharedRecords shared, BodyBudget budget, HardeningThreads threads, LongSupplier time) {
		this.shared = shared;
		this.budget = budget;
		this.threads = threads;
		this.time = time;
	}

	private static LongSupplier monotonic() {
		long offset = System.currentTimeMillis() - System.nanoTime() / 1_000_000;
		return () -> System.nanoTime() / 1_000_000 + offset;
	}

	/**
	 * Return what happens when the store does not answer.
	 * @param own what a route says of deduplication
	 * @param sender who sends to it
	 * @return the mode
	 */
	static OnStoreFailure onStoreFailure(DeduplicationProperties own, SenderProfile sender) {
		Duration retries = sender.retryPeriod();
		boolean patient = retries != null && retries.compareTo(PATIENT) >= 0;
		return Objects.requireNonNullElse(own.onStoreFailure(), patient ? OnStoreFailure.REJECT : OnStoreFailure.LOCAL);
	}

	/**
	 * Return the store that a route names.
	 * @param own what the route says of deduplication
	 * @param property the prefix of its properties
	 * @return the store, {@code null} for this process
	 * @throws InvalidSettingException if there is none
	 */
	SharedRecords.@Nullable Store store(DeduplicationProperties own, String property) {
		SharedRecords.Store store = (own.store() != RecordStoreChoice.MEMORY) ? this.shared.store() : null;
		if (store == null && own.store() == RecordStoreChoice.REDIS) {
			throw new InvalidSettingException(property + ".store", "redis",
					"needs a ReactiveRedisConnectionFactory: add spring-boot-starter-data-redis-reactive, "
							+ "and set spring.data.redis.host");
		}
		return store;
	}

	/**
	 * Make what is kept for a route.
	 * @param maxRuns how many handlers may run at once
	 * @param policy how its records are reached
	 * @param store where they are, {@code null} for this process
	 * @return the state
	 */
	DeduplicationState state(int maxRuns, RecordsPolicy policy, SharedRecords.@Nullable Store store) {
		return new DeduplicationState(records(policy, store), maxRuns, this.budget, this.threads.timers(), this.time);
	}

	private Records records(RecordsPolicy policy, SharedRecords.@Nullable Store store) {
		MemoryRecordStore memory = new MemoryRecordStore(policy.maxRecords(), MILLIS);
		if (store == null) {
			return new LocalRecords(memory, policy.onFailure());
		}
		return new RemoteRecords(memory, store.records(), store.gate(), policy.terms(), policy.onFailure(),
				policy.storeTimeout(), this.threads.timers(), this.time);
	}

}
