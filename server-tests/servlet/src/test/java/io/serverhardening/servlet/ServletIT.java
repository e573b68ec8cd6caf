package io.serverhardening.servlet;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.util.ClassUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Where there is nothing to protect, the starter says so.
 */
@ExtendWith(OutputCaptureExtension.class)
class ServletIT {

	private static final String HINT = "This is a servlet application: Server Hardening protects reactive applications "
			+ "only";

	private static void start(WebApplicationType type, String... properties) {
		try (ConfigurableApplicationContext context = new SpringApplicationBuilder(Application.class).web(type)
			.properties("server.port=0", "spring.main.banner-mode=off")
			.properties(properties)
			.run()) {
			assertThat(context.isRunning()).isTrue();
		}
	}

	@Test
	void saysOnceThatItDoesNothing(CapturedOutput output) {
		assertThat(ClassUtils.isPresent("org.springframework.web.reactive.DispatcherHandler", null)).isFalse();
		start(WebApplicationType.SERVLET, "server.hardening.response.timeuot=5s", "management.server.port=0");
		assertThat(output.getOut()).containsOnlyOnce(HINT)
			.contains("No setting under server.hardening is read or checked")
			.doesNotContain("Spring WebFlux is on the class path too");
	}

	@Test
	void saysItWhereBeansAreLazy(CapturedOutput output) {
		start(WebApplicationType.SERVLET, "spring.main.lazy-initialization=true");
		assertThat(output.getOut()).containsOnlyOnce(HINT);
	}

	@Test
	void saysNothingWhereItIsSwitchedOff(CapturedOutput output) {
		start(WebApplicationType.SERVLET, "server.hardening.enabled=false");
		assertThat(output.getOut()).doesNotContain("Server Hardening");
	}

	@Test
	void saysNothingWithoutAServer(CapturedOutput output) {
		start(WebApplicationType.NONE);
		assertThat(output.getOut()).doesNotContain("Server Hardening");
	}

	/**
	 * An application.
	 */
	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
