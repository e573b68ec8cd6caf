package io.serverhardening.autoconfigure;

import io.micrometer.core.instrument.MeterRegistry;
import io.serverhardening.testing.RawClient;
import io.serverhardening.testing.TestServer;
import io.serverhardening.testing.line.BootLine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

/**
 * What the start says and checks, however the application is started.
 */
@ExtendWith(OutputCaptureExtension.class)
class StartIT {

	@Test
	void aServletApplicationWithWebFluxBesideItIsToldWhichOneItIs(CapturedOutput output) {
		try (ConfigurableApplicationContext context = new SpringApplicationBuilder(ServletApplication.class,
				BootLine.servletServer())
			.web(WebApplicationType.SERVLET)
			.properties("server.port=0", "spring.main.banner-mode=off")
			.run()) {
			assertThat(context.isRunning()).isTrue();
		}
		assertThat(output.getOut()).containsOnlyOnce("This is a servlet application")
			.contains("Spring WebFlux is on the class path too", "spring.main.web-application-type to reactive");
	}

	@Test
	void whereBeansAreLazyTheEventLoopsAreMeasuredAllTheSame() {
		try (TestServer server = TestServer.start("spring.main.lazy-initialization=true");
				RawClient client = server.connect()) {
			assertThat(client.send("GET", "/fast").response().status()).isEqualTo(200);
			await().until(
					() -> !server.bean(MeterRegistry.class).find("server.hardening.watchdog.lag").meters().isEmpty());
		}
	}

	@Test
	void whereBeansAreLazyAWrongRouteStopsTheStartAllTheSame() {
		assertThatThrownBy(() -> TestServer.start("spring.main.lazy-initialization=true",
				"management.endpoints.access.default=none", "server.hardening.routes.orders.path=orders"))
			.rootCause()
			.hasMessageContaining("server.hardening.routes.orders.path");
	}

	@Test
	void aLongPeriodWithKeysThatAnyoneCanInventIsHintedAt(CapturedOutput output) {
		try (TestServer server = TestServer.start("server.hardening.rate-limit.enabled=true",
				"server.hardening.rate-limit.period=1h", "server.hardening.routes.a.path=/a",
				"server.hardening.routes.a.rate-limit.key=header:X-Key", "server.hardening.routes.b.path=/b",
				"server.hardening.routes.b.rate-limit.key=header:X-Key",
				"server.hardening.routes.b.rate-limit.period=1s")) {
			assertThat(server.get("/fast").status()).isEqualTo(200);
		}
		assertThat(output.getOut()).containsOnlyOnce("is chosen by the client")
			.contains("server.hardening.routes.a.rate-limit.key (header:X-Key)");
	}

	@Test
	void limitsThatNobodySwitchedOnAreHintedAt(CapturedOutput output) {
		TestServer
			.start("server.hardening.rate-limit.permits=5", "server.hardening.concurrency.max-requests=10",
					"server.hardening.concurrency.enabled=false", "server.hardening.circuit-breaker.window=50",
					"server.hardening.routes.a.path=/a", "server.hardening.routes.a.circuit-breaker.enabled=true")
			.close();
		assertThat(output.getOut())
			.containsOnlyOnce("server.hardening.rate-limit has no effect: it is off. Set "
					+ "server.hardening.rate-limit.enabled to true")
			.doesNotContain("server.hardening.concurrency has no effect",
					"server.hardening.circuit-breaker has no effect");
	}

	@Test
	void aTotalThatIsShorterThanTheTimeoutIsHintedAt(CapturedOutput output) {
		TestServer
			.start("server.hardening.response.total-timeout=50s", "server.hardening.routes.a.path=/a",
					"server.hardening.routes.a.response.timeout=60s", "server.hardening.routes.b.path=/b",
					"server.hardening.routes.b.response.timeout=5s")
			.close();
		assertThat(output.getOut()).containsOnlyOnce("so that response.timeout never ends a request")
			.contains("server.hardening.routes.a.response.total-timeout (50s) is shorter than "
					+ "the response.timeout (1m) beside it");
	}

	@Test
	void aLineSaysWhatIsInForce(CapturedOutput output) {
		TestServer
			.start("server.hardening.mode=observe", "server.hardening.connection.max-open=500",
					"server.hardening.rate-limit.enabled=true", "server.hardening.routes.a.path=/a",
					"server.hardening.routes.a.concurrency.enabled=true")
			.close();
		assertThat(output.getOut()).containsOnlyOnce("Server hardening is on, in mode observe: connection.max-open "
				+ "500, request.max-body-size 10MB, response.timeout 30s, rate-limit on, concurrency on for 1 route, "
				+ "circuit-breaker off; routes with settings of their own: 1");
	}

	/**
	 * An application that Spring Boot takes for one of Spring MVC.
	 */
	@SpringBootConfiguration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ HardeningAutoConfiguration.class, HardeningServletAutoConfiguration.class })
	static class ServletApplication {

	}

}
