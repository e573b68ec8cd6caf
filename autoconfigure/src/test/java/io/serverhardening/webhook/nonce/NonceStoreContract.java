package io.serverhardening.webhook.nonce;

import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;

import io.serverhardening.webhook.nonce.NonceStore.Seen;
import io.serverhardening.webhook.nonce.NonceStore.Use;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What may be used once, wherever that is remembered.
 */
public abstract class NonceStoreContract {

	protected static final Duration LONG = Duration.ofMinutes(5);

	private static final Duration SHORT = Duration.ofSeconds(1);

	private String nonce;

	@BeforeEach
	void invent() {
		this.nonce = UUID.randomUUID().toString();
	}

	/**
	 * Return the store.
	 * @param lifetime for how long it remembers
	 * @return the same store for the same time, within a test
	 */
	protected abstract NonceStore store(Duration lifetime);

	/**
	 * Let time go by.
	 * @param time how much
	 */
	protected abstract void elapse(Duration time);

	protected final Use use(String fingerprint) {
		return store(LONG).of(this.nonce, fingerprint, false);
	}

	protected static Seen take(Use use) {
		return use.take().block(Duration.ofSeconds(20));
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void knowsCopiesFromOthers(boolean forGood) {
		NonceStore store = store(LONG);
		assertThat(take(store.of(this.nonce, "a", forGood))).isEqualTo(Seen.FIRST);
		assertThat(take(store.of(this.nonce, "a", forGood))).isEqualTo(Seen.COPY);
		assertThat(take(store.of(this.nonce, "b", forGood))).isEqualTo(Seen.OTHER);
		assertThat(take(store.of(this.nonce + "2", "b", forGood))).isEqualTo(Seen.FIRST);
	}

	@Test
	void letsOneOfManyHaveIt() {
		List<Seen> seen = Flux.fromStream(IntStream.range(0, 64).mapToObj((i) -> use("a")))
			.flatMap((use) -> Mono.defer(use::take).subscribeOn(Schedulers.parallel()), 64)
			.collectList()
			.block(Duration.ofSeconds(20));
		assertThat(seen).hasSize(64).filteredOn((each) -> each == Seen.FIRST).hasSize(1);
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void forgetsWhatIsBelievedNoMore(boolean forGood) {
		NonceStore store = store(SHORT);
		Use first = store.of(this.nonce, "a", forGood);
		take(first);
		if (!forGood) {
			first.keep();
		}
		elapse(SHORT.plusMillis(100));
		assertThat(take(store.of(this.nonce, "b", forGood))).isEqualTo(Seen.FIRST);
	}

	@Test
	void whatIsGivenBackIsFreeForAnything() {
		Use first = use("a");
		take(first);
		first.giveBack();
		assertThat(take(use("b"))).isEqualTo(Seen.FIRST);
	}

	@Test
	void onlyWhoHasItGivesItBack() {
		take(use("a"));
		Use copy = use("a");
		assertThat(take(copy)).isEqualTo(Seen.COPY);
		copy.giveBack();
		use("a").giveBack();
		assertThat(take(use("a"))).isEqualTo(Seen.COPY);
	}

	@Test
	void whoHadItDoesNotDisturbWhoHasIt() {
		Use first = use("a");
		take(first);
		first.giveBack();
		Use second = use("a");
		assertThat(take(second)).isEqualTo(Seen.FIRST);
		first.giveBack();
		first.keep();
		assertThat(take(use("a"))).isEqualTo(Seen.COPY);
		second.giveBack();
		assertThat(take(use("a"))).isEqualTo(Seen.FIRST);
	}

}
