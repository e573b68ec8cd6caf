package io.serverhardening.internal.message;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.function.Function;

import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferLimitException;
import org.springframework.core.io.buffer.DataBufferUtils;

/**
 * Reads a body as a whole and goes on with it. By operators that would be some ten of
 * them for each message.
 */
final class BodyReading extends Mono<Void> {

	private final Publisher<DataBuffer> body;

	private final int maxSize;

	private final Function<byte[], Mono<Void>> then;

	private final Function<Throwable, Mono<Void>> otherwise;

	/**
	 * Create the reading.
	 * @param body the body
	 * @param maxSize how many bytes it may have
	 * @param then what follows when it is there
	 * @param otherwise what follows when it is not: of type
	 * {@link DataBufferLimitException} if it is too long
	 */
	BodyReading(Publisher<DataBuffer> body, int maxSize, Function<byte[], Mono<Void>> then,
			Function<Throwable, Mono<Void>> otherwise) {
		this.body = body;
		this.maxSize = maxSize;
		this.then = then;
		this.otherwise = otherwise;
	}

	@Override
	public void subscribe(CoreSubscriber<? super Void> actual) {
		Reader reader = new Reader(this, actual);
		actual.onSubscribe(reader);
		this.body.subscribe(reader);
	}

	/**
	 * Takes the body, and passes on what becomes of it.
	 */
	private static final class Reader implements CoreSubscriber<DataBuffer>, Subscription {

		private static final byte[] EMPTY = new byte[0];

		private static final AtomicReferenceFieldUpdater<Reader, Subscription> UPSTREAM = AtomicReferenceFieldUpdater
			.newUpdater(Reader.class, Subscription.class, "upstream");

		private final BodyReading reading;

		private final CoreSubscriber<? super Void> actual;

		private volatile @Nullable Subscription upstream;

		private byte[] bytes = EMPTY;

		private int size;

		private boolean read;

		Reader(BodyReading reading, CoreSubscriber<? super Void> actual) {
			this.reading = reading;
			this.actual = actual;
		}

		@Override
		public Context currentContext() {
			return this.actual.currentContext();
		}

		@Override
		public void onSubscribe(Subscription subscription) {
			if (Operators.setOnce(UPSTREAM, this, subscription)) {
				subscription.request(Long.MAX_VALUE);
			}
		}

		@Override
		public void onNext(DataBuffer buffer) {
			int more = buffer.readableByteCount();
			if (this.read || isCancelled()) {
				DataBufferUtils.release(buffer);
			}
			else if (more > this.reading.maxSize - this.size) {
				DataBufferUtils.release(buffer);
				Subscription upstream = this.upstream;
				if (upstream != null) {
					upstream.cancel();
				}
				onError(new DataBufferLimitException("The body is longer than " + this.reading.maxSize + " bytes"));
			}
			else {
				if (this.size + more > this.bytes.length) {
					// One buffer is the rule, and then it fits.
					long room = (this.size > 0) ? Math.max(2L * this.size, this.size + more) : more;
					this.bytes = Arrays.copyOf(this.bytes, (int) Math.min(room, this.reading.maxSize));
				}
				buffer.read(this.bytes, this.size, more);
				this.size += more;
				DataBufferUtils.release(buffer);
			}
		}

		@Override
		public void onError(Throwable error) {
			if (!this.read) {
				this.read = true;
				this.bytes = EMPTY;
				goOn(this.reading.otherwise, error);
			}
		}

		@Override
		public void onComplete() {
			if (!this.read) {
				this.read = true;
				byte[] bytes = this.bytes;
				// Held by whoever has it now.
				this.bytes = EMPTY;
				goOn(this.reading.then, (bytes.length != this.size) ? Arrays.copyOf(bytes, this.size) : bytes);
			}
		}

		private <T> void goOn(Function<T, Mono<Void>> way, T value) {
			if (isCancelled()) {
				return;
			}
			Mono<Void> next;
			try {
				next = way.apply(value);
			}
			catch (Throwable ex) {
				this.actual.onError(ex);
				return;
			}
			next.subscribe(new Rest(this));
		}

		private boolean isCancelled() {
			return this.upstream == Operators.cancelledSubscription();
		}

		@Override
		public void request(long n) {
			// Nothing but the end is to come.
		}

		@Override
		public void cancel() {
			Operators.terminate(UPSTREAM, this);
		}

	}

	/**
	 * Hears what becomes of the request.
	 */
	private static final class Rest implements CoreSubscriber<Void> {

		private final Reader reader;

		Rest(Reader reader) {
			this.reader = reader;
		}

		@Override
		public Context currentContext() {
			return this.reader.currentContext();
		}

		@Override
		public void onSubscribe(Subscription subscription) {
			if (Operators.replace(Reader.UPSTREAM, this.reader, subscription)) {
				subscription.request(Long.MAX_VALUE);
			}
		}

		@Override
		public void onNext(Void nothing) {
			// There is none.
		}

		@Override
		public void onError(Throwable error) {
			this.reader.actual.onError(error);
		}

		@Override
		public void onComplete() {
			this.reader.actual.onComplete();
		}

	}

}
