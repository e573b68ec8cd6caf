package io.serverhardening.peers;

import java.util.Map;

import reactor.core.publisher.Mono;

import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * The handler behind the route of application.yml.
 */
@RestController
public class BackendController {

	@GetMapping("/backend")
	public Mono<Map<String, Object>> ping() {
		return Mono.just(Map.of("pong", true));
	}

}
