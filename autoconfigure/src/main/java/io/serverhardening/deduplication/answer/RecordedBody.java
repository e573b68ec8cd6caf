package io.serverhardening.deduplication.answer;

import java.io.ByteArrayOutputStream;
import java.util.concurrent.CancellationException;

import io.serverhardening.deduplication.record.Answer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.core.publisher.Sinks;
import reactor.util.context.Context;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;

/**
 * Takes the body that a handler writes. What is short is kept; what is not, or is meant
 * to be sent as it is written, is offered from its beginning to whoever waits for it.
 */
final class RecordedBody implements CoreSubscriber<DataBuffer> {

	private final ByteArrayOutputStream kept = new ByteArrayOutputStream(256);

	private final Sinks.Empty<Void> done = Sinks.empty();

	private final boolean streamed;

	private final Runnable onOffer;

	private final Runnable onLong;

	private final Context context;

	private @Nullable Subscription upstream;

	/** What the body has become that is not kept. */
	private volatile @Nullable OfferedBody offered;

	private volatile boolean ended;

	private volatile @Nullable Throwable error;

	/**
	 * Create the body.
	 * @param streamed whether it is meant to be sent as it is written
	 * @param onOffer is told of a body that is offered
	 * @param onLong is told once a body is too long to be kept; of one that is streamed
	 * nobody can tell before its end whether it has failed
	 * @param context the context of the handler
	 */
	RecordedBody(boolean streamed, Runnable onOffer, Runnable onLong, Context context) {
		this.streamed = streamed;
		this.onOffer = onOffer;
		this.onLong = onLong;
		this.context = context;
	}

	/**
	 * Take a body.
	 * @param body the body
	 * @return completes when it has been taken to its end
	 */
	Mono<Void> record(Publisher<? extends DataBuffer> body) {
		Flux.from(body).subscribe(this);
		return this.done.asMono();
	}

	/**
	 * Return what was kept.
	 * @return the body, {@code null} if it was too long
	 */
	byte @Nullable [] bytes() {
		return (this.offered == null) ? this.kept.toByteArray() : null;
	}

	/**
	 * Return what is offered to whoever waits.
	 * @return the body, {@code null} while it is kept
	 */
	@Nullable OfferedBody offered() {
		return this.offered;
	}

	/**
	 * Return what has ended a body before its end.
	 * @return the error, {@code null} for a body that is whole, or goes on
	 */
	@Nullable Throwable brokenBy() {
		return this.error;
	}

	private Subscription upstream() {
		Subscription upstream = this.upstream;
		return (upstream != null) ? upstream : Operators.emptySubscription();
	}

	@Override
	public Context currentContext() {
		return this.context;
	}

	@Override
	public void onSubscribe(Subscription subscription) {
		this.upstream = subscription;
		if (this.streamed) {
			become(new OfferedBody(this.kept, subscription));
			this.onOffer.run();
		}
		else {
			subscription.request(1);
		}
	}

	@Override
	public void onNext(DataBuffer buffer) {
		OfferedBody offered = this.offered;
		if (offered != null) {
			offered.write(buffer);
			return;
		}
		int size = buffer.readableByteCount();
		byte[] bytes = new byte[size];
		buffer.read(bytes);
		DataBufferUtils.release(buffer);
		this.kept.write(bytes, 0, size);
		if (this.kept.size() > Answer.MAX_BODY) {
			become(new OfferedBody(this.kept, upstream()));
			this.onLong.run();
			this.onOffer.run();
		}
		else {
			upstream().request(1);
		}
	}

	private void become(OfferedBody offered) {
		this.offered = offered;
		if (this.ended) {
			// Stopped this very moment.
			offered.end(this.error);
		}
	}

	@Override
	public void onError(Throwable error) {
		end(error);
		this.done.tryEmitError(error);
	}

	@Override
	public void onComplete() {
		end(null);
		this.done.tryEmitEmpty();
	}

	private void end(@Nullable Throwable error) {
		if (error != null) {
			this.error = error;
		}
		this.ended = true;
		OfferedBody offered = this.offered;
		if (offered != null) {
			offered.end(error);
		}
	}

	/**
	 * Stop the handler that writes it, unless all of it is there.
	 */
	void stop() {
		if (!this.ended) {
			try {
				upstream().cancel();
			}
			finally {
				// Whoever reads it must not wait for the rest.
				onError(new CancellationException("The handler was stopped"));
			}
		}
	}

}
