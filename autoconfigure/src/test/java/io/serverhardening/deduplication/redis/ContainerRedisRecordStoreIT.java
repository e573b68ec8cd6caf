package io.serverhardening.deduplication.redis;

import java.time.Duration;

import io.serverhardening.deduplication.RecordStore;
import io.serverhardening.deduplication.RecordStoreContract;
import io.serverhardening.testing.Pause;
import io.serverhardening.testing.TestRedis;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.opentest4j.TestAbortedException;
import reactor.core.scheduler.Schedulers;

/**
 * Records in Redis, in a container where Docker answers.
 */
class ContainerRedisRecordStoreIT extends RecordStoreContract {

	private static TestRedis redis;

	private static RedisRecordStore store;

	private static String skipped;

	@BeforeAll
	static void start() throws InterruptedException {
		try {
			redis = TestRedis.container();
		}
		catch (TestAbortedException ex) {
			// Each test says so: a class that is skipped as a whole is not even counted.
			skipped = ex.getMessage();
			return;
		}
		store = new RedisRecordStore(redis.factory(), "contract", Schedulers.boundedElastic(), System::nanoTime);
		store.start(TestRedis.patience());
	}

	@AfterAll
	static void stop() {
		if (store != null) {
			store.close();
		}
		if (redis != null) {
			redis.close();
		}
	}

	@Override
	protected RecordStore store() {
		if (skipped != null) {
			throw new TestAbortedException(skipped);
		}
		return store;
	}

	@Override
	protected void elapse(Duration time) {
		Pause.millis(time.toMillis());
	}

}
