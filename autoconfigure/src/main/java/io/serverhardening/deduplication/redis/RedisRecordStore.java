package io.serverhardening.deduplication.redis;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

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
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

import org.springframework.data.redis.connection.ReactiveRedisConnectionFactory;

/**
 * Remembers messages in Redis, for all instances of an application. A record is one hash,
 * and each step one script on it: atomic, on the clock of Redis, in one cluster slot.
 * Needs Redis 5 or newer, and no configuration of it.
 */
public final class RedisRecordStore implements RecordStore, AutoCloseable {

	private static final Log logger = LogFactory.getLog(RedisRecordStore.class);

	private static final byte[] NO_ANSWER = new byte[0];

	private static final Script CLAIM = new Script("claim.lua");

	private static final Script RENEW = new Script("renew.lua");

	private static final Script SETTLE = new Script("settle.lua");

	private static final Script FIND = new Script("find.lua");

	private final String prefix;

	private final RedisLink link;

	private final SettledMessages settled;

	private final StoreGate gate;

	/** Names this instance, and the record that it tries the store with. */
	private final String instance = UUID.randomUUID().toString().replace("-", "");

	private volatile CountDownLatch connected = new CountDownLatch(1);

	/** The message whose step has failed last. */
	private volatile String suspect = this.instance;

	/**
	 * Create the store.
	 * @param factory makes the connection
	 * @param application the name of the application, whose instances share their records
	 * @param scheduler connects, which may block
	 * @param time the clock, nanoseconds
	 */
	public RedisRecordStore(ReactiveRedisConnectionFactory factory, String application, Scheduler scheduler,
			LongSupplier time) {
		this.prefix = "server-hardening:" + application + ":message:{";
		this.link = new RedisLink(factory, time);
		this.settled = new SettledMessages(factory, "server-hardening:" + application + ":settled", scheduler);
		this.gate = new StoreGate(Mono.defer(this::connect), scheduler, time);
		// Not when Redis answers: the gate is still shut then, and the first message
		// refused.
		this.gate.onOpen(() -> this.connected.countDown());
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
					+ " ms (spring.data.redis): the application starts without Redis, and goes on trying to connect. "
					+ "Until Redis answers, messages are handled as deduplication.on-store-failure says");
		}
	}

	// Connecting blocks: never on an event loop.
	private Mono<?> connect() {
		this.link.connect();
		return (this.connected.getCount() > 0) ? tryOut().doOnNext((done) -> this.link.warnOfEviction()) : tryOut();
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

	@Override
	public Mono<Claim> claim(ClaimRequest request) {
		return claim(key(request.id()), request);
	}

	private Mono<Claim> claim(String key, ClaimRequest request) {
		return this.link
			.run(CLAIM, key, Script.argument(request.owner()), Script.argument(request.fingerprint()),
					Script.argument(request.terms().leaseMillis()), Script.argument(request.terms().ttlMillis()),
					Script.argument(request.terms().maxAttempts()), Script.argument(request.delivery() ? 1 : 0),
					Script.argument(request.terms().route()))
			.map(this::claimOf);
	}

	private Claim claimOf(List<Object> result) {
		Claim.Outcome outcome = outcome(Script.text(result.get(0)));
		if (outcome == Claim.Outcome.BUSY) {
			this.settled.listen();
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
		return this.link
			.run(RENEW, key(request.id()), Script.argument(request.owner()), Script.argument(request.fingerprint()),
					Script.argument(token), Script.argument(request.terms().leaseMillis()),
					Script.argument(request.terms().ttlMillis()), Script.argument(request.terms().route()))
			.map(RedisRecordStore::isDone);
	}

	@Override
	public Mono<Boolean> settle(ClaimRequest request, long token, Settlement settlement) {
		return settle(key(request.id()), request, token, settlement);
	}

	private Mono<Boolean> settle(String key, ClaimRequest request, long token, Settlement settlement) {
		Answer answer = settlement.answer();
		return this.link
			.run(SETTLE, key, Script.argument(request.owner()), Script.argument(request.fingerprint()),
					Script.argument(token), Script.argument(request.terms().ttlMillis(settlement)),
					Script.argument(settlement.counted() ? String.valueOf(settlement.state().code()) : "R"),
					ByteBuffer.wrap((answer != null) ? answer.encode() : NO_ANSWER),
					Script.argument(this.settled.channel()), Script.argument(request.id()),
					Script.argument(request.terms().route()))
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
		return this.link.run(FIND, key).filter((result) -> !result.isEmpty()).map((result) -> {
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
		this.settled.add(listener);
	}

	@Override
	public void forget(Consumer<String> listener) {
		this.settled.remove(listener);
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
		this.settled.close();
	}

}
