package io.serverhardening.deduplication;

import java.lang.ref.WeakReference;
import java.time.Duration;

import io.serverhardening.deduplication.access.LocalRecords;
import io.serverhardening.deduplication.access.Records;
import io.serverhardening.deduplication.memory.MemoryRecordStore;
import io.serverhardening.deduplication.record.OnStoreFailure;
import io.serverhardening.deduplication.run.BodyBudget;
import org.junit.jupiter.api.Test;
import reactor.core.scheduler.Schedulers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What a route's guard has to keep.
 */
class DeduplicationStateTests {

	// The shutdown, and a route that comes back, find the state by a weak reference.
	@Test
	void isThereForAsLongAsSomebodyHasItsRecords() {
		Records[] records = {
				new LocalRecords(new MemoryRecordStore(10, System::currentTimeMillis), OnStoreFailure.LOCAL) };
		WeakReference<DeduplicationState> state = new WeakReference<>(
				new DeduplicationState(records[0], 10, BodyBudget.ofHeap(), Schedulers.parallel(), System::nanoTime));
		for (int i = 0; i < 5; i++) {
			System.gc();
		}
		assertThat(state.get()).isNotNull().extracting(DeduplicationState::records).isSameAs(records[0]);
		records[0] = null;
		await().atMost(Duration.ofSeconds(20)).until(() -> {
			System.gc();
			return state.refersTo(null);
		});
	}

}
