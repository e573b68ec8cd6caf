package io.serverhardening.planted.route;

import io.serverhardening.planted.response.PlantedResponse;
import reactor.core.publisher.Mono;

/**
 * Breaks: dependencies run one way; no cycles; nothing blocks.
 */
public class PlantedRoute {

	PlantedResponse knows(PlantedResponse response) {
		return response;
	}

	Object blocks() {
		return Mono.just("").block();
	}

}
