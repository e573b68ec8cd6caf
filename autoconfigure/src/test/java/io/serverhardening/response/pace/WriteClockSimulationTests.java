package io.serverhardening.response.pace;

import java.time.Duration;
import java.util.Random;

import io.serverhardening.DataLimit;
import io.serverhardening.Timeout;
import io.serverhardening.response.pace.WriteClock.Expiry;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The clocks on readers against a model of what lies between a server and one: a send
 * buffer that asks for more when some of it is free, a receive buffer that opens its
 * window by much at a time (RFC 9293, 3.8.6.2.2), a flow-control window of HTTP/2. Time
 * is virtual; the seed is printed with what went wrong, and {@code -Dpace.seed} repeats
 * it.
 */
class WriteClockSimulationTests {

	private static final int RATE = 240;

	private static final int TICKS_PER_SECOND = 4;

	private static final long TICK = Duration.ofSeconds(1).toNanos() / TICKS_PER_SECOND;

	private static final int GRACE_SECONDS = 5;

	private static final int ROUNDS = 2000;

	private final long seed = Long.getLong("pace.seed", 1);

	@Test
	void aReaderAtTheRateOrAboveIsNeverCut() {
		Random random = new Random(this.seed);
		for (int round = 0; round < ROUNDS; round++) {
			Path path = new Path(random);
			double rate = (round % 4 == 0) ? RATE : RATE * Math.exp(random.nextDouble() * 4.5);
			int pause = random.nextInt(GRACE_SECONDS);
			assertThat(path.secondsUntilCut(rate, pause, 1800))
				.as("seed %d, round %d: %s, read at %.0f B/s after %d s", this.seed, round, path, rate, pause)
				.isEqualTo(-1);
		}
	}

	@Test
	void aReaderThatStopsIsCutWithinTheBound() {
		Random random = new Random(this.seed);
		for (int round = 0; round < ROUNDS; round++) {
			Path path = new Path(random);
			int seconds = path.secondsUntilCut(0, 0, 3600);
			long hidden = Math.min(path.mostHidden(), Outflow.BURST);
			// When it has taken all that it will, and the last burst is seen.
			assertThat(seconds).as("seed %d, round %d: %s", this.seed, round, path)
				.isBetween(GRACE_SECONDS, GRACE_SECONDS + 3 + (int) (hidden / RATE));
		}
	}

	@Test
	void aReaderAtHalfTheRateIsCutInTwiceTheTime() {
		Random random = new Random(this.seed);
		for (int round = 0; round < ROUNDS; round++) {
			Path path = new Path(random);
			int seconds = path.secondsUntilCut(RATE / 2.0, 0, 7200);
			long hidden = path.mostHidden() + path.window;
			assertThat(seconds).as("seed %d, round %d: %s", this.seed, round, path)
				.isBetween(GRACE_SECONDS, 2 * (GRACE_SECONDS + 3 + (int) (hidden / RATE)));
		}
	}

	/**
	 * What lies between a server with enough to send and a client.
	 */
	private static final class Path implements WriteClock.Reader {

		/** Whether what the client acknowledges is known. */
		private final boolean exact;

		/** What the kernel takes ahead. */
		private final int sendBuffer;

		/** How much of it has to be free before it asks for more. */
		private final int wakeUp;

		/** What the client's kernel, or HTTP/2 window, takes ahead. */
		private final int window;

		/** How much of it has to be free before it says so. */
		private final int update;

		private long accepted;

		private long acknowledged;

		private double wanted;

		private double read;

		Path(Random random) {
			this.exact = random.nextInt(3) > 0;
			this.sendBuffer = this.exact ? 16 * 1024 : 128 * 1024;
			this.wakeUp = this.sendBuffer / (this.exact ? 2 : 3);
			this.window = (int) (1024 * Math.exp(random.nextDouble() * Math.log(128)));
			int segment = random.nextBoolean() ? 1460 : 65_483;
			int least = Math.max(Math.min(segment, this.window / 2), this.window / 16);
			this.update = least + random.nextInt(this.window - least + 1);
		}

		/** What it seems to have taken although it has read nothing. */
		private long mostHidden() {
			return this.exact ? this.window : this.window + this.sendBuffer / 2;
		}

		private void step(double bytes) {
			this.wanted += bytes;
			this.read = Math.min(this.wanted, (double) this.acknowledged);
			long free = this.window - (this.acknowledged - (long) this.read);
			if (free >= this.update || this.acknowledged == 0) {
				this.acknowledged = Math.min((long) this.read + this.window, this.accepted);
				this.read = Math.min(this.wanted, (double) this.acknowledged);
			}
			if (this.accepted - this.acknowledged <= this.sendBuffer - this.wakeUp) {
				this.accepted = this.acknowledged + this.sendBuffer;
			}
		}

		private int secondsUntilCut(double rate, int pause, int seconds) {
			WriteClock clock = new WriteClock(
					new WritePolicy(Timeout.of("30s"), DataLimit.of(RATE + "B"), Duration.ofSeconds(GRACE_SECONDS)),
					Outflow.BURST);
			// Until everything is full.
			for (int i = 0; i < 3; i++) {
				step(0);
			}
			for (int tick = 0; tick < seconds * TICKS_PER_SECOND; tick++) {
				step((tick < pause * TICKS_PER_SECOND) ? 0 : rate / TICKS_PER_SECOND);
				Expiry expiry = clock.look(TICK, 64 * 1024, this);
				if (expiry != null) {
					return tick / TICKS_PER_SECOND;
				}
			}
			return -1;
		}

		@Override
		public long taken() {
			return this.exact ? this.acknowledged : this.accepted - this.sendBuffer / 2;
		}

		@Override
		public String toString() {
			return (this.exact ? "acknowledged" : "accepted") + ", window " + this.window + " opened by " + this.update;
		}

	}

}
