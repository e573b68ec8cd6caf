package io.serverhardening.deduplication;

import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import reactor.core.Disposables;
import reactor.core.scheduler.Scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyLong;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

class RunsTests {

	@Test
	void looksAgainAfterALookThatCouldNotBeScheduled() {
		Scheduler scheduler = mock(Scheduler.class);
		when(scheduler.schedule(any(Runnable.class), anyLong(), any(TimeUnit.class)))
			.thenThrow(new RejectedExecutionException("planted"))
			.thenReturn(Disposables.single());
		Runs runs = new Runs(10, scheduler, System::nanoTime);
		assertThat(runs.enter(mock(Run.class))).isTrue();
		assertThat(runs.enter(mock(Run.class))).isTrue();
		verify(scheduler, times(2)).schedule(any(Runnable.class), anyLong(), any(TimeUnit.class));
	}

}
