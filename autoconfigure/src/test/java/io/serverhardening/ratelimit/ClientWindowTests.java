package io.serverhardening.ratelimit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

class ClientWindowTests {

	private static final long PERIOD = Duration.ofSeconds(10).toNanos();

	private long now = 1_000;

	private final Quota quota = new Quota("orders", 20, Duration.ofSeconds(10), () -> this.now);

	private final ClientWindow window = new ClientWindow(this.now);

	private int admitted(int requests, long at) {
		int admitted = 0;
		for (int i = 0; i < requests; i++) {
			admitted += (this.window.take(1, this.quota, at) != ClientWindow.REFUSED) ? 1 : 0;
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
		assertThat(this.window.take(5, this.quota, this.now)).isEqualTo(15);
		assertThat(this.window.take(16, this.quota, this.now)).isEqualTo(ClientWindow.REFUSED);
		assertThat(this.window.take(15, this.quota, this.now + 1)).isZero();
		assertThat(this.window.take(0, this.quota, this.now + 1)).as("a free request").isZero();
		assertThat(this.window.nanosToReset(this.quota, this.now)).isEqualTo(PERIOD);
		assertThat(this.window.nanosToReset(this.quota, this.now + PERIOD - 1)).isEqualTo(1);
		assertThat(this.window.nanosToReset(this.quota, this.now + PERIOD)).isEqualTo(PERIOD);
	}

	@Test
	void aThreadThatComesLateDoesNotBringThePastBack() {
		long late = this.now + 1;
		assertThat(admitted(20, this.now + PERIOD)).isEqualTo(20);
		assertThat(admitted(20, late)).isZero();
		assertThat(this.window.nanosToReset(this.quota, late)).as("never longer than a period").isEqualTo(PERIOD);
	}

	@Test
	void oneThreadTakesNothingFromTheOther() throws Exception {
		int threads = 4;
		ExecutorService executor = Executors.newFixedThreadPool(threads);
		try {
			Quota quota = new Quota("hot", 100_000, Duration.ofDays(1), () -> 0);
			ClientWindow hot = new ClientWindow(0);
			CountDownLatch start = new CountDownLatch(1);
			List<Future<Integer>> counts = new ArrayList<>();
			for (int i = 0; i < threads; i++) {
				counts.add(executor.submit(() -> {
					start.await();
					int admitted = 0;
					for (int request = 0; request < 50_000; request++) {
						admitted += (hot.take(1, quota, 0) != ClientWindow.REFUSED) ? 1 : 0;
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
	void whatWasTakenCountsWhateverTheQuotaIs() {
		assertThat(admitted(15, this.now)).isEqualTo(15);
		Quota smaller = new Quota("orders", 10, Duration.ofSeconds(10), () -> this.now);
		assertThat(this.window.take(1, smaller, this.now)).isEqualTo(ClientWindow.REFUSED);
		assertThat(this.window.take(0, smaller, this.now)).as("nothing is left, and nothing is owed").isZero();
		Quota larger = new Quota("orders", 30, Duration.ofSeconds(10), () -> this.now);
		assertThat(this.window.take(1, larger, this.now)).isEqualTo(14);
		assertThat(this.window.take(1, this.quota, this.now)).isEqualTo(3);
	}

	@Test
	void aPeriodIsAsLongAsTheQuotaSaysThatIsAsked() {
		assertThat(admitted(20, this.now)).isEqualTo(20);
		Quota longer = new Quota("orders", 20, Duration.ofSeconds(60), () -> this.now);
		long later = this.now + PERIOD;
		assertThat(this.window.take(1, longer, later)).as("its minute is not over").isEqualTo(ClientWindow.REFUSED);
		assertThat(this.window.nanosToReset(longer, later)).isEqualTo(5 * PERIOD);
		Quota shorter = new Quota("orders", 20, Duration.ofSeconds(1), () -> this.now);
		assertThat(this.window.take(1, shorter, this.now + PERIOD / 10)).isEqualTo(19);
		assertThat(this.window.nanosToReset(shorter, this.now + PERIOD / 10)).isEqualTo(PERIOD / 10);
	}

	@ParameterizedTest
	@ValueSource(longs = { 1, 2, 3, 4, 5, 6, 7, 8 })
	void admitsWithinAnyPeriodOfOneQuotaNoMoreThanItSays(long seed) {
		SplittableRandom random = new SplittableRandom(seed);
		List<Quota> quotas = new ArrayList<>();
		for (int i = 0; i < 5; i++) {
			quotas.add(new Quota("orders", 1 + random.nextInt(30), Duration.ofNanos(1 + random.nextInt(50)), () -> 0));
		}
		ClientWindow window = new ClientWindow(0);
		Quota quota = quotas.get(0);
		long begun = 0;
		int taken = 0;
		long time = 0;
		for (int step = 0; step < 100_000; step++) {
			time += random.nextInt(3);
			quota = (random.nextInt(20) == 0) ? quotas.get(random.nextInt(quotas.size())) : quota;
			long passed = time - begun;
			if (passed >= quota.periodNanos()) {
				begun += passed / quota.periodNanos() * quota.periodNanos();
				taken = 0;
			}
			int permits = random.nextInt(4);
			boolean fits = permits == 0 || taken + permits <= quota.permits();
			long left = window.take(permits, quota, time);
			taken += fits ? permits : 0;
			assertThat(left).as("step " + step).isEqualTo(fits ? Math.max(0, quota.permits() - taken) : -1);
			assertThat(window.nanosToReset(quota, time)).isEqualTo(quota.periodNanos() - (time - begun));
		}
	}

}
