package io.serverhardening.ratelimit;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What a limiter's decision takes when two event loops ask for the same client: the
 * percentiles matter, not the mean. Empty is what measuring itself takes.
 */
@State(Scope.Benchmark)
@Threads(2)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class RateLimiterBenchmark {

	private static final int PERMITS = 1_000_000_000;

	private final Quota quota = new Quota("hot", PERMITS, Duration.ofSeconds(1), System::nanoTime);

	private final KeyedLimiters limiters = new KeyedLimiters(this.quota, 10_000, new LongAdder());

	private final Quota small = new Quota("exhausted", 1, Duration.ofDays(1), System::nanoTime);

	private final KeyedLimiters exhausted = new KeyedLimiters(this.small, 10_000, new LongAdder());

	private final RateLimiter resilience4j = RateLimiter.of("hot",
			RateLimiterConfig.custom()
				.limitForPeriod(PERMITS)
				.limitRefreshPeriod(Duration.ofSeconds(1))
				.timeoutDuration(Duration.ZERO)
				.build());

	/**
	 * Measure nothing.
	 * @return something
	 */
	@Benchmark
	public long empty() {
		return System.nanoTime();
	}

	/**
	 * Find the limiter of a client and take a permit.
	 * @return what is left
	 */
	@Benchmark
	public long admitted() {
		long now = System.nanoTime();
		return this.limiters.of("client", now).take(1, this.quota, now);
	}

	/**
	 * Find the limiter of a client that has none left.
	 * @return that it is refused
	 */
	@Benchmark
	public long refused() {
		long now = System.nanoTime();
		return this.exhausted.of("client", now).take(1, this.small, now);
	}

	/**
	 * Take a permit of Resilience4j's own limiter, without looking for it.
	 * @return whether there was one
	 */
	@Benchmark
	public boolean resilience4j() {
		return this.resilience4j.acquirePermission();
	}

}
