package io.serverhardening.deduplication.redis;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

import io.lettuce.core.cluster.RedisClusterClient;
import io.serverhardening.deduplication.record.Answer;
import io.serverhardening.deduplication.record.Claim;
import io.serverhardening.deduplication.record.ClaimRequest;
import io.serverhardening.deduplication.record.ClaimTerms;
import io.serverhardening.deduplication.record.MessageRecord;
import io.serverhardening.deduplication.record.RecordState;
import io.serverhardening.deduplication.record.RecordStore;
import io.serverhardening.deduplication.record.Settlement;
import io.serverhardening.deduplication.record.StoreGate;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.util.retry.Retry;

import org.springframework.data.redis.RedisConnectionFailureException;
import org.springframework.data.redis.connection.ReactiveRedisConnection;
import org.springframework.data.redis.connection.ReactiveRedisConnectionFactory;
import org.springframework.data.redis.connection.ReactiveSubscription;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.listener.ChannelTopic;
import org.springframework.data.redis.listener.ReactiveRedisMessageListenerContainer;

/**
 * Remembers messages in Redis, for all instances of an application. A record is one hash,
 * and each step one script on it: atomic, on the clock of Redis, in one cluster slot.
 * Needs Redis 5 or newer, and no configuration of it.
 */
public final class RedisRecordStore implements RecordStore, AutoCloseable {

	private static final Log logger = LogFactory.getLog(RedisRecordStore.class);

	private static final Duration RESUBSCRIBE = Duration.ofSeconds(1);

	/** Each question opens connections to all nodes. */
	private static final Duration REFRESH = Duration.ofSeconds(1);

	private static final byte[] NO_ANSWER = new byte[0];

	private static final Script CLAIM = new Script("claim.lua");

	private static final Script RENEW = new Script("renew.lua");

	private static final Script SETTLE = new Script("settle.lua");

	private static final Script FIND = new Script("find.lua");

	private final ReactiveRedisConnectionFactory factory;

	private final Scheduler scheduler;

	private final String prefix;

	private final String channel;

	private final StoreGate gate;

	private final List<Consumer<String>> listeners = new CopyOnWriteArrayList<>();

	private final AtomicBoolean listening = new AtomicBoolean();

	/** Names this instance, and the record that it tries the store with. */
	private final String instance = UUID.randomUUID().toString().replace("-", "");

	private volatile CountDownLatch connected = new CountDownLatch(1);

	private volatile @Nullable ReactiveRedisConnection connection;

	/** The message whose step has failed last. */
	private volatile String suspect = this.instance;

	private final AtomicBoolean refreshing = new AtomicBoolean();

	private final LongSupplier time;

	private volatile long refreshedAt;

	/** Whether the server at the other end has become the wrong one. */
	private volatile boolean stranded;

	private volatile @Nullable Disposable subscription;

	private volatile @Nullable ReactiveRedisMessageListenerContainer container;

	/**
	 * Create the store.
	 * @param factory makes the connection
	 * @param application the name of the application, whose instances share their records
	 * @param scheduler connects, which may block
	 * @param time the clock, nanoseconds
	 */
	public RedisRecordStore(ReactiveRedisConnectionFactory factory, String application, Scheduler scheduler,
			LongSupplier time) {
		this.factory = factory;
		this.scheduler = scheduler;
		this.prefix = "server-hardening:" + application + ":message:{";
		this.channel = "server-hardening:" + application + ":settled";
		this.time = time;
		this.refreshedAt = time.getAsLong() - REFRESH.toNanos();
		this.gate = new StoreGate(Mono.defer(this::connect).doOnNext((done) -> this.connected.countDown()), scheduler,
				time);
	}

	/**
	 * Connect, and wait for it a little. Where Redis does not answer the application
	 * starts without.
	 * @param atMost how long to wait
	 * @throws InterruptedException if the thread is told to stop
	 */
	public void start(Duration atMost) throws InterruptedException {
		this.gate.start();
		if (!this.connected.await(atMost.toMillis(), TimeUnit.MILLISECONDS)) {
			logger.warn("Redis did not answer within " + atMost.toMillis()
					+ " ms: the application starts without Redis, and goes on trying to connect");
		}
	}

	// Connecting blocks: never on an event loop.
	private Mono<?> connect() {
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
		return (this.connected.getCount() > 0) ? tryOut().doOnNext((done) -> warnOfEviction()) : tryOut();
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

	// A message that nobody sent, forgotten at once: a server that answers may refuse to
	// write. The first that somebody does send finds everything warm. In a cluster it is
	// beside the message that failed: the others' nodes know nothing of its own.
	private Mono<?> tryOut() {
		String key = key(this.suspect) + this.instance + "}";
		ClaimRequest request = new ClaimRequest(this.instance, "", this.instance, false, new ClaimTerms(1, 1, 0));
		return claim(key, request).flatMap((claim) -> settle(key, request, claim.token(), Settlement.FAILED))
			.then(findAt(key).hasElement());
	}

	@Override
	public void suspect(String id) {
		this.suspect = id;
	}

	private String key(String id) {
		return this.prefix + id + "}";
	}

	private void warnOfEviction() {
		ReactiveRedisConnection connection = this.connection;
		if (connection == null) {
			return;
		}
		connection.serverCommands().info("memory").subscribe((info) -> {
			String policy = info.getProperty("maxmemory_policy", "noeviction");
			if (!policy.equals("noeviction") && !"0".equals(info.getProperty("maxmemory", "0"))) {
				logger.warn("Redis forgets records when its memory is full (maxmemory-policy is " + policy
						+ "), and a copy of a forgotten message is handled again: "
						+ "give deduplication a Redis with maxmemory-policy noeviction");
			}
		}, (error) -> logger.debug("Redis does not tell its memory policy", error));
	}

	private Mono<List<Object>> run(Script script, String key, ByteBuffer... arguments) {
		ReactiveRedisConnection connection = this.connection;
		if (connection == null) {
			return Mono.error(new RedisConnectionFailureException("There is no connection yet"));
		}
		ByteBuffer[] all = new ByteBuffer[arguments.length + 1];
		all[0] = bytes(key);
		System.arraycopy(arguments, 0, all, 1, arguments.length);
		return script.run(connection, all).onErrorMap(Refusals::of).doOnError(Refusals::isElsewhere, this::strand);
	}

	private void strand(Throwable error) {
		this.stranded = true;
	}

	@Override
	public Mono<Claim> claim(ClaimRequest request) {
		return claim(key(request.id()), request);
	}

	private Mono<Claim> claim(String key, ClaimRequest request) {
		return run(CLAIM, key, bytes(request.owner()), bytes(request.fingerprint()),
				bytes(request.terms().leaseMillis()), bytes(request.terms().ttlMillis()),
				bytes(request.terms().maxAttempts()), bytes(request.delivery() ? 1 : 0), bytes(request.terms().route()))
			.map(this::claimOf);
	}

	private Claim claimOf(List<Object> result) {
		Claim.Outcome outcome = outcome(Script.text(result.get(0)));
		if (outcome == Claim.Outcome.BUSY) {
			listen();
		}
		byte[] encoded = (outcome == Claim.Outcome.REPLAY) ? Script.bytes(result.get(4)) : NO_ANSWER;
		Answer answer = (encoded.length > 0) ? answer(encoded) : null;
		return new Claim(outcome, Script.number(result.get(1)), (int) Script.number(result.get(2)),
				(int) Script.number(result.get(3)), answer);
	}

	private static Claim.Outcome outcome(String code) {
		return switch (code) {
			case "A" -> Claim.Outcome.ACQUIRED;
			case "R" -> Claim.Outcome.RETRY;
			case "T" -> Claim.Outcome.TAKEOVER;
			case "B" -> Claim.Outcome.BUSY;
			case "C" -> Claim.Outcome.REPLAY;
			case "M" -> Claim.Outcome.MISMATCH;
			case "D" -> Claim.Outcome.DEAD;
			default -> throw new IllegalStateException("The script said '" + code + "'");
		};
	}

	@Override
	public Mono<Boolean> renew(ClaimRequest request, long token) {
		return run(RENEW, key(request.id()), bytes(request.owner()), bytes(request.fingerprint()), bytes(token),
				bytes(request.terms().leaseMillis()), bytes(request.terms().ttlMillis()),
				bytes(request.terms().route()))
			.map(RedisRecordStore::isDone);
	}

	@Override
	public Mono<Boolean> settle(ClaimRequest request, long token, Settlement settlement) {
		return settle(key(request.id()), request, token, settlement);
	}

	private Mono<Boolean> settle(String key, ClaimRequest request, long token, Settlement settlement) {
		Answer answer = settlement.answer();
		return run(SETTLE, key, bytes(request.owner()), bytes(request.fingerprint()), bytes(token),
				bytes(request.terms().ttlMillis(settlement)),
				bytes(settlement.counted() ? String.valueOf(settlement.state().code()) : "R"),
				ByteBuffer.wrap((answer != null) ? answer.encode() : NO_ANSWER), bytes(this.channel),
				bytes(request.id()), bytes(request.terms().route()))
			.map(RedisRecordStore::isDone);
	}

	private static boolean isDone(List<Object> result) {
		return Script.number(result.get(0)) == 1;
	}

	@Override
	public Mono<MessageRecord> find(String id) {
		return findAt(key(id));
	}

	private Mono<MessageRecord> findAt(String key) {
		return run(FIND, key).filter((result) -> !result.isEmpty()).map((result) -> {
			byte[] answer = Script.bytes(result.get(7));
			return new MessageRecord(Script.text(result.get(8)), RecordState.of(Script.text(result.get(0)).charAt(0)),
					Script.text(result.get(1)), Script.number(result.get(2)), (int) Script.number(result.get(3)),
					(int) Script.number(result.get(4)), Duration.ofMillis(Script.number(result.get(5))),
					Duration.ofMillis(Script.number(result.get(6))), (answer.length > 0) ? answer(answer) : null);
		});
	}

	// Another version of this wrote it, or it is damaged: it was answered, and nobody can
	// tell how.
	private static @Nullable Answer answer(byte[] encoded) {
		try {
			return Answer.decode(encoded);
		}
		catch (RuntimeException ex) {
			logger.debug("An answer cannot be read", ex);
			return null;
		}
	}

	@Override
	public void onSettled(Consumer<String> listener) {
		this.listeners.add(listener);
	}

	// Only who waits needs to hear: most applications never do.
	private void listen() {
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
				.subscribe(this::settled, (error) -> logger.warn(
						"The subscription to Redis has ended: copies that wait are not woken any more, and ask once a second",
						error));
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
	 * Return what tells whether Redis answers.
	 * @return the gate
	 */
	public StoreGate gate() {
		return this.gate;
	}

	/**
	 * Let go of Redis, until this is started again.
	 */
	@Override
	public void close() {
		this.gate.close();
		this.connected = new CountDownLatch(1);
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

	private static ByteBuffer bytes(long value) {
		return bytes(Long.toString(value));
	}

	private static ByteBuffer bytes(String text) {
		return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
	}

}
