package io.serverhardening.peers;

import java.util.Map;

import io.github.resilience4j.bulkhead.annotation.Bulkhead;
import io.github.resilience4j.circuitbreaker.annotation.CircuitBreaker;
import io.github.resilience4j.ratelimiter.annotation.RateLimiter;
import io.github.resilience4j.timelimiter.annotation.TimeLimiter;
import reactor.core.publisher.Mono;

import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * The guarded handler; the limits are set in application.yml.
 */
@RestController
public class PingController {

	@GetMapping("/ping")
	@RateLimiter(name = "ping")
	@Bulkhead(name = "ping")
	@CircuitBreaker(name = "ping")
	@TimeLimiter(name = "ping")
	public Mono<Map<String, Object>> ping() {
		return Mono.just(Map.of("pong", true));
	}

}
