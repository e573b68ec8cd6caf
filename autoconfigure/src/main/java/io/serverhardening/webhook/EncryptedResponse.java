package io.serverhardening.webhook;

import java.nio.charset.StandardCharsets;
import java.util.function.Function;

import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.http.server.reactive.ServerHttpResponseDecorator;

/**
 * Encrypts what is answered. What says only that the message was taken, and what says
 * that it was not, goes as it is.
 */
final class EncryptedResponse extends ServerHttpResponseDecorator {

	/** WeChat takes no passive reply that is anywhere near. */
	private static final int MAX_SIZE = 256 * 1024;

	private static final MediaType XML = new MediaType(MediaType.TEXT_XML, StandardCharsets.UTF_8);

	private final Function<byte[], Mono<byte[]>> cipher;

	private final String acknowledgement;

	EncryptedResponse(ServerHttpResponse response, Function<byte[], Mono<byte[]>> cipher, String acknowledgement) {
		super(response);
		this.cipher = cipher;
		this.acknowledgement = acknowledgement;
	}

	@Override
	public Mono<Void> writeWith(Publisher<? extends DataBuffer> body) {
		HttpStatusCode status = getStatusCode();
		if (status != null && !status.is2xxSuccessful()) {
			return super.writeWith(body);
		}
		return DataBufferUtils.join(body, MAX_SIZE).map(EncryptedResponse::bytes).flatMap((plain) -> {
			if (new String(plain, StandardCharsets.UTF_8).equals(this.acknowledgement)) {
				return send(plain);
			}
			return this.cipher.apply(plain).flatMap((reply) -> {
				getHeaders().setContentType(typeOf(reply));
				return send(reply);
			});
		})
			.switchIfEmpty(Mono.defer(this::setComplete))
			// As Spring does: the answer to the error is of another length.
			.doOnError((ex) -> getHeaders().clearContentHeaders());
	}

	private static MediaType typeOf(byte[] reply) {
		if (reply.length > 0 && reply[0] == '<') {
			return XML;
		}
		return (reply.length > 0 && reply[0] == '{') ? MediaType.APPLICATION_JSON : MediaType.TEXT_PLAIN;
	}

	private Mono<Void> send(byte[] bytes) {
		getHeaders().setContentLength(bytes.length);
		return super.writeWith(Mono.fromSupplier(() -> bufferFactory().wrap(bytes)));
	}

	@Override
	public Mono<Void> writeAndFlushWith(Publisher<? extends Publisher<? extends DataBuffer>> body) {
		return writeWith(Flux.from(body).concatMap((part) -> part));
	}

	private static byte[] bytes(DataBuffer buffer) {
		byte[] bytes = new byte[buffer.readableByteCount()];
		buffer.read(bytes);
		DataBufferUtils.release(buffer);
		return bytes;
	}

}
