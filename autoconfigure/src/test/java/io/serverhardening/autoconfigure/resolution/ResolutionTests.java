package io.serverhardening.autoconfigure.resolution;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;

import io.serverhardening.Guard;
import io.serverhardening.TierResolver;
import io.serverhardening.Timeout;
import io.serverhardening.actuate.EffectiveSettings.Setting;
import io.serverhardening.autoconfigure.HardeningAutoConfiguration;
import io.serverhardening.autoconfigure.diagnostics.SettingOrigins;
import io.serverhardening.autoconfigure.message.DeduplicationGuards;
import io.serverhardening.circuitbreaker.CircuitBreakerGuard;
import io.serverhardening.circuitbreaker.CircuitBreakerPolicy;
import io.serverhardening.concurrency.ConcurrencyGuard;
import io.serverhardening.concurrency.ConcurrencyPolicy;
import io.serverhardening.ratelimit.RateLimitGuard;
import io.serverhardening.ratelimit.RateLimitPolicy;
import io.serverhardening.request.RequestGuard;
import io.serverhardening.request.RequestPolicy;
import io.serverhardening.response.ResponseGuard;
import io.serverhardening.response.ResponsePolicy;
import io.serverhardening.route.RoutePolicy;
import io.serverhardening.route.RoutePolicy.Binding;
import io.serverhardening.route.Routes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.web.reactive.HttpHandlerAutoConfiguration;
import org.springframework.boot.autoconfigure.web.reactive.WebFluxAutoConfiguration;
import org.springframework.boot.test.context.runner.ReactiveWebApplicationContextRunner;
import org.springframework.context.ApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What Actuator shows is what the guards were made from.
 */
class ResolutionTests {

	private static final int ROUTES = 40;

	private static final Map<String, List<String>> EVERYWHERE = Map.ofEntries(
			Map.entry("response.timeout", List.of("20s", "40s")), Map.entry("response.total-timeout", List.of("2m")),
			Map.entry("response.timeout-status", List.of("503", "504")),
			Map.entry("response.write-timeout", List.of("7s", "none")),
			Map.entry("response.min-rate", List.of("1KB", "2KB")),
			Map.entry("response.rate-grace", List.of("8s", "9s")),
			Map.entry("response.mode", List.of("observe", "enforce")),
			Map.entry("request.body-timeout", List.of("50s", "none")),
			Map.entry("request.min-rate", List.of("3KB", "4KB")), Map.entry("request.rate-grace", List.of("6s", "7s")),
			Map.entry("request.max-body-size", List.of("1MB", "2MB")),
			Map.entry("request.mode", List.of("observe", "enforce")),
			Map.entry("rate-limit.permits", List.of("5", "500")), Map.entry("rate-limit.period", List.of("1m", "10s")),
			Map.entry("rate-limit.key", List.of("global", "principal")),
			Map.entry("rate-limit.max-keys", List.of("10", "20")),
			Map.entry("rate-limit.tiers.gold.permits", List.of("900")),
			Map.entry("rate-limit.tiers.gold.period", List.of("2m")),
			Map.entry("rate-limit.tiers.iron.permits", List.of("3")),
			Map.entry("rate-limit.tiers.iron.period", List.of("5s")),
			Map.entry("rate-limit.show-keys", List.of("true", "false")),
			Map.entry("rate-limit.mode", List.of("observe", "enforce")),
			Map.entry("concurrency.max-requests", List.of("11", "22")),
			Map.entry("concurrency.reserve", List.of("20%", "30%")),
			Map.entry("concurrency.mode", List.of("observe", "enforce")),
			Map.entry("circuit-breaker.failure-rate", List.of("30", "70")),
			Map.entry("circuit-breaker.slow-call-rate", List.of("60")),
			Map.entry("circuit-breaker.slow-call-after", List.of("1s")),
			Map.entry("circuit-breaker.window", List.of("50", "60")),
			Map.entry("circuit-breaker.min-calls", List.of("7", "8")),
			Map.entry("circuit-breaker.open-period", List.of("3s", "4s")),
			Map.entry("circuit-breaker.mode", List.of("observe", "enforce")));

	private final ReactiveWebApplicationContextRunner runner = new ReactiveWebApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(HardeningAutoConfiguration.class, WebFluxAutoConfiguration.class,
				HttpHandlerAutoConfiguration.class))
		.withBean(TierResolver.class, () -> (exchange) -> Mono.empty())
		.withPropertyValues("server.hardening.rate-limit.enabled=true", "server.hardening.concurrency.enabled=true",
				"server.hardening.circuit-breaker.enabled=true");

	private static void addSome(List<String> properties, String prefix, Random random, double part) {
		EVERYWHERE.keySet().stream().sorted().forEach((name) -> {
			List<String> values = EVERYWHERE.get(name);
			if (random.nextDouble() < part) {
				properties.add(prefix + name + "=" + values.get(random.nextInt(values.size())));
			}
		});
	}

	private static Map<String, Setting> shown(ApplicationContext context) {
		return new EffectiveSettingsReader(context.getBean(Resolution.class),
				new SettingOrigins(context.getEnvironment()),
				List.of(context.getBean(DeduplicationGuards.class).found()))
			.read(1)
			.settings();
	}

	@ParameterizedTest
	@ValueSource(longs = { 1, 2, 3 })
	void showsForEachKeyOfARouteWhatItsGuardsGot(long seed) {
		Random random = new Random(seed);
		List<String> properties = new ArrayList<>();
		addSome(properties, "server.hardening.", random, 0.4);
		for (int i = 0; i < ROUTES; i++) {
			properties.add("server.hardening.routes.r" + i + ".path=/r" + i);
			addSome(properties, "server.hardening.routes.r" + i + ".", random, random.nextDouble() * 0.4);
		}
		this.runner.withPropertyValues(properties.toArray(String[]::new)).run((context) -> {
			Map<String, Setting> shown = shown(context);
			int routes = 0;
			for (RoutePolicy policy : context.getBean(Routes.class).policies()) {
				String id = policy.route().id();
				String prefix = "server.hardening." + (id.equals("default") ? "" : "routes." + id + ".");
				got(policy).forEach((name, value) -> {
					Setting setting = shown.get(prefix + name);
					assertThat(setting).as(prefix + name).isNotNull();
					assertThat(setting.value()).as(prefix + name + ", " + setting.origin()).hasToString(value);
				});
				routes++;
			}
			assertThat(routes).isGreaterThan(ROUTES);
		});
	}

	private static <T extends Guard> Binding binding(RoutePolicy policy, Class<T> type) {
		return policy.guards().stream().filter((binding) -> type.isInstance(binding.guard())).findFirst().orElseThrow();
	}

	private static <T extends Guard> T guard(RoutePolicy policy, Class<T> type) {
		return type.cast(binding(policy, type).guard());
	}

	private static String mode(RoutePolicy policy, Class<? extends Guard> type) {
		return binding(policy, type).mode().name().toLowerCase(Locale.ROOT);
	}

	private static Map<String, String> got(RoutePolicy policy) {
		Map<String, String> got = new LinkedHashMap<>();
		ResponsePolicy response = guard(policy, ResponseGuard.class).policy();
		got.put("response.timeout", response.timeout().toString());
		got.put("response.total-timeout", response.totalTimeout().toString());
		got.put("response.timeout-status", String.valueOf(response.timeoutStatus().value()));
		got.put("response.write-timeout", response.writes().writeTimeout().toString());
		got.put("response.min-rate", response.writes().minRate().toString());
		got.put("response.rate-grace", Timeout.of(response.writes().rateGrace()).toString());
		got.put("response.mode", mode(policy, ResponseGuard.class));
		RequestPolicy request = guard(policy, RequestGuard.class).policy();
		got.put("request.body-timeout", request.bodyTimeout().toString());
		got.put("request.min-rate", request.minRate().toString());
		got.put("request.rate-grace", Timeout.of(request.rateGrace()).toString());
		got.put("request.max-body-size", request.maxBodySize().toString());
		got.put("request.mode", mode(policy, RequestGuard.class));
		RateLimitPolicy rate = guard(policy, RateLimitGuard.class).limits().policy();
		got.put("rate-limit.permits", rate.limit().permits().toString());
		got.put("rate-limit.period", Timeout.of(rate.limit().period()).toString());
		got.put("rate-limit.max-keys", String.valueOf(rate.maxKeys()));
		got.put("rate-limit.show-keys", String.valueOf(rate.showKeys()));
		rate.tiers().forEach((name, tier) -> {
			got.put("rate-limit.tiers." + name + ".permits", tier.permits().toString());
			got.put("rate-limit.tiers." + name + ".period", Timeout.of(tier.period()).toString());
		});
		got.put("rate-limit.mode", mode(policy, RateLimitGuard.class));
		ConcurrencyPolicy places = guard(policy, ConcurrencyGuard.class).bulkhead().policy();
		got.put("concurrency.max-requests", String.valueOf(places.maxRequests()));
		got.put("concurrency.reserve", places.reserve().toString());
		got.put("concurrency.mode", mode(policy, ConcurrencyGuard.class));
		CircuitBreakerPolicy breaker = guard(policy, CircuitBreakerGuard.class).breaker().policy();
		got.put("circuit-breaker.failure-rate", String.valueOf(breaker.failureRate()));
		got.put("circuit-breaker.slow-call-rate", String.valueOf(breaker.slowCallRate()));
		got.put("circuit-breaker.slow-call-after", breaker.slowCallAfter().toString());
		got.put("circuit-breaker.window", String.valueOf(breaker.window()));
		got.put("circuit-breaker.min-calls", String.valueOf(breaker.minCalls()));
		got.put("circuit-breaker.open-period", Timeout.of(breaker.openPeriod()).toString());
		got.put("circuit-breaker.mode", mode(policy, CircuitBreakerGuard.class));
		return got;
	}

	@Test
	void showsNoTierThatARouteDoesNotHave() {
		this.runner
			.withPropertyValues("server.hardening.rate-limit.tiers.gold.permits=900",
					"server.hardening.routes.login.path=/login", "server.hardening.routes.login.rate-limit.permits=5",
					"server.hardening.routes.login.rate-limit.tiers.iron.period=1m",
					"server.hardening.routes.other.path=/other", "server.hardening.routes.other.rate-limit.max-keys=9")
			.run((context) -> {
				Map<String, Setting> shown = shown(context);
				assertThat(shown).doesNotContainKey("server.hardening.routes.login.rate-limit.tiers.gold.permits");
				assertThat(shown.get("server.hardening.routes.login.rate-limit.tiers.iron.permits")).isEqualTo(
						new Setting("5", "inherited from server.hardening.routes.login.rate-limit.permits (test)"));
				assertThat(shown.get("server.hardening.routes.other.rate-limit.tiers.gold.permits")).isEqualTo(
						new Setting("900", "inherited from server.hardening.rate-limit.tiers.gold.permits (test)"));
				assertThat(shown.get("server.hardening.routes.other.rate-limit.tiers.gold.period"))
					.isEqualTo(new Setting("1s", "inherited from server.hardening.rate-limit.period (default)"));
			});
	}

	@Test
	void showsAFallbackAsAWhole() {
		this.runner.withPropertyValues("server.hardening.circuit-breaker.fallback.status=203",
				"server.hardening.circuit-breaker.fallback.body=nothing now", "server.hardening.routes.own.path=/own",
				"server.hardening.routes.own.circuit-breaker.fallback.body=later",
				"server.hardening.routes.other.path=/other")
			.run((context) -> {
				Map<String, Setting> shown = shown(context);
				assertThat(shown).doesNotContainKey("server.hardening.routes.own.circuit-breaker.fallback.status");
				assertThat(
						Objects.requireNonNull(shown.get("server.hardening.routes.own.circuit-breaker.fallback.body"))
							.value())
					.isEqualTo("later");
				assertThat(Objects
					.requireNonNull(shown.get("server.hardening.routes.other.circuit-breaker.fallback.status"))
					.value()).isEqualTo(203);
			});
	}

	@Test
	void saysThatPlacesOfItsOwnKeepNoReserve() {
		this.runner
			.withPropertyValues("server.hardening.concurrency.reserve=20%", "server.hardening.routes.own.path=/own",
					"server.hardening.routes.own.concurrency.max-requests=7")
			.run((context) -> assertThat(shown(context).get("server.hardening.routes.own.concurrency.reserve"))
				.isEqualTo(new Setting("none", "default")));
	}

	@ParameterizedTest
	@CsvSource({ "ttl, 10m", "lease, 10s", "run-timeout, 24s", "max-body-size, 256KB", "on-store-failure, local" })
	void showsWhatTakesThePlaceOfWhatDeduplicationLeavesOut(String name, String value) {
		String route = "server.hardening.routes.orders.";
		this.runner
			.withPropertyValues(route + "path=/orders", route + "response.timeout=8s",
					route + "deduplication.key=header:Idempotency-Key")
			.run((context) -> {
				assertThat(context).hasSingleBean(Routes.class);
				assertThat(shown(context).get(route + "deduplication." + name))
					.isEqualTo(new Setting(value, "default"));
			});
	}

}
