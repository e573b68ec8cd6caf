package io.serverhardening.deduplication;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

import io.serverhardening.deduplication.record.Answer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.server.reactive.AbstractServerHttpResponse;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.http.server.reactive.ServerHttpResponseDecorator;

/**
 * What a handler answers, while nobody may be there to hear it.
 */
final class RecordedResponse extends AbstractServerHttpResponse {

	/**
	 * What copies are given besides status and body. No cookies: they are for whoever
	 * came first.
	 */
	private static final List<String> KEPT = List.of(HttpHeaders.CONTENT_TYPE, HttpHeaders.CONTENT_LANGUAGE,
			HttpHeaders.CONTENT_ENCODING, HttpHeaders.CONTENT_DISPOSITION, HttpHeaders.CONTENT_LOCATION,
			HttpHeaders.LOCATION, HttpHeaders.ETAG, HttpHeaders.LAST_MODIFIED, HttpHeaders.CACHE_CONTROL,
			HttpHeaders.VARY, HttpHeaders.LINK);

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
	RecordedResponse(ServerHttpResponse response, Set<String> kept, Consumer<RecordedResponse> onStream,
			Runnable onLong) {
		super(DefaultDataBufferFactory.sharedInstance);
		this.response = response;
		this.kept = kept;
		this.onStream = onStream;
		this.onLong = onLong;
	}

	/**
	 * Return the headers that copies are given.
	 * @param more those besides the usual ones
	 * @return their names, in any case
	 */
	static Set<String> kept(List<String> more) {
		Set<String> names = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
		names.addAll(KEPT);
		names.addAll(more);
		return names;
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
			RecordedBody body = new RecordedBody(streamed, (offered) -> this.onStream.accept(this), this.onLong,
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
	boolean isKept() {
		return this.body == null;
	}

	private byte @Nullable [] bytes() {
		RecordedBody body = this.body;
		byte[] taken = this.taken;
		return (body != null) ? body.bytes() : (taken != null) ? taken : NOTHING;
	}

	int status() {
		HttpStatusCode status = getStatusCode();
		return (status != null) ? status.value() : HttpStatus.OK.value();
	}

	/**
	 * Return what is kept for copies.
	 * @return the answer, without what makes it too long
	 */
	Answer answer() {
		List<String> kept = new ArrayList<>();
		getHeaders().forEach((name, values) -> {
			if (this.kept.contains(name)) {
				for (String value : present(values)) {
					kept.add(name);
					kept.add(value);
				}
			}
		});
		return new Answer(status(), kept, bytes()).kept();
	}

	/**
	 * Give the answer to whoever came first.
	 * @param response the response that was asked for
	 * @return completes when it has been written
	 */
	Mono<Void> copyTo(ServerHttpResponse response) {
		response.setStatusCode(HttpStatusCode.valueOf(status()));
		copyHeadersTo(response);
		byte[] bytes = bytes();
		RecordedBody body = this.body;
		if (bytes == null && body != null) {
			return this.streamed ? response.writeAndFlushWith(body.map(Mono::just)) : response.writeWith(body);
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
	Mono<Void> failTo(ServerHttpResponse response) {
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
		getHeaders().forEach((name, values) -> copy(response.getHeaders(), name, values));
		if (!getCookies().isEmpty()) {
			getCookies().values().forEach((cookies) -> cookies.forEach(response::addCookie));
		}
	}

	// What filters before us vary by is still varied by.
	private static void copy(HttpHeaders headers, String name, List<String> values) {
		if (name.equalsIgnoreCase(HttpHeaders.VARY)) {
			present(values).stream()
				.filter((value) -> !headers.getOrEmpty(name).contains(value))
				.forEach((value) -> headers.add(name, value));
		}
		else {
			headers.put(name, present(values));
		}
	}

	// A server writes no header whose value is null.
	private static List<String> present(List<String> values) {
		for (String value : values) {
			if (value == null) {
				return values.stream().filter(Objects::nonNull).toList();
			}
		}
		return values;
	}

	/**
	 * Return why there is only the beginning of an answer.
	 * @return the error, {@code null} for an answer that is whole
	 */
	@Nullable Throwable brokenBy() {
		RecordedBody body = this.body;
		return (body != null) ? body.brokenBy() : null;
	}

	/**
	 * Read a body that nobody waits for any more to its end.
	 */
	void abandon() {
		RecordedBody body = this.body;
		if (body != null) {
			body.abandon();
		}
	}

	/**
	 * Whether the handler waits for whoever reads its answer.
	 * @return {@code false} while it is at work
	 */
	boolean awaitsReader() {
		RecordedBody body = this.body;
		return body != null && body.awaitsReader();
	}

	/**
	 * The same, whether or not it has begun to be taken.
	 */
	void leave() {
		RecordedBody body = this.body;
		if (body != null) {
			body.abandon();
			body.cancel();
		}
	}

	void stop() {
		RecordedBody body = this.body;
		if (body != null) {
			body.stop();
		}
	}

}
