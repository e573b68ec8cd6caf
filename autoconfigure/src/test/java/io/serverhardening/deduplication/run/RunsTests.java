package io.serverhardening.deduplication.run;

import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

import io.serverhardening.deduplication.run.Runs.Entry;
import org.junit.jupiter.api.Test;
import reactor.core.Disposables;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyLong;
import static org.mockito.BDDMockito.given;
import static org.mockito.BDDMockito.then;
import static org.mockito.BDDMockito.willThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.times;

class RunsTests {

	@Test
	void looksAgainAfterALookThatCouldNotBeScheduled() {
		Scheduler scheduler = mock(Scheduler.class);
		given(scheduler.schedule(any(Runnable.class), anyLong(), any(TimeUnit.class)))
			.willThrow(new RejectedExecutionException("planted"))
			.willThrow(new InternalError("planted"))
			.willReturn(Disposables.single());
		Runs runs = new Runs(10, new BodyBudget(100), scheduler, System::nanoTime);
		for (int i = 0; i < 3; i++) {
			assertThat(runs.enter(mock(Run.class))).isEqualTo(Entry.GRANTED);
		}
		then(scheduler).should(times(3)).schedule(any(Runnable.class), anyLong(), any(TimeUnit.class));
	}

	@Test
	void letsNoMoreBytesInThanMayBeKept() {
		BodyBudget budget = new BodyBudget(100);
		Runs runs = new Runs(2, budget, Schedulers.parallel(), System::nanoTime);
		Run large = run(60);
		assertThat(runs.enter(large)).isEqualTo(Entry.GRANTED);
		assertThat(runs.enter(run(41))).isEqualTo(Entry.TOO_MUCH);
		assertThat(runs.count()).isEqualTo(1);
		assertThat(runs.enter(run(40))).isEqualTo(Entry.GRANTED);
		assertThat(runs.enter(run(0))).isEqualTo(Entry.CROWDED);
		runs.leave(large);
		runs.leave(large);
		assertThat(budget.held()).isEqualTo(40);
		assertThat(runs.enter(run(60))).isEqualTo(Entry.GRANTED);
	}

	@Test
	void looksAfterTheOthersWhereOneCannotBeLookedAfter() {
		Runs runs = new Runs(10, new BodyBudget(100), Schedulers.parallel(), System::nanoTime);
		List<Run> all = List.of(run(0), run(0), run(0));
		for (Run run : all) {
			willThrow(new StackOverflowError("planted")).given(run).look(7);
			runs.enter(run);
		}
		runs.look(7);
		for (Run run : all) {
			then(run).should().look(7);
		}
	}

	private static Run run(int size) {
		Run run = mock(Run.class);
		given(run.size()).willReturn(size);
		return run;
	}

}
