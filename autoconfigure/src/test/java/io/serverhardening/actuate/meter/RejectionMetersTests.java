package io.serverhardening.actuate.meter;

import java.util.Set;

import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.serverhardening.Rejection;
import io.serverhardening.Rejection.Outcome;
import io.serverhardening.RejectionReason;
import io.serverhardening.actuate.RejectionTally;
import org.junit.jupiter.api.Test;

import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import org.springframework.mock.web.server.MockServerWebExchange;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Meters of refusals whose routes come and go.
 */
class RejectionMetersTests {

	private final RejectionTally tally = new RejectionTally();

	private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

	private void refuse(String route) {
		this.tally.onRejection(MockServerWebExchange.from(MockServerHttpRequest.get("/")),
				Rejection.of(RejectionReason.RATE_LIMITED).at("guard", route), Outcome.REFUSED);
	}

	private double count(Tags tags) {
		return this.registry.get("server.hardening.rejections").tags(tags).functionCounter().count();
	}

	@Test
	void leavesThoseOfRoutesThatAreThere() {
		new RejectionMeters(this.tally).bindTo(this.registry);
		refuse("one");
		refuse("other");
		this.tally.keep(Set.of("other"));
		refuse("other");
		assertThat(this.registry.getMeters()).hasSize(1);
		assertThat(count(Tags.of("route", "other"))).isEqualTo(2);
	}

	// A filter of the application leaves the route out.
	@Test
	void showsWhoIsLeftWhereRoutesShareAMeter() {
		this.registry.config().meterFilter(MeterFilter.ignoreTags("route"));
		new RejectionMeters(this.tally).bindTo(this.registry);
		refuse("one");
		refuse("other");
		this.tally.keep(Set.of("other"));
		System.gc();
		refuse("other");
		assertThat(count(Tags.of("guard", "guard"))).isEqualTo(2);
	}

}
