package io.serverhardening.ratelimit;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Date;
import java.util.List;

import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import io.serverhardening.testing.RawClient;
import io.serverhardening.testing.TestServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import org.springframework.context.annotation.Bean;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.reactive.EnableWebFluxSecurity;
import org.springframework.security.config.web.server.ServerHttpSecurity;
import org.springframework.security.oauth2.jwt.NimbusReactiveJwtDecoder;
import org.springframework.security.oauth2.jwt.ReactiveJwtDecoder;
import org.springframework.security.web.server.SecurityWebFilterChain;
import org.springframework.web.cors.CorsConfiguration;
import org.springframework.web.cors.reactive.CorsConfigurationSource;
import org.springframework.web.cors.reactive.UrlBasedCorsConfigurationSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Rate limits around a resource server: by address before it, by principal and authority
 * after it.
 */
class RateLimitSecurityIT {

	private static final SecretKey KEY = new SecretKeySpec(
			"a key of this test, long enough for HS256".getBytes(StandardCharsets.UTF_8), "HmacSHA256");

	private static final String ORIGIN = "Origin: https://shop.example";

	private static TestServer server;

	@BeforeAll
	static void start() {
		server = TestServer.start(List.of(ResourceServer.class), "spring.autoconfigure.exclude=",
				"server.hardening.rate-limit.enabled=true", "server.hardening.rate-limit.period=60s",
				"server.hardening.rate-limit.permits=40", "server.hardening.routes.user.path=/fast",
				"server.hardening.routes.user.rate-limit.key=principal",
				"server.hardening.routes.user.rate-limit.permits=3",
				"server.hardening.routes.user.rate-limit.tiers.partner.permits=5",
				"server.hardening.routes.login.path=/teapot", "server.hardening.routes.login.rate-limit.permits=4");
	}

	@AfterAll
	static void stop() {
		server.close();
	}

	private static String token(String subject, String scope) {
		try {
			SignedJWT token = new SignedJWT(new JWSHeader(JWSAlgorithm.HS256),
					new JWTClaimsSet.Builder().subject(subject)
						.claim("scope", scope)
						.expirationTime(Date.from(Instant.now().plusSeconds(600)))
						.build());
			token.sign(new MACSigner(KEY));
			return "Authorization: Bearer " + token.serialize();
		}
		catch (JOSEException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static long admitted(int requests, String target, String... headers) {
		long admitted = 0;
		try (RawClient client = server.connect()) {
			for (int i = 0; i < requests; i++) {
				int status = client.send("GET", target, headers).response().status();
				assertThat(status).isIn(200, 429);
				admitted += (status == 200) ? 1 : 0;
			}
		}
		return admitted;
	}

	@Test
	void countsByPrincipalAfterAuthentication() {
		assertThat(admitted(6, "/fast", token("alice", "user"))).isEqualTo(3);
		assertThat(admitted(6, "/fast", token("bob", "user"))).isEqualTo(3);
	}

	@Test
	void anAuthorityNamesTheTier() {
		assertThat(admitted(8, "/fast", token("carol", "partner user"))).isEqualTo(5);
	}

	@Test
	void aFloodIsRefusedBeforeAnyoneIsAuthenticated() {
		int unauthorized = 0;
		int refused = 0;
		try (RawClient client = server.connect()) {
			for (int i = 0; i < 10; i++) {
				int status = client.send("GET", "/teapot", "Authorization: Bearer broken").response().status();
				unauthorized += (status == 401) ? 1 : 0;
				refused += (status == 429) ? 1 : 0;
			}
		}
		assertThat(unauthorized).isEqualTo(4);
		assertThat(refused).isEqualTo(6);
		RawClient.Response atTheEdge = server.get("/teapot", ORIGIN);
		assertThat(atTheEdge.status()).isEqualTo(429);
		assertThat(atTheEdge.header("access-control-allow-origin")).isEqualTo("https://shop.example");
	}

	@Test
	void whoIsNotAuthenticatedIsNotCountedByThePrincipal() {
		for (int i = 0; i < 10; i++) {
			assertThat(server.get("/fast").status()).isEqualTo(401);
		}
	}

	@Test
	void preflightsPassAndRefusalsKeepTheirCorsHeaders() {
		String token = token("dave", "user");
		assertThat(admitted(5, "/fast", token)).isEqualTo(3);
		try (RawClient client = server.connect()) {
			RawClient.Response preflight = client.send("OPTIONS", "/fast", ORIGIN, "Access-Control-Request-Method: GET")
				.response();
			assertThat(preflight.status()).isEqualTo(200);
			assertThat(preflight.header("access-control-allow-origin")).isEqualTo("https://shop.example");
		}
		RawClient.Response refused = server.get("/fast", token, ORIGIN);
		assertThat(refused.status()).isEqualTo(429);
		assertThat(refused.header("access-control-allow-origin")).isEqualTo("https://shop.example");
		assertThat(refused.header("retry-after")).isNotNull();
		assertThat(refused.header("access-control-expose-headers")).isEqualTo("Retry-After");
		assertThat(server.get("/fast", token).headers()).doesNotContainKey("access-control-expose-headers");
	}

	/**
	 * JWTs for everything, and CORS.
	 */
	@EnableWebFluxSecurity
	static class ResourceServer {

		@Bean
		SecurityWebFilterChain chain(ServerHttpSecurity http, CorsConfigurationSource cors) {
			return http.authorizeExchange((exchanges) -> exchanges.anyExchange().authenticated())
				.cors((spec) -> spec.configurationSource(cors))
				.oauth2ResourceServer((resource) -> resource.jwt(Customizer.withDefaults()))
				.build();
		}

		@Bean
		CorsConfigurationSource cors() {
			CorsConfiguration configuration = new CorsConfiguration();
			configuration.addAllowedOrigin("https://shop.example");
			configuration.addAllowedMethod("GET");
			UrlBasedCorsConfigurationSource source = new UrlBasedCorsConfigurationSource();
			source.registerCorsConfiguration("/**", configuration);
			return source;
		}

		@Bean
		ReactiveJwtDecoder decoder() {
			return NimbusReactiveJwtDecoder.withSecretKey(KEY).build();
		}

	}

}
