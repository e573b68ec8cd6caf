package io.serverhardening.autoconfigure.route;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

import io.serverhardening.ClientKeyResolver;
import io.serverhardening.autoconfigure.resolution.Resolution;
import io.serverhardening.autoconfigure.settings.HardeningProperties;
import io.serverhardening.testing.TestServer;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

import org.springframework.beans.factory.BeanCreationException;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;
import org.springframework.context.annotation.Scope;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * Settings that ask for beans of the application, and beans that ask for other settings.
 */
class SettingsAndBeansIT {

	private static Resolution settings(String... settings) {
		Map<String, String> named = new LinkedHashMap<>();
		for (String setting : settings) {
			String[] parts = setting.split("=", 2);
			named.put("server.hardening." + parts[0], parts[1]);
		}
		return Resolution.of(new Binder(new MapConfigurationPropertySource(named)).bindOrCreate("server.hardening",
				HardeningProperties.class));
	}

	// The common pool, which both would share, has a single thread where there are two
	// cores.
	private static Executor ownThread() {
		return (task) -> new Thread(task, "settings-and-beans").start();
	}

	// One has the settings and waits for a bean, the other makes a bean and waits for the
	// settings.
	@Test
	void whoAppliesSettingsAndWhoMakesABeanDoNotWaitForEachOtherForEver() throws Exception {
		try (TestServer server = TestServer.start(List.of(LazyBeans.class))) {
			SettingsInForce settings = server.bean(SettingsInForce.class);
			LazyBeans beans = server.bean(LazyBeans.class);
			CompletableFuture<Throwable> maker = CompletableFuture
				.supplyAsync(() -> catchThrowable(beans::makeWhatAppliesSettings), ownThread());
			assertThat(beans.making.await(30, TimeUnit.SECONDS)).isTrue();
			CompletableFuture<Void> applier = CompletableFuture.runAsync(
					() -> settings.apply(settings("rate-limit.enabled=true", "rate-limit.key=bean:tenant")),
					ownThread());
			applier.get(30, TimeUnit.SECONDS);
			assertThat(maker.get(30, TimeUnit.SECONDS)).isInstanceOf(BeanCreationException.class)
				.hasRootCauseInstanceOf(IllegalStateException.class)
				.rootCause()
				.hasMessageContaining("a bean that the caller is making");
			assertThat(settings.version().number()).isEqualTo(2);
			assertThat(server.get("/fast").header("ratelimit-policy")).isNotNull();
		}
	}

	@Test
	void aCallerWhoIsInterruptedAppliesSettingsWhereNobodyElseDoes() {
		try (TestServer server = TestServer.start()) {
			SettingsInForce settings = server.bean(SettingsInForce.class);
			Thread.currentThread().interrupt();
			try {
				settings.apply(settings("routes.other.path=/other"));
			}
			finally {
				assertThat(Thread.interrupted()).isTrue();
			}
			assertThat(settings.version().number()).isEqualTo(2);
		}
	}

	@Test
	void anApplicationThatIsClosedTakesNoSettings() {
		SettingsInForce settings;
		LazyBeans beans;
		try (TestServer server = TestServer.start(List.of(LazyBeans.class))) {
			settings = server.bean(SettingsInForce.class);
			beans = server.bean(LazyBeans.class);
		}
		assertThat(
				catchThrowable(() -> settings.apply(settings("rate-limit.enabled=true", "rate-limit.key=bean:tenant"))))
			.isInstanceOf(IllegalStateException.class)
			.hasMessageContaining("closed");
		assertThat(beans.made).isFalse();
	}

	@Configuration(proxyBeanMethods = false)
	static class LazyBeans {

		private final CountDownLatch making = new CountDownLatch(1);

		private final CountDownLatch applying = new CountDownLatch(1);

		private final ObjectProvider<StringBuilder> appliesSettings;

		private volatile boolean made;

		LazyBeans(ObjectProvider<StringBuilder> appliesSettings) {
			this.appliesSettings = appliesSettings;
		}

		void makeWhatAppliesSettings() {
			this.appliesSettings.getObject();
		}

		// A prototype is made without the lock of Spring's that its tenants need.
		@Bean
		@Scope(BeanDefinition.SCOPE_PROTOTYPE)
		ClientKeyResolver tenant(ObjectProvider<Tenants> tenants) {
			this.applying.countDown();
			String tenant = tenants.getObject().first();
			return (exchange) -> Mono.just(tenant);
		}

		@Bean
		@Lazy
		Tenants tenants() {
			this.made = true;
			return new Tenants("tenant");
		}

		@Bean
		@Lazy
		StringBuilder appliesSettings(SettingsInForce settings) throws InterruptedException {
			this.making.countDown();
			if (!this.applying.await(30, TimeUnit.SECONDS)) {
				throw new AssertionError("Nobody else applies settings");
			}
			settings.apply(SettingsAndBeansIT.settings());
			return new StringBuilder();
		}

	}

	record Tenants(String first) {

	}

}
