package io.serverhardening.sample.api;

import java.time.Duration;
import java.util.Map;

import io.serverhardening.Deadline;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.HttpStatus;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.server.ServerWebExchange;

// What the mini program calls.
@RestController
@RequestMapping("/api")
class ApiController {

	private static final int LONGEST_REPORT_MS = 120_000;

	private final ReportDependency dependency;

	ApiController(ReportDependency dependency) {
		this.dependency = dependency;
	}

	@GetMapping("/ping")
	Map<String, Object> ping() {
		return Map.of("pong", true);
	}

	// A report that takes as long as you say, and says how long it could have taken.
	@GetMapping("/report")
	Mono<Map<String, Object>> report(@RequestParam(defaultValue = "2000") int ms, ServerWebExchange exchange) {
		if (ms < 0 || ms > LONGEST_REPORT_MS) {
			throw new ResponseStatusException(HttpStatus.BAD_REQUEST, "ms must be between 0 and " + LONGEST_REPORT_MS);
		}
		long allowed = Deadline.from(exchange).remaining().toMillis();
		return this.dependency.rows(Duration.ofMillis(ms))
			.map((rows) -> Map.of("rows", rows, "tookMs", ms, "allowedMs", allowed));
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
