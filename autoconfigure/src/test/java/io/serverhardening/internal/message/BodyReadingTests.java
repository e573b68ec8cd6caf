package io.serverhardening.internal.message;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;

import io.netty.buffer.PooledByteBufAllocator;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferLimitException;
import org.springframework.core.io.buffer.NettyDataBuffer;
import org.springframework.core.io.buffer.NettyDataBufferFactory;

import static org.assertj.core.api.Assertions.assertThat;

class BodyReadingTests {

	private final NettyDataBufferFactory factory = new NettyDataBufferFactory(PooledByteBufAllocator.DEFAULT);

	private final AtomicReference<byte[]> read = new AtomicReference<>();

	private final AtomicReference<Throwable> problem = new AtomicReference<>();

	private final List<NettyDataBuffer> buffers = new ArrayList<>();

	private BodyReading reading(Flux<DataBuffer> body, int maxSize) {
		return new BodyReading(body, maxSize, (bytes) -> Mono.fromRunnable(() -> this.read.set(bytes)),
				(error) -> Mono.fromRunnable(() -> this.problem.set(error)));
	}

	private DataBuffer buffer(String text) {
		NettyDataBuffer buffer = this.factory.allocateBuffer(Math.max(1, text.length()));
		buffer.write(text.getBytes(StandardCharsets.UTF_8));
		this.buffers.add(buffer);
		return buffer;
	}

	private void areAllReleased() {
		assertThat(this.buffers).allMatch((buffer) -> buffer.getNativeBuffer().refCnt() == 0);
		this.buffers.clear();
	}

	@Test
	void putsTogetherWhatComesInPiecesOrTellsThatItIsTooLong() {
		for (long seed = 1; seed <= 2000; seed++) {
			Random random = new Random(seed);
			int maxSize = random.nextInt(200);
			StringBuilder all = new StringBuilder();
			List<DataBuffer> pieces = new ArrayList<>();
			for (int i = random.nextInt(6); i > 0; i--) {
				String piece = "x".repeat(random.nextInt(60)) + i;
				all.append(piece);
				pieces.add(buffer(piece));
			}
			this.read.set(null);
			this.problem.set(null);
			reading(Flux.fromIterable(pieces).doOnDiscard(NettyDataBuffer.class, NettyDataBuffer::release), maxSize)
				.block();
			if (all.length() > maxSize) {
				assertThat(this.problem.get()).as("Seed %d", seed).isInstanceOf(DataBufferLimitException.class);
				assertThat(this.read.get()).isNull();
				// Those that came before, and the one that was too much.
				this.buffers.removeIf((buffer) -> buffer.getNativeBuffer().refCnt() > 0 && buffer.release());
			}
			else {
				assertThat(new String(this.read.get(), StandardCharsets.UTF_8)).as("Seed %d", seed)
					.isEqualTo(all.toString());
			}
			areAllReleased();
		}
	}

	@Test
	void stopsTheBodyThatIsTooLong() {
		TestPublisher<DataBuffer> body = TestPublisher.create();
		StepVerifier.create(reading(body.flux(), 3)).then(() -> body.next(buffer("ab"), buffer("cd"))).verifyComplete();
		body.assertWasCancelled();
		assertThat(this.problem.get()).isInstanceOf(DataBufferLimitException.class);
		areAllReleased();
	}

	@Test
	void goesOnOnceWhereTheBodyFails() {
		StepVerifier
			.create(reading(Flux.just(buffer("ab")).concatWith(Flux.error(new IllegalStateException("gone"))), 10))
			.verifyComplete();
		assertThat(this.problem.get()).hasMessage("gone");
		assertThat(this.read.get()).isNull();
		areAllReleased();
	}

	@Test
	void doesNotGoOnForWhoeverHasLeft() {
		TestPublisher<DataBuffer> body = TestPublisher.createNoncompliant(TestPublisher.Violation.CLEANUP_ON_TERMINATE);
		StepVerifier.create(reading(body.flux(), 10)).then(() -> body.next(buffer("ab"))).thenCancel().verify();
		body.assertWasCancelled();
		body.next(buffer("cd")).complete();
		assertThat(this.read.get()).isNull();
		areAllReleased();
	}

	@Test
	void leavesWhatFollowsWithWhoeverLeaves() {
		TestPublisher<DataBuffer> body = TestPublisher.create();
		TestPublisher<Void> rest = TestPublisher.create();
		StepVerifier.create(new BodyReading(body.flux(), 10, (bytes) -> rest.mono(), Mono::error))
			.then(body::complete)
			.thenCancel()
			.verify();
		rest.assertWasCancelled();
	}

	@Test
	void failsWithWhatFollows() {
		StepVerifier.create(new BodyReading(Flux.just(buffer("ab")), 10, (bytes) -> {
			throw new StackOverflowError("planted");
		}, Mono::error)).verifyError(StackOverflowError.class);
		StepVerifier
			.create(new BodyReading(Flux.just(buffer("ab")), 10,
					(bytes) -> Mono.error(new IllegalStateException("later")), Mono::error))
			.verifyErrorMessage("later");
	}

}
