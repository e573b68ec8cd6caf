package io.serverhardening.deduplication.answer;

import java.util.function.Supplier;

import io.serverhardening.deduplication.record.Answer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ResponseCookie;
import org.springframework.http.server.reactive.ServerHttpResponseDecorator;
import org.springframework.util.CollectionUtils;
import org.springframework.util.MultiValueMap;

/**
 * The response that a handler is given. The common answer, one short buffer that no hook
 * waits for, is taken as it comes: Spring's way to write goes through a dozen operators,
 * and the answer goes that way once more when it is sent.
 */
final class HandlerResponse extends ServerHttpResponseDecorator {

	private final RecordedResponse recorded;

	/** Something is to be done before the answer goes out. */
	private volatile boolean hooked;

	/** The answer has been taken without Spring. */
	private volatile boolean taken;

	HandlerResponse(RecordedResponse recorded) {
		super(recorded);
		this.recorded = recorded;
	}

	@Override
	public void beforeCommit(Supplier<? extends Mono<Void>> action) {
		this.hooked = true;
		super.beforeCommit(action);
	}

	@Override
	public Mono<Void> writeWith(Publisher<? extends DataBuffer> body) {
		if (this.taken) {
			// It comes too late, and is told if it fails, as by Spring.
			return Mono.<DataBuffer>from(body).doOnNext(DataBufferUtils::release).then();
		}
		if (this.hooked || !(body instanceof Mono<? extends DataBuffer> mono)) {
			return super.writeWith(body);
		}
		return mono.<Void>flatMap(this::write).doOnError((ex) -> getHeaders().clearContentHeaders());
	}

	private Mono<Void> write(DataBuffer buffer) {
		int size = buffer.readableByteCount();
		if (this.hooked || size > Answer.MAX_BODY || super.isCommitted()) {
			return super.writeWith(Mono.just(buffer).doOnDiscard(DataBuffer.class, DataBufferUtils::release));
		}
		if (!this.taken) {
			byte[] bytes = new byte[size];
			buffer.read(bytes);
			this.recorded.take(bytes);
			this.taken = true;
		}
		DataBufferUtils.release(buffer);
		return Mono.empty();
	}

	@Override
	public Mono<Void> writeAndFlushWith(Publisher<? extends Publisher<? extends DataBuffer>> body) {
		return this.taken ? Mono.from(body).then() : super.writeAndFlushWith(body);
	}

	@Override
	public Mono<Void> setComplete() {
		return this.taken ? Mono.empty() : super.setComplete();
	}

	@Override
	public boolean isCommitted() {
		return this.taken || super.isCommitted();
	}

	@Override
	public boolean setStatusCode(@Nullable HttpStatusCode status) {
		return !this.taken && super.setStatusCode(status);
	}

	@Override
	public boolean setRawStatusCode(@Nullable Integer value) {
		return !this.taken && super.setRawStatusCode(value);
	}

	@Override
	public HttpHeaders getHeaders() {
		return this.taken ? HttpHeaders.readOnlyHttpHeaders(super.getHeaders()) : super.getHeaders();
	}

	@Override
	public MultiValueMap<String, ResponseCookie> getCookies() {
		return this.taken ? CollectionUtils.unmodifiableMultiValueMap(super.getCookies()) : super.getCookies();
	}

	@Override
	public void addCookie(ResponseCookie cookie) {
		if (this.taken) {
			throw new IllegalStateException("Can't add the cookie " + cookie.getName() + ": the answer is on its way");
		}
		super.addCookie(cookie);
	}

}
