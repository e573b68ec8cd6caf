package io.serverhardening.route;

import java.util.List;

import io.serverhardening.testing.TestServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import reactor.core.publisher.Mono;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A route takes the requests that its handler takes.
 */
@ExtendWith(OutputCaptureExtension.class)
class RoutesIT {

	@Test
	void followsTheBasePathAndTheEncodingOfTheApplication() {
		try (TestServer server = TestServer.start("spring.webflux.base-path=/shop",
				"server.hardening.response.timeout=1s", "server.hardening.routes.api.path=/api/**",
				"server.hardening.routes.api.response.timeout-status=504")) {
			assertThat(server.get("/shop/api/never").status()).isEqualTo(504);
			assertThat(server.get("/shop/never").status()).isEqualTo(503);
			assertThat(server.get("/shop/%61pi/never").status()).isEqualTo(504);
			assertThat(server.get("/shop/api%2Fnever").status()).isEqualTo(404);
			assertThat(server.get("/api/never").status()).isEqualTo(404);
			for (String target : List.of("/shop/api/never/", "/shop/api//never")) {
				assertThat(server.get(target).status()).as(target).isEqualTo(404);
			}
			assertThat(server.get("/shop//api/never").status()).isEqualTo(400);
		}
	}

	@Test
	void hintsAtABasePathInARoute(CapturedOutput output) {
		try (TestServer server = TestServer.start("spring.webflux.base-path=/shop",
				"server.hardening.routes.api.path=/shop/api/**")) {
			assertThat(server.get("/shop/fast").status()).isEqualTo(200);
			assertThat(output).contains("server.hardening.routes.api.path (/shop/api/**) begins with "
					+ "spring.webflux.base-path: write the route's path without the base path");
		}
	}

	// It costs each request nothing of what a filter does.
	@Test
	void theEdgeIsNoFilterInTheTracesOfErrors(CapturedOutput output) {
		try (TestServer server = TestServer.start()) {
			assertThat(server.get("/throws").status()).isEqualTo(500);
			assertThat(output).contains("[ExceptionHandlingWebHandler]")
				.doesNotContain("__checkpoint ⇢ io.serverhardening.route.EdgeFilter");
		}
	}

	@Test
	void anApplicationsFilterMayComeBeforeTheEdge(CapturedOutput output) {
		try (TestServer server = TestServer.start(List.of(FirstFilter.class), "server.hardening.response.timeout=1s")) {
			assertThat(server.get("/throws").status()).isEqualTo(500);
			assertThat(output).containsSubsequence("__checkpoint ⇢ io.serverhardening.route.EdgeFilter",
					"__checkpoint ⇢ io.serverhardening.route.RoutesIT$FirstFilter");
			assertThat(server.get("/never").status()).isEqualTo(503);
		}
	}

	/**
	 * A filter before all others.
	 */
	@Order(Ordered.HIGHEST_PRECEDENCE)
	static class FirstFilter implements WebFilter {

		@Override
		public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
			return chain.filter(exchange);
		}

	}

}
