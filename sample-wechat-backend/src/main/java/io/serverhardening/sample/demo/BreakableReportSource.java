package io.serverhardening.sample.demo;

import io.serverhardening.sample.api.ReportSource;
import reactor.core.publisher.Mono;

import org.springframework.context.annotation.Primary;
import org.springframework.context.annotation.Profile;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ResponseStatusException;

// You can break it, and see what becomes of the report.
@Component
@Primary
@Profile("demo")
class BreakableReportSource implements ReportSource {

	private volatile State state = State.UP;

	@Override
	public Mono<Integer> rows() {
		return switch (this.state) {
			case UP -> Mono.just(42);
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
