package io.serverhardening.connection.timeline;

import java.time.Duration;

import io.serverhardening.CountLimit;
import io.serverhardening.Mode;
import io.serverhardening.Timeout;
import io.serverhardening.internal.channel.CloseReason;
import io.serverhardening.internal.time.LoopClock;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class ConnectionTimelineTests {

	private static final ConnectionPolicy POLICY = new ConnectionPolicy(CountLimit.NONE, CountLimit.NONE,
			Timeout.of("5s"), Timeout.of("10s"), Timeout.of("75s"), Timeout.of("30s"), Timeout.NONE, CountLimit.of(16),
			true, Mode.ENFORCE);

	// Near the end of the range, where the clock may be.
	private static final long START = Long.MAX_VALUE - Duration.ofSeconds(40).toNanos();

	private final ConnectionTimeline timeline = new ConnectionTimeline(POLICY, false, START);

	private static long at(double seconds) {
		return START + (long) (seconds * 1e9);
	}

	private void expires(ConnectionTimeline timeline, double seconds, CloseReason reason) {
		assertThat(timeline.expired(at(seconds) + LoopClock.PERIOD - 1)).as("just before").isNull();
		assertThat(timeline.expired(at(seconds) + LoopClock.PERIOD)).isEqualTo(reason);
	}

	private void exchange(double seconds) {
		this.timeline.bytesRead(at(seconds));
		this.timeline.requestBegun(at(seconds));
		this.timeline.requestRead(false, at(seconds));
		this.timeline.responseBegun(false, false, START);
		this.timeline.responseDone(at(seconds));
	}

	@Test
	void aNewConnectionHasUntilTheEndOfItsHead() {
		expires(this.timeline, 10, CloseReason.HEADER_TIMEOUT);
		this.timeline.bytesRead(at(9));
		assertThat(this.timeline.state()).isEqualTo(ConnectionState.HEAD);
		expires(this.timeline, 10, CloseReason.HEADER_TIMEOUT);
	}

	@Test
	void tlsHasAClockOfItsOwn() {
		ConnectionTimeline secured = new ConnectionTimeline(POLICY, true, START);
		expires(secured, 5, CloseReason.HANDSHAKE_TIMEOUT);
		secured.established(at(4));
		expires(secured, 14, CloseReason.HEADER_TIMEOUT);
	}

	@Test
	void betweenRequestsItIsIdleAndThenItsHeadHasAClock() {
		exchange(1);
		assertThat(this.timeline.state()).isEqualTo(ConnectionState.IDLE);
		expires(this.timeline, 76, CloseReason.IDLE_TIMEOUT);
		this.timeline.bytesRead(at(50));
		this.timeline.bytesRead(at(59));
		expires(this.timeline, 60, CloseReason.HEADER_TIMEOUT);
	}

	@Test
	void aHeadThatCameGluedHasAClockFromItsTurnOn() {
		this.timeline.bytesRead(at(0));
		this.timeline.requestBegun(at(0));
		this.timeline.requestRead(true, at(0));
		assertThat(this.timeline.expired(at(60))).as("its turn has not come").isNull();
		this.timeline.responseBegun(false, false, START);
		this.timeline.responseDone(at(60));
		expires(this.timeline, 70, CloseReason.HEADER_TIMEOUT);
	}

	@Test
	void aHeadThatBeganMeanwhileHasAClockFromItsTurnOn() {
		this.timeline.bytesRead(at(0));
		this.timeline.requestBegun(at(0));
		this.timeline.bytesRead(at(1));
		this.timeline.requestRead(false, at(1));
		assertThat(this.timeline.hasUnread()).as("those were of its body").isFalse();
		this.timeline.bytesRead(at(2));
		assertThat(this.timeline.hasUnread()).isTrue();
		this.timeline.responseBegun(false, false, START);
		this.timeline.responseDone(at(60));
		expires(this.timeline, 70, CloseReason.HEADER_TIMEOUT);
	}

	@Test
	void aRunningRequestHasOtherClocks() {
		this.timeline.requestBegun(at(0));
		assertThat(this.timeline.state()).isEqualTo(ConnectionState.BODY);
		this.timeline.requestRead(false, at(1));
		assertThat(this.timeline.state()).isEqualTo(ConnectionState.HANDLING);
		this.timeline.responseBegun(false, false, START);
		assertThat(this.timeline.state()).isEqualTo(ConnectionState.WRITING);
		assertThat(this.timeline.expired(at(10_000))).isNull();
	}

	@Test
	void theRestOfABodyHasFiveSeconds() {
		this.timeline.requestBegun(at(0));
		this.timeline.responseBegun(false, false, START);
		this.timeline.responseDone(at(1));
		expires(this.timeline, 6, CloseReason.UNREAD_BODY);
		assertThat(this.timeline.hasUnread()).isTrue();
		this.timeline.requestRead(false, at(5));
		assertThat(this.timeline.state()).isEqualTo(ConnectionState.IDLE);
		assertThat(this.timeline.hasUnread()).isFalse();
	}

	@Test
	void itIsNotIdleWhileItsResponseWaitsForTheClient() {
		exchange(0);
		this.timeline.sent(1000, 900, true, at(60));
		assertThat(this.timeline.state()).isEqualTo(ConnectionState.WRITING);
		this.timeline.sent(1000, 0, true, at(70));
		expires(this.timeline, 135, CloseReason.IDLE_TIMEOUT);
	}

	@Test
	void whatWaitsForTheClientAndIsNoResponseKeepsNothing() {
		exchange(0);
		this.timeline.sent(1000, 5, false, at(2));
		this.timeline.sent(1000, 10, false, at(20));
		expires(this.timeline, 33, CloseReason.SLOW_READER);
		this.timeline.requestBegun(at(33));
		this.timeline.sent(1000, 0, false, at(33));
		assertThat(this.timeline.expired(at(1000))).isNull();
	}

	@Test
	void streamsKeepItAndOnlyTheLastOneMakesItIdle() {
		this.timeline.streamRequested();
		this.timeline.streamOpened(at(0));
		this.timeline.streamOpened(at(1));
		this.timeline.streamClosed(at(2));
		assertThat(this.timeline.expired(at(1000))).isNull();
		this.timeline.streamClosed(at(3));
		expires(this.timeline, 78, CloseReason.IDLE_TIMEOUT);
	}

	@Test
	void pipelinedRequestsAreOneAfterTheOther() {
		this.timeline.requestBegun(at(0));
		this.timeline.requestRead(true, at(0));
		this.timeline.requestBegun(at(0));
		this.timeline.requestRead(false, at(0));
		this.timeline.responseDone(at(1));
		assertThat(this.timeline.state()).isEqualTo(ConnectionState.HANDLING);
		this.timeline.responseDone(at(2));
		assertThat(this.timeline.state()).isEqualTo(ConnectionState.IDLE);
	}

	@Test
	void whoDoesNotHearTheEndIsCut() {
		this.timeline.leave(at(0));
		expires(this.timeline, 5, CloseReason.FAILED);
		this.timeline.linger(at(4));
		expires(this.timeline, 9, CloseReason.FAILED);
	}

	@Test
	void anUpgradedConnectionHasNoClock() {
		this.timeline.requestBegun(at(0));
		this.timeline.upgraded(at(0));
		assertThat(this.timeline.expired(at(100_000))).isNull();
	}

	@Test
	void anUpgradedConnectionIsAskedAtHalfAndEndedAtTheWholeOfItsSilence() {
		ConnectionTimeline timed = new ConnectionTimeline(
				new ConnectionPolicy(CountLimit.NONE, CountLimit.NONE, Timeout.NONE, Timeout.NONE, Timeout.NONE,
						Timeout.NONE, Timeout.of("60s"), CountLimit.of(16), true, Mode.ENFORCE),
				false, START);
		timed.requestBegun(at(0));
		assertThat(timed.isTimedBySilence()).isFalse();
		timed.upgraded(at(0));
		timed.stirred(at(10));
		assertThat(timed.isPingDue(at(40))).isFalse();
		assertThat(timed.isPingDue(at(41))).isTrue();
		assertThat(timed.isPingDue(at(42))).isFalse();
		expires(timed, 70, CloseReason.UPGRADED_IDLE_TIMEOUT);
		timed.stirred(at(69));
		assertThat(timed.isPingDue(at(100))).isTrue();
		expires(timed, 129, CloseReason.UPGRADED_IDLE_TIMEOUT);
	}

	@Test
	void anEventStreamIsEndedButNotAsked() {
		ConnectionTimeline timed = new ConnectionTimeline(
				new ConnectionPolicy(CountLimit.NONE, CountLimit.NONE, Timeout.NONE, Timeout.NONE, Timeout.NONE,
						Timeout.NONE, Timeout.of("60s"), CountLimit.of(16), true, Mode.ENFORCE),
				false, START);
		timed.requestBegun(at(0));
		timed.requestRead(false, at(0));
		timed.responseBegun(false, true, at(5));
		assertThat(timed.isPingDue(at(50))).isFalse();
		expires(timed, 65, CloseReason.UPGRADED_IDLE_TIMEOUT);
		timed.responseDone(at(64));
		assertThat(timed.expired(at(1000))).isNull();
	}

	@Test
	void tellsWhyTheServerItselfClosesIt() {
		assertThat(this.timeline.ownReason()).isEqualTo(CloseReason.SHUTDOWN);
		this.timeline.requestBegun(at(0));
		this.timeline.responseBegun(false, false, START);
		assertThat(this.timeline.ownReason()).isEqualTo(CloseReason.RESPONSE_ABORTED);
		this.timeline.responseBegun(true, false, START);
		this.timeline.responseDone(at(0));
		assertThat(this.timeline.ownReason()).isEqualTo(CloseReason.COMPLETE);
	}

	@Test
	void aStreamThatIsNoRequestLeavesTheClockOfTheFirstHeadRunning() {
		this.timeline.bytesRead(at(1));
		this.timeline.streamOpened(at(2));
		this.timeline.streamClosed(at(3));
		assertThat(this.timeline.state()).isEqualTo(ConnectionState.HEAD);
		expires(this.timeline, 10, CloseReason.HEADER_TIMEOUT);
	}

	@Test
	void whoIsGoingAwayHasUntilItsLastStreamIsDone() {
		this.timeline.streamOpened(at(1));
		this.timeline.streamRequested();
		this.timeline.goingAway(false, at(2));
		assertThat(this.timeline.state()).isEqualTo(ConnectionState.CLOSING);
		assertThat(this.timeline.isLeaving()).as("throws away what comes").isFalse();
		assertThat(this.timeline.expired(at(35))).isNull();
		this.timeline.streamClosed(at(10));
		expires(this.timeline, 15, CloseReason.SHUTDOWN);
	}

	@Test
	void whoBrokeTheProtocolIsCutWhateverIsOpen() {
		this.timeline.streamOpened(at(1));
		this.timeline.streamRequested();
		this.timeline.goingAway(true, at(2));
		assertThat(this.timeline.isLeaving()).isTrue();
		expires(this.timeline, 7, CloseReason.FAILED);
	}

	@Test
	void whoHasBeenToldToCloseIsCut() {
		exchange(1);
		this.timeline.close(at(2));
		expires(this.timeline, 7, CloseReason.FAILED);
	}

	@Test
	void answersThatNobodyTakesHaveAClockWhateverIsOpen() {
		this.timeline.streamOpened(at(0));
		this.timeline.streamRequested();
		this.timeline.sent(100, 50, false, at(1));
		this.timeline.sent(200, 140, false, at(2));
		// Less than ever: behind TLS what waits is more than what was written.
		this.timeline.sent(300, 245, false, at(3));
		expires(this.timeline, 33, CloseReason.SLOW_READER);
		this.timeline.sent(300, 200, false, at(4));
		expires(this.timeline, 35, CloseReason.SLOW_READER);
		this.timeline.sent(300, 0, false, at(5));
		assertThat(this.timeline.expired(at(39))).isNull();
	}

	@Test
	void leavesAClientOfHttp2ToTheClockOfItsResponse() {
		this.timeline.streamOpened(at(0));
		this.timeline.streamRequested();
		this.timeline.sent(100, 50, false, at(1));
		for (int second = 2; second < 200; second++) {
			this.timeline.sent(100, 50, true, at(second));
			assertThat(this.timeline.expired(at(second))).isNull();
		}
		this.timeline.streamClosed(at(200));
		this.timeline.sent(100, 50, true, at(400));
		assertThat(this.timeline.expired(at(470))).isNull();
		assertThat(this.timeline.state()).isEqualTo(ConnectionState.WRITING);
		this.timeline.sent(100, 0, true, at(470));
		expires(this.timeline, 400 + 75, CloseReason.IDLE_TIMEOUT);
	}

	@Test
	void whatIsNotTakenMakesAnIdleConnectionNoYounger() {
		this.timeline.streamOpened(at(-40));
		this.timeline.streamRequested();
		this.timeline.streamClosed(at(-40));
		this.timeline.sent(100, 50, false, at(30));
		assertThat(this.timeline.state()).isEqualTo(ConnectionState.WRITING);
		expires(this.timeline, 35, CloseReason.IDLE_TIMEOUT);
	}

	@Test
	void aHalfBlockOfHeadersHasAClockWhileStreamsAreOpen() {
		this.timeline.streamOpened(at(0));
		this.timeline.streamRequested();
		this.timeline.block(3, at(1));
		this.timeline.block(4, at(5));
		this.timeline.block(4, at(12));
		expires(this.timeline, 15, CloseReason.HEADER_TIMEOUT);
		this.timeline.block(-1, at(14));
		assertThat(this.timeline.expired(at(39))).isNull();
	}

}
