package io.serverhardening.route.rejection;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import io.serverhardening.Rejection;
import io.serverhardening.Rejection.Outcome;
import io.serverhardening.RejectionReason;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.test.scheduler.VirtualTimeScheduler;

import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import org.springframework.mock.web.server.MockServerWebExchange;
import org.springframework.web.server.ServerWebExchange;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * However many refusals there are, the log has one line a second.
 */
class RejectionLogTests {

	private static final ServerWebExchange EXCHANGE = MockServerWebExchange.from(MockServerHttpRequest.get("/"));

	private final VirtualTimeScheduler scheduler = VirtualTimeScheduler.create();

	private final List<String> lines = new ArrayList<>();

	private final RejectionLog log = new RejectionLog(this.scheduler, this.lines::add);

	@AfterEach
	void dispose() {
		this.scheduler.dispose();
	}

	private void refuse(int count, String guard, String route, Outcome outcome) {
		Rejection rejection = Rejection.of(RejectionReason.DEADLINE_EXCEEDED)
			.withProperty("server.hardening.routes." + route + ".response.timeout")
			.at(guard, route);
		for (int i = 0; i < count; i++) {
			this.log.onRejection(EXCHANGE, rejection, outcome);
		}
	}

	@Test
	void sumsUpASecondInOneLine() {
		refuse(3, "response", "report", Outcome.REFUSED);
		refuse(1, "response", "orders", Outcome.REFUSED);
		assertThat(this.lines).isEmpty();
		this.scheduler.advanceTimeBy(Duration.ofSeconds(1));
		assertThat(this.lines).containsExactly("Refused 4 requests: 3 by response on route report (deadline-exceeded, "
				+ "see server.hardening.routes.report.response.timeout), 1 by response on route orders "
				+ "(deadline-exceeded, see server.hardening.routes.orders.response.timeout)");
	}

	@Test
	void writesAtMostOneLineASecond() {
		for (int i = 0; i < 100; i++) {
			refuse(10, "response", "report", Outcome.REFUSED);
			this.scheduler.advanceTimeBy(Duration.ofMillis(100));
		}
		assertThat(this.lines).hasSize(10);
		assertThat(this.lines).allSatisfy((line) -> assertThat(line).startsWith("Refused 100 requests: "));
	}

	@Test
	void isQuietWhenNothingIsRefused() {
		refuse(1, "response", "report", Outcome.REFUSED);
		this.scheduler.advanceTimeBy(Duration.ofSeconds(60));
		assertThat(this.lines).hasSize(1);
	}

	@Test
	void tellsApartWhatWasOnlyObserved() {
		refuse(2, "response", "report", Outcome.OBSERVED);
		refuse(1, "response", "report", Outcome.REFUSED);
		this.scheduler.advanceTimeBy(Duration.ofSeconds(1));
		assertThat(this.lines).hasSize(1);
		assertThat(this.lines.get(0)).startsWith("Refused 1 request: 1 by response")
			.contains("; Would have refused (mode: observe) 2 requests: 2 by response");
	}

	@Test
	void listsFiveKindsAndSumsUpTheRest() {
		for (int i = 1; i <= 8; i++) {
			refuse(i, "response", "r" + i, Outcome.REFUSED);
		}
		this.scheduler.advanceTimeBy(Duration.ofSeconds(1));
		assertThat(this.lines.get(0)).startsWith("Refused 36 requests: 8 by response on route r8")
			.contains("4 by response on route r4")
			.doesNotContain("route r3")
			.endsWith("and 3 more kinds");
	}

	@Test
	void doesNotGrowWithGuardsThatInventNames() {
		for (int i = 0; i < 1500; i++) {
			refuse(1, "guard" + i, "report", Outcome.REFUSED);
		}
		this.scheduler.advanceTimeBy(Duration.ofSeconds(1));
		assertThat(this.lines).hasSize(1);
		assertThat(this.lines.get(0)).startsWith("Refused 1000 requests: ")
			.endsWith("; 500 more of too many kinds to list");
	}

	@Test
	void writesTheRestWhenItCloses() {
		refuse(1, "response", "report", Outcome.REFUSED);
		this.log.close();
		assertThat(this.lines).hasSize(1);
	}

}
