package io.serverhardening.webhook;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

import io.serverhardening.webhook.Nonces.Seen;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What may be used once.
 */
class NoncesTests {

	private final AtomicLong clock = new AtomicLong();

	@Test
	void knowsCopiesFromOthers() {
		Nonces nonces = new Nonces(Duration.ofMinutes(5), this.clock::get);
		assertThat(nonces.use("n", "a")).isEqualTo(Seen.FIRST);
		assertThat(nonces.use("n", "a")).isEqualTo(Seen.COPY);
		assertThat(nonces.use("n", "b")).isEqualTo(Seen.OTHER);
		assertThat(nonces.use("m", "b")).isEqualTo(Seen.FIRST);
	}

	@Test
	void remembersForAsLongAsATimestampIsBelieved() {
		Nonces nonces = new Nonces(Duration.ofMinutes(5), this.clock::get);
		nonces.use("n", "a");
		this.clock.addAndGet(Duration.ofMinutes(10).toMillis() - 1);
		assertThat(nonces.use("n", "b")).isEqualTo(Seen.OTHER);
		this.clock.addAndGet(1);
		assertThat(nonces.use("n", "b")).isEqualTo(Seen.FIRST);
	}

	@Test
	void doesNotGrowBeyondTheCap() {
		Nonces nonces = new Nonces(Duration.ofMinutes(5), 10, this.clock::get);
		for (int i = 0; i < 100; i++) {
			nonces.use("n" + i, "a");
		}
		assertThat(nonces.size()).isEqualTo(10);
		assertThat(nonces.use("n99", "b")).isEqualTo(Seen.OTHER);
	}

}
