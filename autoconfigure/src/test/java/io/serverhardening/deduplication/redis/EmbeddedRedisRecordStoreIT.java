package io.serverhardening.deduplication.redis;

import io.serverhardening.testing.TestRedis;

/**
 * Records in Redis, the binary that a library brings.
 */
class EmbeddedRedisRecordStoreIT extends RedisRecordStoreContract {

	@Override
	TestRedis startRedis() {
		return TestRedis.embedded();
	}

}
