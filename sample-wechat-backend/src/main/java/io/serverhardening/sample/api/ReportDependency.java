package io.serverhardening.sample.api;

import java.time.Duration;

import reactor.core.publisher.Mono;

import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ResponseStatusException;

// What the report depends on. You can break it, and see what becomes of the report.
@Component
class ReportDependency {

	private volatile State state = State.UP;

	// Takes as long as it is told, unless it is broken.
	Mono<Integer> rows(Duration duration) {
		return switch (this.state) {
			case UP -> Mono.delay(duration).thenReturn(42);
			case SLOW -> Mono.never();
			case DOWN -> Mono.error(new ResponseStatusException(HttpStatus.BAD_GATEWAY, "The report's source is down"));
		};
	}

	State state() {
		return this.state;
	}

	void state(State state) {
		this.state = state;
	}

	enum State {

		// answers
		UP,

		// never answers
		SLOW,

		// fails at once
		DOWN

	}

}
