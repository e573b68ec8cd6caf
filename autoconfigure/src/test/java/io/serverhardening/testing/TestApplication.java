package io.serverhardening.testing;

import java.time.Duration;

import io.serverhardening.internal.time.QuickClocks;
import io.serverhardening.testing.line.TestNetty;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.http.client.ReactorResourceFactory;

/**
 * The application under test.
 */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@Import({ TestHandlers.class, TestNetty.class })
public class TestApplication {

	// Not the global ones, unless the test shares them with the management server as an
	// application would: the first server that stops would stop them all.
	@Bean
	ReactorResourceFactory resources(@Value("${test.transport:native}") String transport,
			@Value("${test.resources:own}") String owner) {
		ReactorResourceFactory resources = new ReactorResourceFactory();
		if (transport.equals("nio")) {
			resources.setLoopResourcesSupplier(NioLoops::new);
		}
		resources.setUseGlobalResources(owner.equals("global"));
		resources.setShutdownQuietPeriod(Duration.ZERO);
		return resources;
	}

	@Bean
	@ConditionalOnProperty("test.clock-speed")
	static QuickClocks clocks(@Value("${test.clock-speed}") int speed) {
		return new QuickClocks(speed);
	}

}
