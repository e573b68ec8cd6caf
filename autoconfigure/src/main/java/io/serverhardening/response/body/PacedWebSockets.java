package io.serverhardening.response.body;

import java.util.List;

import io.serverhardening.internal.channel.RequestChannel;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.channel.ChannelOperations;
import reactor.netty.http.websocket.WebsocketInbound;
import reactor.netty.http.websocket.WebsocketOutbound;

import org.springframework.context.Lifecycle;
import org.springframework.core.io.buffer.NettyDataBufferFactory;
import org.springframework.web.reactive.socket.WebSocketHandler;
import org.springframework.web.reactive.socket.WebSocketMessage;
import org.springframework.web.reactive.socket.WebSocketSession;
import org.springframework.web.reactive.socket.adapter.ReactorNettyWebSocketSession;
import org.springframework.web.reactive.socket.server.WebSocketService;
import org.springframework.web.server.ServerWebExchange;

/**
 * Has the messages of WebSockets produced as fast as their clients take them.
 */
public final class PacedWebSockets implements WebSocketService, Lifecycle {

	private final WebSocketService service;

	/**
	 * Create the service.
	 * @param service does the handshakes
	 */
	public PacedWebSockets(WebSocketService service) {
		this.service = service;
	}

	@Override
	public Mono<Void> handleRequest(ServerWebExchange exchange, WebSocketHandler handler) {
		return this.service.handleRequest(exchange, pace(exchange, handler));
	}

	/**
	 * Have the messages of a session paced.
	 * @param exchange the request for it
	 * @param handler sends them
	 * @return the same, as fast as they are taken
	 */
	static WebSocketHandler pace(ServerWebExchange exchange, WebSocketHandler handler) {
		ChannelOperations<?, ?> operations = RequestChannel.isPresent()
				? RequestChannel.operations(exchange.getRequest()) : null;
		PacedChannel channel = (operations != null) ? PacedChannel.of(operations.channel()) : null;
		return (channel != null) ? new PacedHandler(handler, channel) : handler;
	}

	@Override
	public void start() {
		if (this.service instanceof Lifecycle lifecycle) {
			lifecycle.start();
		}
	}

	@Override
	public void stop() {
		if (this.service instanceof Lifecycle lifecycle) {
			lifecycle.stop();
		}
	}

	@Override
	public boolean isRunning() {
		return this.service instanceof Lifecycle lifecycle && lifecycle.isRunning();
	}

	/**
	 * A handler whose sessions are paced.
	 *
	 * @param handler the application's
	 * @param channel the channel
	 */
	private record PacedHandler(WebSocketHandler handler, PacedChannel channel) implements WebSocketHandler {

		@Override
		public List<String> getSubProtocols() {
			return this.handler.getSubProtocols();
		}

		@Override
		public Mono<Void> handle(WebSocketSession session) {
			PacedSession paced = PacedSession.of(session, this.channel);
			return this.handler.handle((paced != null) ? paced : session);
		}

	}

	/**
	 * A session whose messages are paced. It is of the class that applications know.
	 */
	private static final class PacedSession extends ReactorNettyWebSocketSession {

		private final WebSocketSession session;

		private final PacedChannel channel;

		private PacedSession(WebSocketSession session, WebsocketInbound in, WebsocketOutbound out,
				PacedChannel channel) {
			super(in, out, session.getHandshakeInfo(), (NettyDataBufferFactory) session.bufferFactory());
			this.session = session;
			this.channel = channel;
		}

		static @Nullable PacedSession of(WebSocketSession session, PacedChannel channel) {
			return (session.getClass() == ReactorNettyWebSocketSession.class
					&& ChannelOperations.get(channel.channel()) instanceof WebsocketInbound in
					&& in instanceof WebsocketOutbound out) ? new PacedSession(session, in, out, channel) : null;
		}

		// It alone knows the largest frame that is allowed.
		@Override
		public Flux<WebSocketMessage> receive() {
			return this.session.receive();
		}

		@Override
		public Mono<Void> send(Publisher<WebSocketMessage> messages) {
			return super.send((messages instanceof Mono) ? messages : PacedBody.of(Flux.from(messages), this.channel,
					(message) -> message.getPayload().readableByteCount()));
		}

	}

}
