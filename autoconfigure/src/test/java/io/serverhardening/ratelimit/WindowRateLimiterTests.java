package io.serverhardening.ratelimit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class WindowRateLimiterTests {

	private static final long PERIOD = Duration.ofSeconds(10).toNanos();

	private long now = 1_000;

	private final Quota quota = new Quota("orders", 20, Duration.ofSeconds(10), () -> this.now);

	private final WindowRateLimiter limiter = new WindowRateLimiter(this.quota, this.now);

	private int admitted(int requests, long at) {
		int admitted = 0;
		for (int i = 0; i < requests; i++) {
			admitted += (this.limiter.tryAcquire(1, at) != WindowRateLimiter.REFUSED) ? 1 : 0;
		}
		return admitted;
	}

	@Test
	void admitsTheLimitInEachPeriodAndCarriesNothingOver() {
		assertThat(admitted(60, this.now)).isEqualTo(20);
		assertThat(admitted(60, this.now + PERIOD - 1)).isZero();
		assertThat(admitted(60, this.now + PERIOD)).isEqualTo(20);
		assertThat(admitted(60, this.now + 5 * PERIOD)).as("three periods without a request").isEqualTo(20);
	}

	@Test
	void tellsWhatIsLeftAndWhenThereIsMore() {
		assertThat(this.limiter.tryAcquire(5, this.now)).isEqualTo(15);
		assertThat(this.limiter.tryAcquire(16, this.now)).isEqualTo(WindowRateLimiter.REFUSED);
		assertThat(this.limiter.tryAcquire(15, this.now + 1)).isZero();
		assertThat(this.limiter.tryAcquire(0, this.now + 1)).as("a free request").isZero();
		assertThat(this.limiter.nanosToReset(this.now)).isEqualTo(PERIOD);
		assertThat(this.limiter.nanosToReset(this.now + PERIOD - 1)).isEqualTo(1);
		assertThat(this.limiter.nanosToReset(this.now + PERIOD)).isEqualTo(PERIOD);
	}

	@Test
	void aThreadThatComesLateDoesNotBringThePastBack() {
		long late = this.now + 1;
		assertThat(admitted(20, this.now + PERIOD)).isEqualTo(20);
		assertThat(admitted(20, late)).isZero();
		assertThat(this.limiter.nanosToReset(late)).as("never longer than a period").isEqualTo(PERIOD);
	}

	@Test
	void oneThreadTakesNothingFromTheOther() throws Exception {
		int threads = 4;
		ExecutorService executor = Executors.newFixedThreadPool(threads);
		try {
			Quota quota = new Quota("hot", 100_000, Duration.ofDays(1), () -> 0);
			WindowRateLimiter hot = new WindowRateLimiter(quota, 0);
			CountDownLatch start = new CountDownLatch(1);
			List<Future<Integer>> counts = new ArrayList<>();
			for (int i = 0; i < threads; i++) {
				counts.add(executor.submit(() -> {
					start.await();
					int admitted = 0;
					for (int request = 0; request < 50_000; request++) {
						admitted += (hot.tryAcquire(1, 0) != WindowRateLimiter.REFUSED) ? 1 : 0;
					}
					return admitted;
				}));
			}
			start.countDown();
			int admitted = 0;
			for (Future<Integer> count : counts) {
				admitted += count.get(30, TimeUnit.SECONDS);
			}
			assertThat(admitted).isEqualTo(100_000);
		}
		finally {
			executor.shutdownNow();
		}
	}

	@Test
	void isAResilience4jRateLimiter() {
		List<String> events = new ArrayList<>();
		this.limiter.getEventPublisher()
			.onSuccess((event) -> events.add("success " + event.getNumberOfPermits()))
			.onFailure((event) -> events.add("failure " + event.getRateLimiterName()));
		assertThat(this.limiter.acquirePermission(19)).isTrue();
		assertThat(this.limiter.reservePermission(1)).isZero();
		assertThat(this.limiter.reservePermission(1)).isEqualTo(-1);
		assertThat(events).containsExactly("success 19", "success 1", "failure orders");
		assertThat(this.limiter.getMetrics().getNumberOfWaitingThreads()).isZero();
		this.now += PERIOD;
		assertThat(this.limiter.getMetrics().getAvailablePermissions()).isEqualTo(20);
		this.limiter.drainPermissions();
		assertThat(this.limiter.getMetrics().getAvailablePermissions()).isZero();
		this.limiter.changeLimitForPeriod(3);
		assertThat(admitted(60, this.now + PERIOD)).isEqualTo(3);
		assertThat(this.limiter.getRateLimiterConfig().getLimitForPeriod()).isEqualTo(3);
		assertThatIllegalArgumentException().isThrownBy(() -> this.limiter.changeTimeoutDuration(Duration.ofMillis(1)))
			.withMessageContaining("never waits");
	}

}
