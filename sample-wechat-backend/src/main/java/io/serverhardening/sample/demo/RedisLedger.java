package io.serverhardening.sample.demo;

import java.time.Duration;
import java.util.Map;

import reactor.core.publisher.Mono;

import org.springframework.context.annotation.Primary;
import org.springframework.context.annotation.Profile;
import org.springframework.data.redis.core.ReactiveStringRedisTemplate;
import org.springframework.stereotype.Component;

/**
 * What all instances have done, until none has done anything for an hour.
 */
@Component
@Primary
@Profile("demo & redis")
class RedisLedger implements DemoLedger {

	private static final String KEY = "sample:ledger";

	private static final Duration KEPT = Duration.ofHours(1);

	private final ReactiveStringRedisTemplate redis;

	RedisLedger(ReactiveStringRedisTemplate redis) {
		this.redis = redis;
	}

	@Override
	public Mono<Void> write(String entry) {
		return this.redis.opsForHash()
			.increment(KEY, entry, 1)
			.delayUntil((count) -> this.redis.expire(KEY, KEPT))
			// The ledger is for looking at: without it a user still gets an answer.
			.timeout(Duration.ofMillis(500))
			.onErrorReturn(0L)
			.then();
	}

	@Override
	public Mono<Map<String, Long>> read(String prefix) {
		return this.redis.<String, String>opsForHash()
			.entries(KEY)
			.filter((entry) -> entry.getKey().startsWith(prefix))
			.collectMap(Map.Entry::getKey, (entry) -> Long.parseLong(entry.getValue()));
	}

	@Override
	public boolean isShared() {
		return true;
	}

}
