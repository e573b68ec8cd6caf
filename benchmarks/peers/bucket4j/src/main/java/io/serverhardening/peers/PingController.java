package io.serverhardening.peers;

import java.util.Map;

import reactor.core.publisher.Mono;

import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * The guarded handler; the filter is set up in application.yml.
 */
@RestController
public class PingController {

	@GetMapping("/ping")
	public Mono<Map<String, Object>> ping() {
		return Mono.just(Map.of("pong", true));
	}

}
