package io.serverhardening.deduplication.redis;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

import io.serverhardening.deduplication.record.Claim;
import io.serverhardening.deduplication.record.Claim.Outcome;
import io.serverhardening.deduplication.record.ClaimRequest;
import io.serverhardening.deduplication.record.ClaimTerms;
import io.serverhardening.testing.Pause;
import io.serverhardening.testing.ScarceThreads;
import io.serverhardening.testing.TestRedis;
import org.junit.jupiter.api.Test;
import reactor.core.scheduler.Schedulers;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Records in Redis, the binary that a library brings.
 */
class EmbeddedRedisRecordStoreIT extends RedisRecordStoreContract {

	@Override
	TestRedis startRedis() {
		return TestRedis.embedded();
	}

	// The first that has to wait has the store listen, which takes a thread.
	@Test
	void saysThatAMessageIsRunningAlsoWhereNobodyCanListen() throws InterruptedException {
		AtomicInteger missing = new AtomicInteger();
		try (TestRedis redis = TestRedis.embedded();
				RedisRecordStore store = new RedisRecordStore(redis.factory(), "scarce",
						new ScarceThreads(Schedulers.boundedElastic(), missing), System::nanoTime)) {
			store.start(TestRedis.patience());
			claim(store, "first");
			missing.set(1);
			Claim claim = claim(store, "second");
			assertThat(claim.outcome()).isEqualTo(Outcome.BUSY);
			assertThat(missing).as("threads that were missing").hasValue(0);
		}
	}

	// The clock of the probes stands still between what Redis said and what is made of
	// it.
	@Test
	void isOpenOnceItHasStarted() throws InterruptedException {
		Thread main = Thread.currentThread();
		LongSupplier slow = () -> {
			if (Thread.currentThread() != main) {
				Pause.millis(100);
			}
			return System.nanoTime();
		};
		try (TestRedis redis = TestRedis.embedded();
				RedisRecordStore store = new RedisRecordStore(redis.factory(), "started", Schedulers.boundedElastic(),
						slow)) {
			store.start(TestRedis.patience());
			assertThat(store.gate().isOpen()).isTrue();
		}
	}

	private static Claim claim(RedisRecordStore store, String owner) {
		return store.claim(new ClaimRequest("message", "body", owner, true, new ClaimTerms(60_000, 60_000, 0)))
			.block(TestRedis.patience());
	}

}
