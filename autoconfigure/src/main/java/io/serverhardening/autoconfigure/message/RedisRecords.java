package io.serverhardening.autoconfigure.message;

import java.time.Duration;
import java.util.function.LongSupplier;

import io.serverhardening.deduplication.redis.RedisRecordStore;
import io.serverhardening.internal.HardeningThreads;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.SmartLifecycle;
import org.springframework.data.redis.connection.ReactiveRedisConnectionFactory;

/**
 * Keeps records in the application's Redis. Nothing connects unless a route asks.
 */
public final class RedisRecords implements SharedRecords, SmartLifecycle {

	private static final Log logger = LogFactory.getLog(RedisRecordStore.class);

	/** How long a start waits for Redis before it goes on without. */
	private static final Duration START_TIMEOUT = Duration.ofSeconds(2);

	private final ObjectProvider<ReactiveRedisConnectionFactory> factories;

	private final @Nullable String application;

	private final HardeningThreads threads;

	private final LongSupplier time;

	private volatile @Nullable RedisRecordStore store;

	private volatile boolean running;

	/**
	 * Create the records.
	 * @param factories connect
	 * @param application the name of the application, whose instances share their
	 * records; {@code null} where it has none
	 * @param threads connect, and keep time
	 * @param time the clock, nanoseconds
	 */
	public RedisRecords(ObjectProvider<ReactiveRedisConnectionFactory> factories, @Nullable String application,
			HardeningThreads threads, LongSupplier time) {
		this.factories = factories;
		this.application = application;
		this.threads = threads;
		this.time = time;
	}

	@Override
	public @Nullable Store store() {
		RedisRecordStore store = this.store;
		if (store == null) {
			ReactiveRedisConnectionFactory factory = this.factories.getIfUnique();
			if (factory == null && this.factories.stream().findAny().isPresent()) {
				throw new IllegalStateException(
						"Messages and nonces are shared through Redis, but there are several beans of type "
								+ "ReactiveRedisConnectionFactory: mark the one to use @Primary");
			}
			if (factory == null) {
				return null;
			}
			if (this.application == null) {
				logger.warn("spring.application.name is not set: another application that has no name either, and uses "
						+ "the same Redis, would get the answers of this application. Set spring.application.name");
			}
			store = new RedisRecordStore(factory, (this.application != null) ? this.application : "application",
					this.threads.stores(), this.time);
			store.gate().logOn(this.threads.log());
			this.store = store;
			if (this.running) {
				// Other settings are the first that need it: nobody waits until it is up.
				store.gate().start();
			}
		}
		return new Store(store, store.gate());
	}

	// Not when beans are made: the client asks for beans itself, from another thread.
	@Override
	public void start() {
		this.running = true;
		RedisRecordStore store = this.store;
		if (store != null) {
			try {
				store.start(START_TIMEOUT);
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		}
	}

	@Override
	public void stop() {
		this.running = false;
		RedisRecordStore store = this.store;
		if (store != null) {
			store.close();
		}
	}

	@Override
	public boolean isRunning() {
		return this.running;
	}

	// After the connection factory, which is in phase 0, and before the server; the other
	// way round when all stops.
	@Override
	public int getPhase() {
		return 1;
	}

}
