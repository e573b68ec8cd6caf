package io.serverhardening.planted.moved;

import org.springframework.boot.web.embedded.netty.NettyReactiveWebServerFactory;
import org.springframework.http.HttpHeaders;

/**
 * Breaks: what Boot 4 has moved stays in the binding; headers are no map.
 */
public class PlantedMoved {

	NettyReactiveWebServerFactory knows(NettyReactiveWebServerFactory factory) {
		return factory;
	}

	boolean asks(HttpHeaders headers) {
		return headers.containsKey("Planted");
	}

}
