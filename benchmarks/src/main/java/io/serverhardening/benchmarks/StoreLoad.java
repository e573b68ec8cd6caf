package io.serverhardening.benchmarks;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;

import io.serverhardening.deduplication.record.ClaimRequest;
import io.serverhardening.deduplication.record.ClaimTerms;
import io.serverhardening.deduplication.redis.RedisRecordStore;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

/**
 * Claims messages in Redis as fast as it goes, without a server in front.
 */
public final class StoreLoad {

	private StoreLoad() {
	}

	/**
	 * Run it.
	 * @param args port, concurrency, seconds
	 * @throws InterruptedException if it is told to stop
	 */
	public static void main(String[] args) throws InterruptedException {
		int port = Integer.parseInt(args[0]);
		int concurrency = Integer.parseInt(args[1]);
		int seconds = Integer.parseInt(args[2]);
		LettuceConnectionFactory factory = new LettuceConnectionFactory("localhost", port);
		factory.afterPropertiesSet();
		factory.start();
		RedisRecordStore store = new RedisRecordStore(factory, "load", Schedulers.boundedElastic(), System::nanoTime);
		store.start(Duration.ofSeconds(5));
		load(store, concurrency, Duration.ofSeconds(10));
		System.out.printf("%.0f%n", load(store, concurrency, Duration.ofSeconds(seconds)));
		store.close();
		factory.destroy();
		System.exit(0);
	}

	private static double load(RedisRecordStore store, int concurrency, Duration time) throws InterruptedException {
		ClaimTerms terms = new ClaimTerms(6500, 60_000, 0);
		AtomicLong numbers = new AtomicLong(System.nanoTime());
		AtomicLong claims = new AtomicLong();
		long end = System.nanoTime() + time.toNanos();
		CountDownLatch done = new CountDownLatch(1);
		Flux.range(0, concurrency).flatMap((worker) -> Mono.defer(() -> {
			String id = String.format("%032x", numbers.incrementAndGet());
			return store.claim(new ClaimRequest(id, id, "owner-" + id, true, terms));
		}).doOnNext((claim) -> claims.incrementAndGet()).repeat(() -> System.nanoTime() < end), concurrency)
			.subscribe((claim) -> {
			}, (error) -> {
				error.printStackTrace();
				done.countDown();
			}, done::countDown);
		done.await();
		return claims.get() * 1e9 / time.toNanos();
	}

}
