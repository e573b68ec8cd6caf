package io.serverhardening.deduplication.answer;

import java.util.Set;
import java.util.function.Consumer;

import io.serverhardening.deduplication.record.Answer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.server.reactive.AbstractServerHttpResponse;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.http.server.reactive.ServerHttpResponseDecorator;

/**
 * What a handler answers, while nobody may be there to hear it.
 */
public final class RecordedResponse extends AbstractServerHttpResponse {

	private static final byte[] NOTHING = new byte[0];

	private final ServerHttpResponse response;

	private final Set<String> kept;

	private final Consumer<RecordedResponse> onStream;

	private final Runnable onLong;

	private volatile @Nullable RecordedBody body;

	/** A body that was short and came at once. */
	private volatile byte @Nullable [] taken;

	private boolean streamed;

	/**
	 * Create the response.
	 * @param response the response that was asked for
	 * @param kept the headers that copies are given
	 * @param onStream is told of a body that is to be read while it is written
	 * @param onLong is told once a body is too long to be kept
	 */
	public RecordedResponse(ServerHttpResponse response, Set<String> kept, Consumer<RecordedResponse> onStream,
			Runnable onLong) {
		super(DefaultDataBufferFactory.sharedInstance);
		this.response = response;
		this.kept = kept;
		this.onStream = onStream;
		this.onLong = onLong;
	}

	/**
	 * Return the response that the handler is given.
	 * @return a response whose answer is recorded here
	 */
	public ServerHttpResponse forHandler() {
		return new HandlerResponse(this);
	}

	@Override
	@SuppressWarnings("TypeParameterUnusedInFormals")
	public <T> T getNativeResponse() {
		return ServerHttpResponseDecorator.getNativeResponse(this.response);
	}

	@Override
	protected Mono<Void> writeWithInternal(Publisher<? extends DataBuffer> body) {
		return record(body, false);
	}

	@Override
	protected Mono<Void> writeAndFlushWithInternal(Publisher<? extends Publisher<? extends DataBuffer>> body) {
		return record(Flux.from(body).concatMap((part) -> part, 1), true);
	}

	private Mono<Void> record(Publisher<? extends DataBuffer> publisher, boolean streamed) {
		return Mono.deferContextual((context) -> {
			RecordedBody body = new RecordedBody(streamed, () -> this.onStream.accept(this), this.onLong,
					reactor.util.context.Context.of(context));
			this.body = body;
			this.streamed = streamed;
			return body.record(publisher);
		});
	}

	@Override
	protected void applyStatusCode() {
		// Kept, not sent.
	}

	@Override
	protected void applyHeaders() {
		// Kept, not sent.
	}

	@Override
	protected void applyCookies() {
		// Kept, not sent.
	}

	/**
	 * Take the body.
	 * @param bytes all of it
	 */
	void take(byte[] bytes) {
		this.taken = bytes;
	}

	/**
	 * Whether all of the answer is here.
	 * @return {@code false} where the handler still writes it, or somebody has to read it
	 */
	public boolean isKept() {
		return this.body == null;
	}

	private byte @Nullable [] bytes() {
		RecordedBody body = this.body;
		byte[] taken = this.taken;
		return (body != null) ? body.bytes() : (taken != null) ? taken : NOTHING;
	}

	/**
	 * Return the status of the answer.
	 * @return the status, 200 unless the handler has set another
	 */
	public int status() {
		HttpStatusCode status = getStatusCode();
		return (status != null) ? status.value() : HttpStatus.OK.value();
	}

	/**
	 * Return what is kept for copies.
	 * @return the answer, without what makes it too long
	 */
	public Answer answer() {
		return new Answer(status(), AnswerHeaders.keep(getHeaders(), this.kept), bytes()).kept();
	}

	/**
	 * Give the answer to whoever came first.
	 * @param response the response that was asked for
	 * @return completes when it has been written
	 */
	public Mono<Void> copyTo(ServerHttpResponse response) {
		// Where a hook of the response fails, or the client has left just now, Spring
		// takes
		// no more of a body and does not say so: the handler would wait until its time is
		// up.
		return isKept() ? copy(response) : Mono.defer(() -> copy(response)).doOnTerminate(this::leave);
	}

	private Mono<Void> copy(ServerHttpResponse response) {
		response.setStatusCode(HttpStatusCode.valueOf(status()));
		copyHeadersTo(response);
		byte[] bytes = bytes();
		OfferedBody offered = offered();
		if (offered != null) {
			return this.streamed ? response.writeAndFlushWith(offered.map(Mono::just)) : response.writeWith(offered);
		}
		if (bytes == null || bytes.length == 0) {
			return response.setComplete();
		}
		return response.writeWith(Mono.fromSupplier(() -> response.bufferFactory().wrap(bytes)));
	}

	/**
	 * Give whoever came first what was set before the handler failed, also by hooks that
	 * were to run before it is sent. An error handler writes the answer, and a browser
	 * hides one without its CORS headers from the page.
	 * @param response the response that was asked for
	 * @return completes when the error may be answered
	 */
	public Mono<Void> failTo(ServerHttpResponse response) {
		return setComplete().onErrorComplete().then(Mono.fromRunnable(() -> {
			if (!response.isCommitted()) {
				copyHeadersTo(response);
				// Of a body that nobody is sent. A server believes the length that it is
				// given: the client would wait for more, or take the rest for the next.
				response.getHeaders().clearContentHeaders();
			}
		}));
	}

	private void copyHeadersTo(ServerHttpResponse response) {
		AnswerHeaders.copy(getHeaders(), response.getHeaders());
		if (!getCookies().isEmpty()) {
			getCookies().values().forEach((cookies) -> cookies.forEach(response::addCookie));
		}
	}

	/**
	 * Return why there is only the beginning of an answer.
	 * @return the error, {@code null} for an answer that is whole
	 */
	public @Nullable Throwable brokenBy() {
		RecordedBody body = this.body;
		return (body != null) ? body.brokenBy() : null;
	}

	private @Nullable OfferedBody offered() {
		RecordedBody body = this.body;
		return (body != null) ? body.offered() : null;
	}

	/**
	 * Read a body that nobody waits for any more to its end.
	 */
	public void abandon() {
		OfferedBody offered = offered();
		if (offered != null) {
			offered.abandon();
		}
	}

	/**
	 * Whether the handler waits for whoever reads its answer.
	 * @return {@code false} while it is at work
	 */
	public boolean awaitsReader() {
		OfferedBody offered = offered();
		return offered != null && offered.awaitsReader();
	}

	private void leave() {
		OfferedBody offered = offered();
		if (offered != null) {
			offered.abandon();
			offered.cancel();
		}
	}

	/**
	 * Stop the handler that writes a body, unless all of it is there.
	 */
	public void stop() {
		RecordedBody body = this.body;
		if (body != null) {
			body.stop();
		}
	}

}
