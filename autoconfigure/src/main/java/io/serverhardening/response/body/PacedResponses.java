package io.serverhardening.response.body;

import java.nio.file.Path;

import io.serverhardening.internal.channel.RequestChannel;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.channel.ChannelOperations;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.http.ZeroCopyHttpOutputMessage;
import org.springframework.http.server.reactive.HttpHandler;
import org.springframework.http.server.reactive.HttpHandlerDecoratorFactory;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.http.server.reactive.ServerHttpResponseDecorator;

/**
 * Has response bodies of many elements produced as fast as their clients take them.
 */
public final class PacedResponses implements HttpHandlerDecoratorFactory, AopInfrastructureBean {

	/**
	 * What one connection can pin of a response that is produced piece by piece.
	 */
	public static final String MAX_UNSENT = PacedBody.ROOM / 1024 + "KB and one piece";

	@Override
	public HttpHandler apply(HttpHandler handler) {
		return (request, response) -> handler.handle(request, pace(request, response));
	}

	private static ServerHttpResponse pace(ServerHttpRequest request, ServerHttpResponse response) {
		ChannelOperations<?, ?> operations = RequestChannel.operations(request);
		if (operations == null) {
			return response;
		}
		return (response instanceof ZeroCopyHttpOutputMessage) ? new ZeroCopyResponse(response, operations)
				: new PacedResponse(response, operations);
	}

	/**
	 * A response whose body is paced.
	 */
	private static class PacedResponse extends ServerHttpResponseDecorator {

		private final ChannelOperations<?, ?> operations;

		PacedResponse(ServerHttpResponse delegate, ChannelOperations<?, ?> operations) {
			super(delegate);
			this.operations = operations;
		}

		@Override
		public Mono<Void> writeWith(Publisher<? extends DataBuffer> body) {
			PacedChannel channel = (body instanceof Mono) ? null : channel();
			return super.writeWith(
					(channel != null) ? PacedBody.of(Flux.from(body), channel, DataBuffer::readableByteCount) : body);
		}

		@Override
		public Mono<Void> writeAndFlushWith(Publisher<? extends Publisher<? extends DataBuffer>> body) {
			PacedChannel channel = channel();
			return super.writeAndFlushWith((channel != null) ? EventSizes.pace(Flux.from(body), channel) : body);
		}

		private @Nullable PacedChannel channel() {
			return PacedChannel.of(this.operations.channel());
		}

	}

	/**
	 * The same for responses that can send a file without reading it.
	 */
	private static final class ZeroCopyResponse extends PacedResponse implements ZeroCopyHttpOutputMessage {

		ZeroCopyResponse(ServerHttpResponse delegate, ChannelOperations<?, ?> operations) {
			super(delegate, operations);
		}

		@Override
		public Mono<Void> writeWith(Path file, long position, long count) {
			return ((ZeroCopyHttpOutputMessage) getDelegate()).writeWith(file, position, count);
		}

	}

}
