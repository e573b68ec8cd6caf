package io.serverhardening.deduplication;

import java.util.List;
import java.util.stream.Stream;

import io.serverhardening.ClientKeyResolver;
import io.serverhardening.testing.RawClient;
import io.serverhardening.testing.TestServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Mono;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.http.HttpStatus;
import org.springframework.security.config.annotation.web.reactive.EnableWebFluxSecurity;
import org.springframework.security.config.web.server.ServerHttpSecurity;
import org.springframework.security.web.server.SecurityWebFilterChain;
import org.springframework.web.server.WebFilter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * Whose message it is.
 */
@ExtendWith(OutputCaptureExtension.class)
class CallersIT {

	private static final String ROUTE = "server.hardening.routes.orders.";

	private static final String UNKNOWN = "does not know who calls";

	private static TestServer start(List<Class<?>> sources, String... properties) {
		return TestServer.start(sources,
				Stream
					.concat(Stream.of(ROUTE + "path=/messages/**", ROUTE + "deduplication.key=header:Idempotency-Key"),
							Stream.of(properties))
					.toArray(String[]::new));
	}

	private static RawClient.Response order(TestServer server, String... headers) {
		String[] all = Stream
			.concat(Stream.of("Idempotency-Key: 1", "Content-Type: text/plain", "Content-Length: 3"),
					Stream.of(headers))
			.toArray(String[]::new);
		try (RawClient client = server.connect().send("POST", "/messages", all).write("tea")) {
			return client.response();
		}
	}

	@ParameterizedTest
	@CsvSource({ "header:X-Tenant", "bean:tenant" })
	void tellsCallersApart(String principal, CapturedOutput output) {
		try (TestServer server = start(List.of(Orders.class, Tenants.class),
				ROUTE + "deduplication.principal=" + principal)) {
			assertThat(order(server, "X-Tenant: ann").body()).isEqualTo("run 1 of tea");
			assertThat(order(server, "X-Tenant: bob").body()).isEqualTo("run 2 of tea");
			assertThat(order(server).body()).isEqualTo("run 3 of tea");
			assertThat(order(server, "X-Tenant: ann").body()).isEqualTo("run 1 of tea");
			assertThat(order(server, "X-Tenant: bob").body()).isEqualTo("run 2 of tea");
			assertThat(order(server).body()).isEqualTo("run 3 of tea");
		}
		assertThat(output).doesNotContain(UNKNOWN);
	}

	@Test
	void aCallerWhoCannotBeToldIsNobodyElse() {
		try (TestServer server = start(List.of(Orders.class, Tenants.class),
				ROUTE + "deduplication.principal=bean:tenant")) {
			assertThat(order(server).body()).isEqualTo("run 1 of tea");
			assertThat(order(server, "X-Tenant: fails").status()).isEqualTo(500);
			assertThat(order(server, "X-Tenant: none").status()).isEqualTo(500);
			assertThat(server.bean(Orders.class).runs("tea")).isEqualTo(1);
		}
	}

	@Test
	void aFilterOfTheApplicationsIsAskedBeforeAnAnswerIsRepeated() {
		try (TestServer server = start(List.of(Orders.class, Doorman.class), ROUTE + "deduplication.order=last")) {
			assertThat(order(server, "X-Ticket: yes").body()).isEqualTo("run 1 of tea");
			assertThat(order(server).status()).isEqualTo(401);
			assertThat(order(server, "X-Ticket: yes").body()).isEqualTo("run 1 of tea");
		}
		try (TestServer server = start(List.of(Orders.class, Doorman.class))) {
			assertThat(order(server, "X-Ticket: yes").body()).isEqualTo("run 1 of tea");
			assertThat(order(server).status()).isEqualTo(201);
		}
	}

	@Test
	void saysAtTheStartWhereNobodySaysWhoCalls(CapturedOutput output) {
		start(List.of(Orders.class)).close();
		assertThat(output).containsOnlyOnce(ROUTE + "deduplication " + UNKNOWN)
			.contains(ROUTE + "deduplication.principal");
	}

	@Test
	void saysAtTheStartWhereTheClientOfRedisWouldGiveUpFirst(CapturedOutput output) {
		start(List.of(Orders.class), "spring.data.redis.timeout=250ms").close();
		assertThat(output).containsOnlyOnce("spring.data.redis.timeout (250 ms) is not longer than " + ROUTE
				+ "deduplication.store-timeout (250ms)");
		start(List.of(Orders.class), "spring.data.redis.timeout=251ms").close();
		assertThat(output).containsOnlyOnce("spring.data.redis.timeout (");
	}

	@Test
	void saysNothingOfItBehindSpringSecurity(CapturedOutput output) {
		start(List.of(Orders.class, Security.class)).close();
		assertThat(output).doesNotContain(UNKNOWN);
	}

	@Test
	void refusesToStartWhereTheCallerCannotBeTold() {
		List<Class<?>> sources = List.of(Orders.class);
		assertThatThrownBy(() -> start(sources, ROUTE + "deduplication.principal=bean:nobody"))
			.hasStackTraceContaining("there is no ClientKeyResolver called 'nobody'");
		assertThatThrownBy(() -> start(sources, ROUTE + "deduplication.principal=X-Tenant"))
			.hasStackTraceContaining("must be header:NAME or bean:NAME");
		assertThatThrownBy(
				() -> start(sources, ROUTE + "deduplication.principal=header:X-Tenant", ROUTE + "webhook=bank",
						"server.hardening.webhook.bank.sender=hmac", "server.hardening.webhook.bank.secrets=s"))
			.hasStackTraceContaining("has no effect beside a webhook");
	}

	@Test
	void refusesTwoKeys() {
		try (TestServer server = start(List.of(Orders.class))) {
			RawClient.Response response = order(server, "Idempotency-Key: 2");
			assertThat(response.status()).isEqualTo(400);
			assertThat(response.body()).contains("message-invalid", "comes twice");
			assertThat(server.bean(Orders.class).runs("tea")).isZero();
		}
	}

	/**
	 * Who calls, by a header.
	 */
	static class Tenants {

		@Bean
		ClientKeyResolver tenant() {
			return (exchange) -> {
				String tenant = exchange.getRequest().getHeaders().getFirst("X-Tenant");
				if ("none".equals(tenant)) {
					return null;
				}
				return "fails".equals(tenant) ? Mono.error(new IllegalStateException("planted"))
						: Mono.justOrEmpty(tenant);
			};
		}

	}

	/**
	 * Lets nobody in without a ticket.
	 */
	static class Doorman {

		@Bean
		WebFilter doorman() {
			return (exchange, chain) -> {
				if (exchange.getRequest().getHeaders().getFirst("X-Ticket") != null) {
					return chain.filter(exchange);
				}
				exchange.getResponse().setStatusCode(HttpStatus.UNAUTHORIZED);
				return exchange.getResponse().setComplete();
			};
		}

	}

	/**
	 * Lets everybody in.
	 */
	@EnableWebFluxSecurity
	static class Security {

		@Bean
		SecurityWebFilterChain chain(ServerHttpSecurity http) {
			return http.authorizeExchange((exchanges) -> exchanges.anyExchange().permitAll()).build();
		}

	}

}
