package io.serverhardening.autoconfigure.message;

import java.time.Duration;

import io.serverhardening.deduplication.redis.RedisRecordStore;
import io.serverhardening.testing.Pause;
import io.serverhardening.testing.TestRedis;
import io.serverhardening.webhook.nonce.NonceStore;
import io.serverhardening.webhook.nonce.NonceStore.Seen;
import io.serverhardening.webhook.nonce.NonceStore.Use;
import io.serverhardening.webhook.nonce.NonceStoreContract;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import reactor.core.scheduler.Schedulers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What may be used once, remembered in Redis.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RedisNoncesIT extends NonceStoreContract {

	private static final Duration LEASE = Duration.ofSeconds(2);

	private TestRedis redis;

	private RedisRecordStore records;

	@BeforeAll
	void start() throws InterruptedException {
		this.redis = TestRedis.embedded();
		this.records = records();
	}

	private RedisRecordStore records() throws InterruptedException {
		RedisRecordStore records = new RedisRecordStore(this.redis.factory(), "contract", Schedulers.boundedElastic(),
				System::nanoTime);
		records.start(TestRedis.patience());
		return records;
	}

	@AfterAll
	void stop() {
		if (this.redis != null) {
			this.records.close();
			this.redis.close();
		}
	}

	private RecordNonces nonces(String source, Duration lease, Duration lifetime) {
		return nonces(this.records, source, lease, lifetime, TestRedis.patience());
	}

	private static RecordNonces nonces(RedisRecordStore records, String source, Duration lease, Duration lifetime,
			Duration timeout) {
		return new RecordNonces(new SharedRecords.Store(records, records.gate()), source, "route", lease, lifetime,
				timeout, Schedulers.parallel());
	}

	@Override
	protected NonceStore store(Duration lifetime) {
		return nonces("contract", LONG, lifetime);
	}

	@Override
	protected void elapse(Duration time) {
		Pause.millis(time.toMillis());
	}

	@Test
	void aLeaseEndsWhatADeadInstanceHas() {
		RecordNonces store = nonces("dead", LEASE, LONG);
		take(store.of("n", "a", false));
		assertThat(take(store.of("n", "a", false))).isEqualTo(Seen.COPY);
		elapse(LEASE.plusMillis(100));
		assertThat(take(store.of("n", "b", false))).isEqualTo(Seen.OTHER);
		assertThat(take(store.of("n", "a", false))).isEqualTo(Seen.FIRST);
	}

	@Test
	void whatIsKeptOutlivesItsLease() {
		RecordNonces store = nonces("kept", LEASE, LONG);
		Use first = store.of("n", "a", false);
		take(first);
		first.keep();
		elapse(LEASE.plusMillis(100));
		assertThat(take(store.of("n", "a", false))).isEqualTo(Seen.COPY);
		assertThat(take(store.of("n", "b", false))).isEqualTo(Seen.OTHER);
	}

	@Test
	void whatWasTakenWithoutTheStoreIsKnownToItAfterwards() {
		RecordNonces store = nonces("without", LONG, LONG);
		store.of("n", "a", false).keep();
		assertThat(take(store.of("n", "a", false))).isEqualTo(Seen.COPY);
	}

	@Test
	void sourcesHaveTheirOwn() {
		take(nonces("one", LONG, LONG).of("n", "a", true));
		assertThat(take(nonces("two", LONG, LONG).of("n", "b", true))).isEqualTo(Seen.FIRST);
	}

	// On a gate of its own, which its short patience may shut at any time.
	@Test
	void givesBackWhatWasGrantedTooLate() throws InterruptedException {
		RecordNonces store = nonces("late", LONG, LONG);
		try (RedisRecordStore records = records()) {
			RecordNonces impatient = nonces(records, "late", LONG, LONG, Duration.ofMillis(200));
			Use late = impatient.of("n", "a", false);
			this.redis.stall();
			assertThat(late.take().materialize().block().getThrowable()).isNotNull();
			late.giveBack();
			this.redis.resume();
			await().atMost(Duration.ofSeconds(10))
				.untilAsserted(() -> assertThat(take(store.of("n", "a", false))).isEqualTo(Seen.FIRST));
		}
	}

}
