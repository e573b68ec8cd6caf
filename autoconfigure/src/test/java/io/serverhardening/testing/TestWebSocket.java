package io.serverhardening.testing;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import reactor.core.publisher.Mono;

import org.springframework.web.reactive.socket.client.ReactorNettyWebSocketClient;

/**
 * A WebSocket client.
 */
public final class TestWebSocket {

	private TestWebSocket() {
	}

	/**
	 * Open a WebSocket, say something after a while and hear the answer.
	 * @param server the server
	 * @param delay the while
	 * @return what was heard
	 */
	public static List<String> echoAfter(TestServer server, Duration delay) {
		List<String> received = new CopyOnWriteArrayList<>();
		URI uri = URI.create("ws://localhost:" + server.port() + "/echo");
		new ReactorNettyWebSocketClient()
			.execute(uri, (session) -> session.send(Mono.delay(delay).map((tick) -> session.textMessage("late")))
				.then(session.receive().next().doOnNext((message) -> received.add(message.getPayloadAsText())).then()))
			.block(Duration.ofSeconds(10));
		return received;
	}

}
