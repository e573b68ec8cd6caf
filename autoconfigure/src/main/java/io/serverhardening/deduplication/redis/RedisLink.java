package io.serverhardening.deduplication.redis;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;

import io.lettuce.core.cluster.RedisClusterClient;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.data.redis.RedisConnectionFailureException;
import org.springframework.data.redis.connection.ReactiveRedisConnection;
import org.springframework.data.redis.connection.ReactiveRedisConnectionFactory;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

/**
 * The connection to Redis. It is made anew at each probe of a Redis that does not answer,
 * and finds out where the data is now.
 */
final class RedisLink {

	private static final Log logger = LogFactory.getLog(RedisLink.class);

	/** Each question opens connections to all nodes. */
	private static final Duration REFRESH = Duration.ofSeconds(1);

	private final ReactiveRedisConnectionFactory factory;

	private final LongSupplier time;

	private volatile @Nullable ReactiveRedisConnection connection;

	/** Whether the server at the other end has become the wrong one. */
	private volatile boolean stranded;

	private final AtomicBoolean refreshing = new AtomicBoolean();

	private volatile long refreshedAt;

	/**
	 * Create the link, which is not connected yet.
	 * @param factory makes the connection
	 * @param time the clock, nanoseconds
	 */
	RedisLink(ReactiveRedisConnectionFactory factory, LongSupplier time) {
		this.factory = factory;
		this.time = time;
		this.refreshedAt = time.getAsLong() - REFRESH.toNanos();
	}

	/**
	 * Connect, or connect again. This blocks.
	 */
	void connect() {
		if (this.stranded && this.factory instanceof LettuceConnectionFactory lettuce) {
			// A primary that was demoted keeps its connections. Only a new one finds out
			// where the name leads now.
			this.stranded = false;
			lettuce.resetConnection();
		}
		ReactiveRedisConnection connection = this.factory.getReactiveConnection();
		ReactiveRedisConnection before = this.connection;
		this.connection = connection;
		if (before != null) {
			refresh();
			before.closeLater().subscribe(null, (error) -> logger.debug("An old connection was gone", error));
		}
	}

	// In a cluster a primary that has died is never found out about, or half a minute
	// later, unless the application has told Lettuce to ask. Not waited for: a node that
	// does not answer would hold up the probe.
	private void refresh() {
		long now = this.time.getAsLong();
		if (now - this.refreshedAt >= REFRESH.toNanos() && this.factory instanceof LettuceConnectionFactory lettuce
				&& lettuce.getNativeClient() instanceof RedisClusterClient cluster
				&& this.refreshing.compareAndSet(false, true)) {
			this.refreshedAt = now;
			Mono.fromCompletionStage(cluster::refreshPartitionsAsync)
				.doFinally((signal) -> this.refreshing.set(false))
				.subscribe(null, (error) -> logger.debug("The cluster does not tell who has which slots", error));
		}
	}

	/**
	 * Run a script.
	 * @param script the script
	 * @param key its key
	 * @param arguments what else it takes
	 * @return what it returned, or an error that tells what Redis means by it
	 */
	Mono<List<Object>> run(Script script, String key, ByteBuffer... arguments) {
		ReactiveRedisConnection connection = this.connection;
		if (connection == null) {
			return Mono.error(new RedisConnectionFailureException("There is no connection yet"));
		}
		ByteBuffer[] all = new ByteBuffer[arguments.length + 1];
		all[0] = Script.argument(key);
		System.arraycopy(arguments, 0, all, 1, arguments.length);
		return script.run(connection, all).onErrorMap(Refusals::of).doOnError(Refusals::isElsewhere, this::strand);
	}

	private void strand(Throwable error) {
		this.stranded = true;
	}

	/**
	 * Warn of a Redis that forgets records.
	 */
	void warnOfEviction() {
		ReactiveRedisConnection connection = this.connection;
		if (connection == null) {
			return;
		}
		connection.serverCommands().info("memory").subscribe((info) -> {
			String policy = info.getProperty("maxmemory_policy", "noeviction");
			if (!policy.equals("noeviction") && !"0".equals(info.getProperty("maxmemory", "0"))) {
				logger.warn("Redis evicts message records when its memory is full (maxmemory-policy is " + policy
						+ "). A copy of a message without a record is handled again. Give deduplication a Redis "
						+ "with maxmemory-policy noeviction");
			}
		}, (error) -> logger.debug("Redis does not tell its memory policy", error));
	}

}
