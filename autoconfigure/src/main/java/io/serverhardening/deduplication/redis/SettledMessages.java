package io.serverhardening.deduplication.redis;

import java.time.Duration;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.scheduler.Scheduler;
import reactor.util.retry.Retry;

import org.springframework.data.redis.connection.ReactiveRedisConnectionFactory;
import org.springframework.data.redis.connection.ReactiveSubscription;
import org.springframework.data.redis.listener.ChannelTopic;
import org.springframework.data.redis.listener.ReactiveRedisMessageListenerContainer;

/**
 * The channel on which instances tell each other what is settled. Only who waits needs to
 * hear: most applications never do.
 */
final class SettledMessages {

	private static final Log logger = LogFactory.getLog(SettledMessages.class);

	private static final String ENDED = "The subscription to Redis has ended. Copies that wait are no longer woken "
			+ "when their message is answered, and ask Redis once a second instead";

	private static final Duration RESUBSCRIBE = Duration.ofSeconds(1);

	private final ReactiveRedisConnectionFactory factory;

	private final String channel;

	private final Scheduler scheduler;

	private final CopyOnWriteArrayList<Consumer<String>> listeners = new CopyOnWriteArrayList<>();

	private final AtomicBoolean listening = new AtomicBoolean();

	private volatile @Nullable Disposable subscription;

	private volatile @Nullable ReactiveRedisMessageListenerContainer container;

	/**
	 * Create the channel. Nobody listens yet.
	 * @param factory makes the connection
	 * @param channel its name
	 * @param scheduler subscribes, which may block
	 */
	SettledMessages(ReactiveRedisConnectionFactory factory, String channel, Scheduler scheduler) {
		this.factory = factory;
		this.channel = channel;
		this.scheduler = scheduler;
	}

	String channel() {
		return this.channel;
	}

	void add(Consumer<String> listener) {
		this.listeners.addIfAbsent(listener);
	}

	void remove(Consumer<String> listener) {
		this.listeners.remove(listener);
	}

	/**
	 * Begin to listen, unless that has begun.
	 */
	void listen() {
		if (this.listening.compareAndSet(false, true)) {
			try {
				this.scheduler.schedule(this::subscribe);
			}
			catch (RejectedExecutionException ex) {
				this.listening.set(false);
			}
			catch (Throwable ex) {
				// What the store has said counts all the same, and a thread that comes
				// later finds this in its queue: once is enough.
				logger.debug("Nobody listens yet", ex);
			}
		}
	}

	private void subscribe() {
		if (!this.listening.get()) {
			// Closed before a thread was found.
			return;
		}
		try {
			ReactiveRedisMessageListenerContainer container = new ReactiveRedisMessageListenerContainer(this.factory);
			this.container = container;
			this.subscription = container.receive(ChannelTopic.of(this.channel))
				.retryWhen(Retry.backoff(Long.MAX_VALUE, RESUBSCRIBE).maxBackoff(RESUBSCRIBE.multipliedBy(10)))
				.map(ReactiveSubscription.Message::getMessage)
				.subscribe(this::settled, (error) -> logger.warn(ENDED, error));
		}
		catch (RuntimeException ex) {
			// The next copy that waits tries again.
			this.listening.set(false);
			logger.debug("Redis did not take a subscription", ex);
		}
	}

	private void settled(String id) {
		for (Consumer<String> listener : this.listeners) {
			listener.accept(id);
		}
	}

	/**
	 * Listen no more, until somebody waits again.
	 */
	void close() {
		this.listening.set(false);
		Disposable subscription = this.subscription;
		if (subscription != null) {
			subscription.dispose();
		}
		ReactiveRedisMessageListenerContainer container = this.container;
		if (container != null) {
			container.destroyLater().subscribe(null, (error) -> logger.debug("Redis was gone before us", error));
		}
	}

}
