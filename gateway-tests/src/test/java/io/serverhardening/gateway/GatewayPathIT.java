package io.serverhardening.gateway;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.reactive.context.ReactiveWebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * No spelling of a path gets around the limits of its route where what is behind the
 * gateway reads paths as loosely as it can.
 */
class GatewayPathIT {

	private static DisposableServer backend;

	private static ConfigurableApplicationContext gateway;

	@BeforeAll
	static void start() {
		backend = HttpServer.create()
			.port(0)
			.handle((request, response) -> response.sendString(Mono.just("served " + normalised(request.uri()))))
			.bindNow();
		gateway = new SpringApplicationBuilder(GatewayIT.Gateway.class).properties("server.port=0",
				"spring.main.banner-mode=off", "spring.cloud.gateway.server.webflux.routes[0].id=all",
				"spring.cloud.gateway.server.webflux.routes[0].uri=http://localhost:" + backend.port(),
				"spring.cloud.gateway.server.webflux.routes[0].predicates[0]=Path=/**",
				"management.endpoints.web.exposure.include=*", "management.endpoint.gateway.access=unrestricted",
				"server.hardening.rate-limit.enabled=true", "server.hardening.rate-limit.permits=100000",
				"server.hardening.routes.secret.path=/api/secret",
				"server.hardening.routes.secret.rate-limit.permits=1",
				"server.hardening.routes.secret.rate-limit.period=600s", "server.hardening.routes.loose.path=/loose/**",
				"server.hardening.routes.loose.rate-limit.permits=none")
			.run();
		assertThat(get("/api/secret")).startsWith("HTTP/1.1 200").endsWith("served /api/secret");
	}

	@AfterAll
	static void stop() {
		gateway.close();
		backend.disposeNow();
	}

	// As the loosest of servers does: decodes until nothing changes, takes backslashes
	// for
	// slashes, drops parameters, resolves dots, and does not mind a slash at the end.
	private static String normalised(String uri) {
		String path = uri.replaceFirst("\\?.*", "").replaceAll("(?i)%c0%ae", ".").replaceAll("(?i)%c0%af", "/");
		String before;
		do {
			before = path;
			path = URLDecoder.decode(path.replace("+", "%2B").replaceAll("%(?![0-9a-fA-F]{2})", "%25"),
					StandardCharsets.UTF_8);
		}
		while (!path.equals(before));
		path = path.replace('\\', '/').replaceAll(";[^/]*", "").replaceAll("/+", "/");
		return Path.of(path).normalize().toString();
	}

	private static String get(String target) {
		int port = ((ReactiveWebServerApplicationContext) gateway).getWebServer().getPort();
		try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
			socket.setSoTimeout(20_000);
			socket.getOutputStream()
				.write(("GET " + target + " HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
					.getBytes(StandardCharsets.ISO_8859_1));
			return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@ParameterizedTest
	@CsvSource({ "/api/secret, 429", "/api/secret/, 429", "/api/secret?x, 429", "/%61pi/secret, 429",
			"/api/secret;a=b, 400", "/api;x/secret, 400", "/%2561pi/secret, 400", "//api/secret, 400",
			"/api//secret, 400", "/api%2Fsecret, 400", "/api%5Csecret, 400", "/api\\secret, 400", "/api/./secret, 400",
			"/x/../api/secret, 400", "/../api/secret, 400", "/api/secret/., 400", "/api/secret/x/.., 400",
			"/loose/../api/secret, 400", "/loose/%2e%2e/api/secret, 400", "/loose/%2E./api/secret, 400",
			"/loose/..;a=b/api/secret, 400", "/loose/..%3Ba=b/api/secret, 400", "/loose//../api/secret, 400",
			"/loose/..%2Fapi/secret, 400", "/loose%2F..%2Fapi%2Fsecret, 400", "/loose/..%5Capi%5Csecret, 400",
			"/loose/%252e%252e/api/secret, 400", "/loose/%252e%252e%252fapi/secret, 400",
			"/loose/%c0%ae%c0%ae/api/secret, 400", "/actuator/../api/secret, 400", "/actuator/%2e%2e/api/secret, 400",
			"/actuator/%2E./api/secret, 400", "/actuator/..;/api/secret, 400", "/actuator/..;a=b/api/secret, 400",
			"/actuator//../api/secret, 400", "/actuator/health/../../api/secret, 400",
			"/actuator/health/%2e%2e/%2e%2e/api/secret, 400", "/actuator/health%2F..%2F..%2Fapi%2Fsecret, 400",
			"/actuator/..%5Capi/secret, 400", "/actuator\\..\\api\\secret, 400", "/actuator/%252e%252e/api/secret, 400",
			"/actuator/metrics/../../api/secret, 400" })
	void noSpellingGetsAroundALimit(String target, int status) {
		assertThat(get(target)).startsWith("HTTP/1.1 " + status).doesNotContain("served");
	}

	@ParameterizedTest
	@ValueSource(strings = { "/api/other", "/api/other%20one", "/loose/a%2Fb", "/loose/a//b", "/loose/100%25", "/x;y=z",
			"/loose/a/../b", "/.well-known/x" })
	void whatFallsUnderOneRouteInEveryReadingIsServed(String target) {
		assertThat(get(target)).startsWith("HTTP/1.1 200").contains("served");
	}

	@Test
	void whatIsNoEndpointIsGuardedOnItsWayThrough() {
		for (String target : new String[] { "/actuator/nosuch", "/actuator/metrics/a/b", "/actuator/healthy" }) {
			assertThat(get(target)).as(target).contains("served").containsIgnoringCase("\r\nratelimit:");
		}
		assertThat(get("/actuator/health")).startsWith("HTTP/1.1 200").doesNotContainIgnoringCase("\r\nratelimit:");
		assertThat(get("/actuator/gateway/routes")).startsWith("HTTP/1.1 200")
			.doesNotContainIgnoringCase("\r\nratelimit:");
	}

}
