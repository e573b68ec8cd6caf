package io.serverhardening.deduplication.redis;

import java.time.Duration;

import io.serverhardening.deduplication.record.RecordStore;
import io.serverhardening.deduplication.record.RecordStoreContract;
import io.serverhardening.testing.Pause;
import io.serverhardening.testing.TestRedis;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;
import org.opentest4j.TestAbortedException;
import reactor.core.scheduler.Schedulers;

/**
 * What records in Redis keep to, wherever it runs.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class RedisRecordStoreContract extends RecordStoreContract {

	private TestRedis redis;

	private RedisRecordStore store;

	private String skipped;

	abstract TestRedis startRedis();

	@BeforeAll
	void start() throws InterruptedException {
		try {
			this.redis = startRedis();
		}
		catch (TestAbortedException ex) {
			// Each test says so: a class that is skipped as a whole is not even counted.
			this.skipped = ex.getMessage();
			return;
		}
		this.store = new RedisRecordStore(this.redis.factory(), "contract", Schedulers.boundedElastic(),
				System::nanoTime);
		this.store.start(TestRedis.patience());
	}

	@BeforeEach
	void skip() {
		if (this.skipped != null) {
			throw new TestAbortedException(this.skipped);
		}
	}

	@AfterAll
	void stop() {
		if (this.redis != null) {
			this.store.close();
			this.redis.close();
		}
	}

	@Override
	protected RecordStore store() {
		return this.store;
	}

	@Override
	protected void elapse(Duration time) {
		Pause.millis(time.toMillis());
	}

}
