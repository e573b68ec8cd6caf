package io.serverhardening.webhook.nonce;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

import io.serverhardening.webhook.nonce.NonceStore.Seen;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What may be used once, remembered in this process.
 */
class NoncesTests extends NonceStoreContract {

	private final AtomicLong clock = new AtomicLong();

	private final Map<Duration, Nonces> nonces = new HashMap<>();

	@Override
	protected Nonces store(Duration lifetime) {
		return this.nonces.computeIfAbsent(lifetime, (time) -> new Nonces(time, this.clock::get));
	}

	@Override
	protected void elapse(Duration time) {
		this.clock.addAndGet(time.toMillis());
	}

	@Test
	void remembersToTheMillisecond() {
		take(use("a"));
		elapse(LONG.minusMillis(1));
		assertThat(take(use("b"))).isEqualTo(Seen.OTHER);
		elapse(Duration.ofMillis(1));
		assertThat(take(use("b"))).isEqualTo(Seen.FIRST);
	}

	@Test
	void doesNotGrowBeyondTheCap() {
		Nonces few = new Nonces(LONG, 10, this.clock::get);
		for (int i = 0; i < 100; i++) {
			few.of("n" + i, "a", true).takeNow();
		}
		assertThat(few.size()).isEqualTo(10);
		assertThat(few.of("n99", "b", true).takeNow()).isEqualTo(Seen.OTHER);
	}

	@Test
	void looksWithoutTaking() {
		Nonces nonces = store(LONG);
		assertThat(nonces.of("n", "a", true).known()).isEqualTo(Seen.FIRST);
		assertThat(nonces.size()).isZero();
		nonces.of("n", "a", true).takeNow();
		assertThat(nonces.of("n", "a", true).known()).isEqualTo(Seen.COPY);
	}

	@Test
	void anotherLifetimeIsThatOfTheKnownOnesToo() {
		long[] now = { 1 };
		Nonces nonces = new Nonces(Duration.ofMinutes(10), () -> now[0]);
		assertThat(nonces.of("n", "f", true).takeNow()).isEqualTo(Seen.FIRST);
		now[0] += Duration.ofMinutes(4).toMillis();
		nonces.apply(Duration.ofHours(2));
		now[0] += Duration.ofMinutes(7).toMillis();
		assertThat(nonces.of("n", "f", true).takeNow()).isEqualTo(Seen.COPY);
	}

}
