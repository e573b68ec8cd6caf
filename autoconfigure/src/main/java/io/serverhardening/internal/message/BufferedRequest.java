package io.serverhardening.internal.message;

import io.netty.buffer.Unpooled;
import io.serverhardening.internal.channel.RequestChannel;
import reactor.core.publisher.Flux;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferFactory;
import org.springframework.core.io.buffer.NettyDataBufferFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpRequestDecorator;

/**
 * A request whose body has been read as a whole, and can be read again.
 */
final class BufferedRequest extends ServerHttpRequestDecorator {

	private final HttpHeaders headers;

	private final DataBufferFactory factory;

	private volatile byte[] body;

	BufferedRequest(ServerHttpRequest request, byte[] body, HttpHeaders headers, long announced,
			DataBufferFactory factory) {
		super(request);
		this.body = body;
		this.factory = factory;
		this.headers = (announced >= 0 && announced != body.length) ? resized(headers, body.length) : headers;
	}

	BufferedRequest(BufferedRequest other) {
		super(other.getDelegate());
		this.body = other.body;
		this.headers = other.headers;
		this.factory = other.factory;
	}

	// A body that was decrypted is shorter than was announced.
	private static HttpHeaders resized(HttpHeaders headers, int length) {
		HttpHeaders copy = HeaderValues.copyOf(headers);
		copy.setContentLength(length);
		return copy;
	}

	@Override
	public HttpHeaders getHeaders() {
		return this.headers;
	}

	@Override
	public Flux<DataBuffer> getBody() {
		return (this.body.length > 0) ? Flux.defer(() -> Flux.just(buffer())) : Flux.empty();
	}

	// What a handler does to it, such as to write behind its end, does nothing to the
	// body that is kept.
	private DataBuffer buffer() {
		return (RequestChannel.isPresent() && this.factory instanceof NettyDataBufferFactory netty)
				? NettyBuffers.copy(this.body, netty) : this.factory.wrap(this.body.clone());
	}

	byte[] body() {
		return this.body;
	}

	void share(byte[] body) {
		this.body = body;
	}

	/**
	 * What needs Netty.
	 */
	private static final class NettyBuffers {

		private NettyBuffers() {
		}

		// On the heap: whoever forgets to release it leaks nothing.
		static DataBuffer copy(byte[] body, NettyDataBufferFactory factory) {
			return factory.wrap(Unpooled.buffer(body.length).writeBytes(body));
		}

	}

}
