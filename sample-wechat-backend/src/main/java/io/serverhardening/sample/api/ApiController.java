package io.serverhardening.sample.api;

import java.util.Map;

import io.serverhardening.Deadline;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ServerWebExchange;

// What the mini program calls.
@RestController
@RequestMapping("/api")
class ApiController {

	private final ReportSource source;

	ApiController(ReportSource source) {
		this.source = source;
	}

	@GetMapping("/ping")
	Map<String, Object> ping() {
		return Map.of("pong", true);
	}

	// Says how long it could have taken.
	@GetMapping("/report")
	Mono<Map<String, Object>> report(ServerWebExchange exchange) {
		long allowed = Deadline.from(exchange).remaining().toMillis();
		return this.source.rows().map((rows) -> Map.of("rows", rows, "allowedMs", allowed));
	}

	@PostMapping("/upload")
	Mono<Map<String, Object>> upload(ServerHttpRequest request) {
		return request.getBody()
			.map(ApiController::sizeOf)
			.reduce(0L, Long::sum)
			.map((bytes) -> Map.of("bytes", bytes));
	}

	private static long sizeOf(DataBuffer buffer) {
		int size = buffer.readableByteCount();
		DataBufferUtils.release(buffer);
		return size;
	}

}
