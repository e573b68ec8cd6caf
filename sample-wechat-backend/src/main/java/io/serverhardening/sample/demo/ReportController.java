package io.serverhardening.sample.demo;

import java.time.Duration;
import java.util.Locale;
import java.util.Map;

import io.serverhardening.Deadline;
import reactor.core.publisher.Mono;

import org.springframework.context.annotation.Profile;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.server.ServerWebExchange;

// For trying out what becomes of the report when it takes long, or when what it depends
// on breaks.
@RestController
@Profile("demo")
class ReportController {

	private static final int LONGEST_REPORT_MS = 120_000;

	private final BreakableReportSource source;

	ReportController(BreakableReportSource source) {
		this.source = source;
	}

	// A report that takes as long as you say, and says how long it could have taken.
	@GetMapping(path = "/api/report", params = "ms")
	Mono<Map<String, Object>> report(@RequestParam int ms, ServerWebExchange exchange) {
		if (ms < 0 || ms > LONGEST_REPORT_MS) {
			throw new ResponseStatusException(HttpStatus.BAD_REQUEST, "ms must be between 0 and " + LONGEST_REPORT_MS);
		}
		long allowed = Deadline.from(exchange).remaining().toMillis();
		return this.source.rows()
			.delayElement(Duration.ofMillis(ms))
			.map((rows) -> Map.of("rows", rows, "tookMs", ms, "allowedMs", allowed));
	}

	@PutMapping("/api/dependency/{state}")
	Map<String, Object> state(@PathVariable String state) {
		try {
			this.source.state(BreakableReportSource.State.valueOf(state.toUpperCase(Locale.ROOT)));
		}
		catch (IllegalArgumentException ex) {
			throw new ResponseStatusException(HttpStatus.BAD_REQUEST, "state must be up, slow or down");
		}
		return Map.of("dependency", this.source.state().name().toLowerCase(Locale.ROOT));
	}

}
