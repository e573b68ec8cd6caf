package io.serverhardening.concurrency;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import io.github.resilience4j.bulkhead.BulkheadConfig;
import io.github.resilience4j.bulkhead.BulkheadFullException;
import io.serverhardening.Percentage;
import io.serverhardening.Priority;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class PriorityBulkheadTests {

	private static PriorityBulkhead bulkhead(int maxRequests, int reserve) {
		return new PriorityBulkhead("default", limit(maxRequests, reserve));
	}

	private static ConcurrencyLimit limit(int maxRequests, int reserve) {
		return new ConcurrencyLimit(
				new ConcurrencyPolicy(maxRequests, new Percentage(reserve), "server.hardening.concurrency"));
	}

	private static int fill(PriorityBulkhead bulkhead, Priority priority) {
		int admitted = 0;
		while (bulkhead.tryAcquire(priority)) {
			admitted++;
		}
		return admitted;
	}

	@Test
	void eachPriorityLeavesRoomForThoseAboveIt() {
		PriorityBulkhead bulkhead = bulkhead(200, 10);
		assertThat(fill(bulkhead, Priority.LOW)).isEqualTo(170);
		assertThat(fill(bulkhead, Priority.NORMAL)).isEqualTo(10);
		assertThat(fill(bulkhead, Priority.HIGH)).isEqualTo(10);
		assertThat(fill(bulkhead, Priority.CRITICAL)).isEqualTo(10);
		assertThat(bulkhead.inFlight()).isEqualTo(200);
		assertThat(bulkhead.highest()).isEqualTo(200);
	}

	@Test
	void whatIsReservedIsRoundedDown() {
		PriorityBulkhead bulkhead = bulkhead(39, 10);
		assertThat(bulkhead.share(Priority.CRITICAL)).isEqualTo(39);
		assertThat(bulkhead.share(Priority.HIGH)).as("half of 3, rounded down").isEqualTo(37);
		assertThat(bulkhead.share(Priority.NORMAL)).isEqualTo(36);
		assertThat(bulkhead.share(Priority.LOW)).isEqualTo(35);
		assertThat(fill(bulkhead(9, 10), Priority.NORMAL)).as("nothing to reserve").isEqualTo(9);
		assertThat(fill(bulkhead(1, 50), Priority.LOW)).as("nobody is shut out for ever").isEqualTo(1);
	}

	@Test
	void aPlaceThatIsGivenBackIsFree() {
		PriorityBulkhead bulkhead = bulkhead(2, 0);
		assertThat(fill(bulkhead, Priority.NORMAL)).isEqualTo(2);
		bulkhead.onComplete();
		assertThat(fill(bulkhead, Priority.NORMAL)).isEqualTo(1);
	}

	@Test
	void countsWhatItOnlyObserves() {
		PriorityBulkhead bulkhead = bulkhead(2, 0);
		fill(bulkhead, Priority.NORMAL);
		bulkhead.enterAnyway();
		assertThat(bulkhead.highest()).isEqualTo(3);
		assertThat(bulkhead.getMetrics().getAvailableConcurrentCalls()).isZero();
		bulkhead.onComplete();
		assertThat(bulkhead.tryAcquire(Priority.CRITICAL)).as("two are still in flight").isFalse();
	}

	@Test
	void isAResilience4jBulkhead() {
		PriorityBulkhead bulkhead = bulkhead(1, 0);
		List<String> events = new ArrayList<>();
		bulkhead.getEventPublisher()
			.onCallPermitted((event) -> events.add("permitted"))
			.onCallRejected((event) -> events.add("rejected"))
			.onCallFinished((event) -> events.add("finished"));
		bulkhead.acquirePermission();
		assertThatExceptionOfType(BulkheadFullException.class).isThrownBy(bulkhead::acquirePermission);
		bulkhead.onComplete();
		assertThat(events).containsExactly("permitted", "rejected", "finished");
		bulkhead.changeConfig(BulkheadConfig.custom().maxConcurrentCalls(5).maxWaitDuration(Duration.ZERO).build());
		assertThat(bulkhead.getMetrics().getMaxAllowedConcurrentCalls()).isEqualTo(5);
		assertThat(fill(bulkhead, Priority.NORMAL)).isEqualTo(5);
		BulkheadConfig waiting = BulkheadConfig.custom().maxWaitDuration(Duration.ofMillis(1)).build();
		assertThatIllegalArgumentException().isThrownBy(() -> bulkhead.changeConfig(waiting))
			.withMessageContaining("never waits");
	}

	@Test
	void takesAnotherLimitAndKeepsWhatIsInFlight() {
		PriorityBulkhead bulkhead = bulkhead(10, 0);
		ConcurrencyLimit before = limit(10, 0);
		assertThat(fill(bulkhead, Priority.NORMAL)).isEqualTo(10);
		bulkhead.apply(limit(4, 0));
		for (int i = 0; i < 6; i++) {
			bulkhead.onComplete();
			assertThat(bulkhead.tryAcquire(Priority.CRITICAL)).isFalse();
		}
		bulkhead.onComplete();
		assertThat(fill(bulkhead, Priority.NORMAL)).isEqualTo(1);
		assertThat(bulkhead.tryAcquire(before.share(Priority.NORMAL))).as("a request that began with the limit before")
			.isTrue();
		bulkhead.apply(limit(20, 50));
		assertThat(fill(bulkhead, Priority.NORMAL)).as("all but the reserve").isEqualTo(5);
		assertThat(bulkhead.getBulkheadConfig().getMaxConcurrentCalls()).isEqualTo(20);
	}

}
