package io.serverhardening.deduplication;

import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import reactor.core.Disposables;
import reactor.core.scheduler.Scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyLong;
import static org.mockito.BDDMockito.given;
import static org.mockito.BDDMockito.then;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.times;

class RunsTests {

	@Test
	void looksAgainAfterALookThatCouldNotBeScheduled() {
		Scheduler scheduler = mock(Scheduler.class);
		given(scheduler.schedule(any(Runnable.class), anyLong(), any(TimeUnit.class)))
			.willThrow(new RejectedExecutionException("planted"))
			.willReturn(Disposables.single());
		Runs runs = new Runs(10, scheduler, System::nanoTime);
		assertThat(runs.enter(mock(Run.class))).isTrue();
		assertThat(runs.enter(mock(Run.class))).isTrue();
		then(scheduler).should(times(2)).schedule(any(Runnable.class), anyLong(), any(TimeUnit.class));
	}

}
