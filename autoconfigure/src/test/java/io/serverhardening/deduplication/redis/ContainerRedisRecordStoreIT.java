package io.serverhardening.deduplication.redis;

import io.serverhardening.testing.TestRedis;

/**
 * Records in Redis, in a container where Docker answers.
 */
class ContainerRedisRecordStoreIT extends RedisRecordStoreContract {

	@Override
	TestRedis startRedis() {
		return TestRedis.container();
	}

}
