package io.serverhardening.response.body;

import reactor.core.publisher.Mono;

import org.springframework.web.reactive.socket.WebSocketHandler;
import org.springframework.web.reactive.socket.server.support.HandshakeWebSocketService;
import org.springframework.web.server.ServerWebExchange;

/**
 * The same as {@link PacedWebSockets} for Spring's own service. It is of the class that
 * applications know: they declare and inject it by that.
 */
public final class PacedHandshakes extends HandshakeWebSocketService {

	/**
	 * Create the service in place of another.
	 * @param service the other
	 */
	public PacedHandshakes(HandshakeWebSocketService service) {
		super(service.getUpgradeStrategy());
		setSessionAttributePredicate(service.getSessionAttributePredicate());
	}

	@Override
	public Mono<Void> handleRequest(ServerWebExchange exchange, WebSocketHandler handler) {
		return super.handleRequest(exchange, PacedWebSockets.pace(exchange, handler));
	}

}
