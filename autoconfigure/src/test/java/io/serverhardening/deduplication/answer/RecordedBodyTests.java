package io.serverhardening.deduplication.answer;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;
import reactor.util.context.Context;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a handler writes, kept or passed on.
 */
class RecordedBodyTests {

	private static final int PIECE = 10_000;

	private final AtomicInteger offered = new AtomicInteger();

	private final AtomicInteger begun = new AtomicInteger();

	@BeforeAll
	static void limit() {
		StepVerifier.setDefaultTimeout(Duration.ofSeconds(10));
	}

	@AfterAll
	static void unlimit() {
		StepVerifier.resetDefaultTimeout();
	}

	private static DataBuffer piece(char letter) {
		return DefaultDataBufferFactory.sharedInstance
			.wrap(String.valueOf(letter).repeat(PIECE).getBytes(StandardCharsets.UTF_8));
	}

	private RecordedBody body(boolean streamed) {
		return new RecordedBody(streamed, this.offered::incrementAndGet, this.begun::incrementAndGet, Context.empty());
	}

	@Test
	void keepsWhatIsShort() {
		RecordedBody body = body(false);
		StepVerifier.create(body.record(Mono.just(piece('a')))).verifyComplete();
		assertThat(body.bytes()).hasSize(PIECE);
		assertThat(this.offered).hasValue(0);
	}

	@Test
	void tellsWhenAnAnswerThatIsNotKeptGoesOn() {
		RecordedBody kept = body(false);
		StepVerifier.create(kept.record(Mono.just(piece('a')))).verifyComplete();
		assertThat(this.begun).hasValue(0);
		RecordedBody tooLong = body(false);
		tooLong.record(Flux.just(piece('a'), piece('b'), piece('c'))).subscribe();
		assertThat(this.begun).hasValue(1);
		RecordedBody streamed = body(true);
		streamed.record(Flux.just(piece('a'), piece('b'))).subscribe();
		assertThat(this.begun).hasValue(1);
		StepVerifier.create(streamed.offered()).expectNextCount(2).verifyComplete();
		assertThat(this.begun).hasValue(1);
	}

	@Test
	void tellsWhetherItsReaderIsAwaited() {
		RecordedBody body = body(true);
		body.record(Flux.just(piece('a'), piece('b'), piece('c'))).subscribe();
		assertThat(body.offered().awaitsReader()).isFalse();
		StepVerifier.create(body.offered(), 0)
			.then(() -> assertThat(body.offered().awaitsReader()).isTrue())
			.thenRequest(2)
			.expectNextCount(2)
			.then(() -> assertThat(body.offered().awaitsReader()).isTrue())
			.thenRequest(2)
			.expectNextCount(1)
			.verifyComplete();
		assertThat(body.offered().awaitsReader()).isFalse();
	}

	@Test
	void countsTheBeginningAmongWhatItsReaderWasGiven() {
		RecordedBody body = body(false);
		body.record(Flux.just(piece('a'), piece('b'), piece('c'))).subscribe();
		StepVerifier.create(body.offered(), 1)
			.expectNextCount(1)
			.then(() -> assertThat(body.offered().awaitsReader()).isTrue())
			.thenRequest(1)
			.expectNextCount(1)
			.verifyComplete();
	}

	@Test
	void keepsNothingOfAnError() {
		RecordedBody body = body(false);
		StepVerifier.create(body.record(Flux.error(new IllegalStateException("no")))).verifyErrorMessage("no");
	}

	@Test
	void offersWhatIsLongFromItsBeginning() {
		RecordedBody body = body(false);
		AtomicBoolean done = new AtomicBoolean();
		body.record(Flux.just(piece('a'), piece('b'), piece('c'))).subscribe(null, null, () -> done.set(true));
		assertThat(this.offered).hasValue(1);
		assertThat(done).isFalse();
		StepVerifier.create(body.offered().map((buffer) -> buffer.toString(StandardCharsets.UTF_8)), 0)
			.thenRequest(1)
			.assertNext((text) -> assertThat(text).hasSize(2 * PIECE).startsWith("a").endsWith("b"))
			.thenRequest(1)
			.assertNext((text) -> assertThat(text).startsWith("c"))
			.verifyComplete();
		assertThat(done).isTrue();
		assertThat(body.bytes()).isNull();
	}

	@Test
	void readsNoFasterThanWhoeverWaits() {
		TestPublisher<DataBuffer> source = TestPublisher.create();
		RecordedBody body = body(false);
		body.record(source).subscribe();
		source.next(piece('a'), piece('b'));
		source.assertMinRequested(0);
		StepVerifier.create(body.offered(), 1)
			.expectNextCount(1)
			.then(() -> source.assertMaxRequested(0))
			.thenCancel()
			.verify();
	}

	@ParameterizedTest
	@ValueSource(ints = { 1, 3 })
	void asksForWhatItsReaderAsksForBesidesTheBeginning(int first) {
		List<Long> asked = new ArrayList<>();
		TestPublisher<DataBuffer> source = TestPublisher.create();
		RecordedBody body = body(false);
		body.record(source.flux().doOnRequest(asked::add)).subscribe();
		source.next(piece('a'), piece('b'));
		asked.clear();
		StepVerifier.create(body.offered(), 0)
			.thenRequest(first)
			.expectNextCount(1)
			.thenRequest(5)
			.then(() -> assertThat(asked).isEqualTo((first == 1) ? List.of(5L) : List.of(2L, 5L)))
			.thenCancel()
			.verify();
	}

	@Test
	void givesTheBeginningAlsoOfWhatHasEnded() {
		TestPublisher<DataBuffer> source = TestPublisher.create();
		RecordedBody body = body(false);
		body.record(source).subscribe();
		source.next(piece('a'), piece('b'));
		StepVerifier.create(body.offered(), 0)
			.then(source::complete)
			.thenRequest(1)
			.expectNextCount(1)
			.verifyComplete();
	}

	@Test
	void goesOnToItsEndWhenWhoeverWaitsLeaves() {
		TestPublisher<DataBuffer> source = TestPublisher.create();
		RecordedBody body = body(false);
		AtomicBoolean done = new AtomicBoolean();
		body.record(source).subscribe(null, null, () -> done.set(true));
		source.next(piece('a'), piece('b'));
		StepVerifier.create(body.offered(), 1).expectNextCount(1).thenCancel().verify();
		source.assertNotCancelled();
		source.next(piece('c'), piece('d')).complete();
		assertThat(done).isTrue();
	}

	@Test
	void goesOnToItsEndWhenNobodyWaits() {
		TestPublisher<DataBuffer> source = TestPublisher.create();
		RecordedBody body = body(true);
		AtomicBoolean done = new AtomicBoolean();
		body.record(source).subscribe(null, null, () -> done.set(true));
		assertThat(this.offered).hasValue(1);
		body.offered().abandon();
		source.next(piece('a')).complete();
		assertThat(done).isTrue();
		StepVerifier.create(body.offered()).verifyError(IllegalStateException.class);
	}

	@Test
	void endsAsItsSourceDoesBeforeAnythingIsAsked() {
		RecordedBody body = body(false);
		body.record(Flux.concat(Flux.just(piece('a'), piece('b')), Flux.error(new IllegalStateException("late"))))
			.subscribe(null, (error) -> {
			});
		StepVerifier.create(body.offered()).expectNextCount(1).verifyErrorMessage("late");
	}

}
