package io.serverhardening.connection.http2;

import java.time.Duration;

import io.serverhardening.connection.registry.StreamFault;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of {@link ResetLimit}.
 */
class ResetLimitTests {

	private final ResetLimit limit = new ResetLimit(0);

	@Test
	void whatTheClientDoesIsLimited() {
		for (int i = 0; i < ResetLimit.MAX; i++) {
			assertThat(this.limit.reset(StreamFault.PROTOCOL_ERROR, i)).isFalse();
		}
		assertThat(this.limit.reset(StreamFault.REFUSED_STREAM, 0)).isTrue();
		assertThat(this.limit.reset(StreamFault.PROTOCOL_ERROR, 0)).as("told once").isFalse();
	}

	@Test
	void itBeginsAnewAfterItsPeriod() {
		for (int i = 0; i < 10 * ResetLimit.MAX; i++) {
			assertThat(this.limit.reset(StreamFault.PROTOCOL_ERROR, Duration.ofMillis(151).toNanos() * i)).isFalse();
		}
	}

	@Test
	void whatTheServerEndsByItselfIsNotTheClients() {
		for (int i = 0; i < 10 * ResetLimit.MAX; i++) {
			assertThat(this.limit.reset(null, 0)).isFalse();
		}
	}

	@Test
	void whatWasOnItsWayIsForgiven() {
		for (int i = 0; i < 10 * ResetLimit.MAX; i++) {
			this.limit.reset(null, 0);
			for (int j = 0; j < ResetLimit.ON_THEIR_WAY; j++) {
				assertThat(this.limit.reset(StreamFault.STREAM_CLOSED, 0)).isFalse();
			}
		}
	}

	@Test
	void whatComesBeyondThatIsNot() {
		for (int i = 0; i < 1000; i++) {
			this.limit.reset(null, 0);
		}
		int frames = 0;
		while (!this.limit.late(0)) {
			frames++;
		}
		assertThat(frames).isEqualTo(100 * ResetLimit.ON_THEIR_WAY + ResetLimit.MAX);
	}

}
