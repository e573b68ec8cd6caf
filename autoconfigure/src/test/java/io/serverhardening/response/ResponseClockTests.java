package io.serverhardening.response;

import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;

import io.serverhardening.DataLimit;
import io.serverhardening.Timeout;
import io.serverhardening.response.ResponseClock.Expiry;
import io.serverhardening.response.pace.WritePolicy;
import org.junit.jupiter.api.Test;

import org.springframework.http.HttpStatus;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The clocks as arithmetic, with time as an argument.
 */
class ResponseClockTests {

	// Near the end of the range, where nanoTime may be and sums may overflow.
	private static final long START = Long.MAX_VALUE - Duration.ofSeconds(12).toNanos();

	private final FakeProgress progress = new FakeProgress();

	private static ResponseClock clock(String timeout, String totalTimeout) {
		return new ResponseClock(
				new ResponsePolicy(Timeout.of(timeout), Timeout.of(totalTimeout), HttpStatus.SERVICE_UNAVAILABLE,
						new WritePolicy(Timeout.NONE, DataLimit.NONE, Duration.ofSeconds(5)), "response"));
	}

	private static long at(long seconds) {
		return START + Duration.ofSeconds(seconds).toNanos();
	}

	private static long seconds(long seconds) {
		return Duration.ofSeconds(seconds).toNanos();
	}

	@Test
	void runsOutWhenTheFirstByteDoesNotCome() {
		ResponseClock clock = clock("10s", "none");
		assertThat(clock.firstCheck()).isEqualTo(seconds(10));
		assertThat(clock.check(at(9), this.progress)).isNull();
		assertThat(clock.nextCheck(at(9), this.progress)).isEqualTo(seconds(1));
		assertThat(clock.check(at(10), this.progress)).isEqualTo(Expiry.FIRST_BYTE);
	}

	@Test
	void givesBackTheTimeSpentWaitingForTheBody() {
		ResponseClock clock = clock("10s", "none");
		this.progress.waited = seconds(25);
		assertThat(clock.check(at(34), this.progress)).isNull();
		assertThat(clock.nextCheck(at(34), this.progress)).isEqualTo(seconds(1));
		assertThat(clock.check(at(35), this.progress)).isEqualTo(Expiry.FIRST_BYTE);
	}

	@Test
	void theFirstEventMayTakeTenTimeoutsAndNoMore() {
		ResponseClock clock = clock("10s", "none");
		this.progress.awaitsEvents = true;
		assertThat(clock.check(at(99), this.progress)).isNull();
		assertThat(clock.remaining(at(99), this.progress)).isEqualTo(seconds(1));
		assertThat(clock.check(at(100), this.progress)).isEqualTo(Expiry.FIRST_BYTE);
		assertThat(clock("none", "none").check(at(1000), this.progress)).isNull();
		assertThat(clock("10s", "20s").check(at(20), this.progress)).isEqualTo(Expiry.TOTAL);
	}

	@Test
	void aHandlerThatDeclaresSomethingElseMeanwhileIsSeen() {
		ResponseClock clock = clock("10s", "none");
		this.progress.awaitsEvents = true;
		assertThat(clock.nextCheck(at(10), this.progress)).isEqualTo(seconds(10));
		this.progress.awaitsEvents = false;
		assertThat(clock.check(at(20), this.progress)).isEqualTo(Expiry.FIRST_BYTE);
	}

	@Test
	void looksOnceASecondWhileOnlyTheClientCanEndTheWait() {
		ResponseClock clock = clock("10s", "none");
		this.progress.waitingForClient = true;
		this.progress.waited = seconds(5);
		assertThat(clock.nextCheck(at(5), this.progress)).isEqualTo(seconds(1));
		assertThat(clock.nextCheck(at(15) - 1, this.progress)).isEqualTo(seconds(1));
	}

	@Test
	void onceCommittedRunsFromTheLastWrite() {
		ResponseClock clock = clock("10s", "none");
		this.progress.committed = true;
		this.progress.silentSince = at(55);
		assertThat(clock.check(at(64), this.progress)).isNull();
		assertThat(clock.nextCheck(at(64), this.progress)).isEqualTo(seconds(1));
		assertThat(clock.check(at(65), this.progress)).isEqualTo(Expiry.SILENT);
	}

	@Test
	void theTotalRunsWhateverTheHandlerDoes() {
		ResponseClock clock = clock("10s", "20s");
		this.progress.committed = true;
		this.progress.exempt = true;
		this.progress.waited = seconds(19);
		assertThat(clock.check(at(19), this.progress)).isNull();
		assertThat(clock.nextCheck(at(19), this.progress)).isEqualTo(seconds(1));
		assertThat(clock.check(at(20), this.progress)).isEqualTo(Expiry.TOTAL);
		assertThat(clock("none", "20s").firstCheck()).isEqualTo(seconds(20));
		assertThat(clock("30s", "20s").firstCheck()).isEqualTo(seconds(20));
	}

	@Test
	void eventStreamsMayBeSilent() {
		ResponseClock clock = clock("10s", "none");
		this.progress.exempt = true;
		assertThat(clock.check(at(3600), this.progress)).isNull();
		assertThat(clock.nextCheck(at(3600), this.progress)).isEqualTo(seconds(10));
	}

	@Test
	void aClockThatWasOnlyObservedStops() {
		ResponseClock clock = clock("10s", "20s");
		this.progress.stopped.add(Expiry.FIRST_BYTE);
		assertThat(clock.check(at(15), this.progress)).isNull();
		assertThat(clock.check(at(20), this.progress)).isEqualTo(Expiry.TOTAL);
		this.progress.stopped.add(Expiry.TOTAL);
		assertThat(clock.check(at(99), this.progress)).isNull();
		assertThat(clock.nextCheck(at(99), this.progress)).isGreaterThanOrEqualTo(ResponseClock.NEVER);
	}

	@Test
	void remainingIsWhatEndsFirstAndNeverNegative() {
		ResponseClock clock = clock("10s", "20s");
		assertThat(clock.remaining(at(4), this.progress)).isEqualTo(seconds(6));
		assertThat(clock.remaining(at(14), this.progress)).isZero();
		this.progress.waited = seconds(9);
		assertThat(clock.remaining(at(14), this.progress)).isEqualTo(seconds(5));
		this.progress.waited = seconds(12);
		assertThat(clock.remaining(at(14), this.progress)).isEqualTo(seconds(6));
		this.progress.committed = true;
		assertThat(clock.remaining(at(14), this.progress)).isEqualTo(seconds(6));
		assertThat(clock("10s", "none").remaining(at(14), this.progress)).isEqualTo(Long.MAX_VALUE);
	}

	@Test
	void aTimeoutOfAnEternityDoesNotOverflow() {
		ResponseClock clock = clock("2000000h", "3000000h");
		assertThat(clock.check(at(3600), this.progress)).isNull();
		assertThat(clock.nextCheck(at(3600), this.progress)).isPositive();
		assertThat(clock.remaining(at(3600), this.progress)).isPositive();
	}

	/**
	 * An exchange that has done what the test says.
	 */
	private static final class FakeProgress implements ResponseClock.Progress {

		private boolean committed;

		private boolean exempt;

		private boolean awaitsEvents;

		private boolean waitingForClient;

		private long waited;

		private long silentSince;

		private final Set<Expiry> stopped = EnumSet.noneOf(Expiry.class);

		@Override
		public long startedAt() {
			return START;
		}

		@Override
		public boolean hasStopped(Expiry expiry) {
			return this.stopped.contains(expiry);
		}

		@Override
		public boolean isCommitted() {
			return this.committed;
		}

		@Override
		public boolean isExempt() {
			return this.exempt;
		}

		@Override
		public boolean awaitsEvents() {
			return this.awaitsEvents;
		}

		@Override
		public boolean isWaitingForClient() {
			return this.waitingForClient;
		}

		@Override
		public long waitedForBody(long now) {
			return this.waited;
		}

		@Override
		public long silentSince(long now) {
			return this.silentSince;
		}

	}

}
