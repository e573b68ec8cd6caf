package io.serverhardening.sample;

import org.testcontainers.containers.GenericContainer;
import org.testcontainers.utility.DockerImageName;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.boot.testcontainers.service.connection.ServiceConnection;
import org.springframework.context.annotation.Bean;

/**
 * The sample with a Redis of its own in a container, for developers who have Docker:
 * {@code ./mvnw -pl sample-wechat-backend -am spring-boot:test-run}.
 */
public final class TestSampleApplication {

	private TestSampleApplication() {
	}

	/**
	 * Start the container, then the sample.
	 * @param args properties
	 */
	public static void main(String[] args) {
		SpringApplication.from(SampleApplication::main)
			.with(RedisConfiguration.class)
			.withAdditionalProfiles("demo", "redis")
			.run(args);
	}

	/**
	 * The Redis.
	 */
	@TestConfiguration(proxyBeanMethods = false)
	static class RedisConfiguration {

		@Bean
		@ServiceConnection(name = "redis")
		GenericContainer<?> redis() {
			String image = System.getenv().getOrDefault("TEST_REDIS_IMAGE", "redis:7.4-alpine");
			return new GenericContainer<>(DockerImageName.parse(image)).withExposedPorts(6379);
		}

	}

}
