package io.serverhardening.autoconfigure.diagnostics;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;

import io.serverhardening.autoconfigure.HardeningActuatorAutoConfiguration;
import io.serverhardening.autoconfigure.HardeningAutoConfiguration;
import io.serverhardening.autoconfigure.HardeningServerAutoConfiguration;
import io.serverhardening.autoconfigure.settings.HardeningProperties;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.beans.factory.BeanFactory;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.web.reactive.HttpHandlerAutoConfiguration;
import org.springframework.boot.autoconfigure.web.reactive.ReactiveWebServerFactoryAutoConfiguration;
import org.springframework.boot.autoconfigure.web.reactive.WebFluxAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.CompositePropertySource;
import org.springframework.core.env.Environment;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.MutablePropertySources;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.core.io.ByteArrayResource;
import org.springframework.core.io.support.SpringFactoriesLoader;
import org.springframework.core.io.support.SpringFactoriesLoader.ArgumentResolver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

/**
 * What the start says of settings that are wrong.
 */
class InvalidSettingsTests {

	// The applications have turned off the log of the whole process.
	@AfterAll
	static void turnTheLogOnAgain() {
		LoggingSystem.get(InvalidSettingsTests.class.getClassLoader())
			.setLogLevel(LoggingSystem.ROOT_LOGGER_NAME, LogLevel.INFO);
	}

	private static FailureAnalysis fromYaml(String yaml) {
		return analyze((sources) -> {
			try {
				ByteArrayResource resource = new ByteArrayResource(yaml.getBytes(StandardCharsets.UTF_8),
						"application.yml");
				new YamlPropertySourceLoader().load("application.yml", resource).forEach(sources::addFirst);
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
		});
	}

	private static FailureAnalysis fromEnvironment(String name, String value) {
		return analyze((sources) -> sources.replace(StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
				new SystemEnvironmentPropertySource(StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
						Map.of(name, value))));
	}

	private static FailureAnalysis fromProperties(String source, String name, String value) {
		Map<String, Object> properties = new LinkedHashMap<>();
		properties.put(name, value);
		return analyze((sources) -> sources.addFirst(new MapPropertySource(source, properties)));
	}

	// The analysis that Spring Boot would print: that of the first analyzer, in order, to
	// have one.
	private static FailureAnalysis analyze(Consumer<MutablePropertySources> sources) {
		List<ConfigurableApplicationContext> contexts = new ArrayList<>();
		try {
			start(sources, contexts).close();
		}
		catch (Exception ex) {
			ConfigurableApplicationContext context = contexts.get(0);
			ArgumentResolver arguments = ArgumentResolver.of(BeanFactory.class, context.getBeanFactory())
				.and(Environment.class, context.getEnvironment());
			return SpringFactoriesLoader.forDefaultResourceLocation()
				.load(FailureAnalyzer.class, arguments, (type, implementation, failure) -> {
				})
				.stream()
				.map((analyzer) -> analyzer.analyze(ex))
				.filter(Objects::nonNull)
				.findFirst()
				.orElseThrow(() -> new AssertionError("Nobody explains this", ex));
		}
		return fail("The application started");
	}

	private static ConfigurableApplicationContext start(Consumer<MutablePropertySources> sources,
			List<ConfigurableApplicationContext> contexts) {
		ApplicationContextInitializer<ConfigurableApplicationContext> initializer = (context) -> {
			contexts.add(context);
			sources.accept(context.getEnvironment().getPropertySources());
		};
		SpringApplication application = new SpringApplicationBuilder(Application.class).web(WebApplicationType.REACTIVE)
			.initializers(initializer)
			.properties("server.port=0", "spring.main.banner-mode=off", "logging.level.root=off")
			.build();
		return application.run();
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', value = { "response.timeout | 5 | needs a unit, such as 5s or 5ms",
			"response.timeout | 0s | must be positive; write none for no limit",
			"response.timeout | -1s | must be positive; write none for no limit",
			"response.timeout | soon | must be a time with its unit, such as 500ms, 30s or 2m, or none",
			"response.total-timeout | 0 | needs a unit, such as 0s or 0ms",
			"response.timeout-status | 500 | must be 503 or 504", "mode | enforced | must be one of enforce, observe",
			"response.mode | off | must be one of enforce, observe",
			"errors.format | xml | must be one of problem, envelope",
			"errors.scope | some | must be one of refusals, all", "client.ipv6-prefix | 0 | must be between 1 and 128",
			"connection.max-open | 0 | must be positive; write none for no limit",
			"connection.max-pipelined | many | must be a whole number, or none",
			"request.max-body-size | 10 | needs a unit, such as 10B or 10KB",
			"request.min-rate | 0B | must be positive; write none for no limit",
			"rate-limit.permits | 0 | must be positive; write none for no limit",
			"rate-limit.period | 5 | needs a unit, such as 5s or 5ms",
			"concurrency.max-requests | -1 | must be positive; write none for no limit",
			"concurrency.reserve | 10 | must be a whole number of percent, such as 10%, or none",
			"request.rate-grace | 250ms | must be longer than 250ms, because an event loop looks at its clocks only that often",
			"response.rate-grace | 100ms | must be longer than 250ms, because an event loop looks at its clocks only that often",
			"request.rate-grace | none | must be a time; to have no rate, set server.hardening.request.min-rate to none",
			"request.header-timeout | 10 | needs a unit, such as 10s or 10ms",
			"response.min-rate | fast | must be an amount with its unit, such as 240B, 16KB or 10MB, or none",
			"client.ipv6-prefix | 129 | must be between 1 and 128",
			"client.ipv6-prefix | many | must be a whole number",
			"client.trusted-proxies[0] | 10.0.0.1/8 | has bits set after its prefix; did you mean 10.0.0.0/8?",
			"client.trusted-proxies[0] | localhost | must be an address or a range such as 10.0.0.0/8 or 2001:db8::/32" })
	void saysPropertyValueAndExpectation(String property, String value, String expectation) {
		String name = "server.hardening." + property;
		FailureAnalysis analysis = fromProperties("test", name, value);
		assertThat(analysis.getDescription()).startsWith(name + " " + expectation + ".\n")
			.contains("Property: " + name)
			.contains("Value:    " + value)
			.contains("Origin:   ");
		assertThat(analysis.getAction()).startsWith("Change " + name + " in ");
	}

	@Test
	void saysFileAndLine() {
		FailureAnalysis analysis = fromYaml("""
				server:
				  hardening:
				    response:
				      timeout: 5
				""");
		assertThat(analysis.getDescription()).contains("Value:    5", "[application.yml] - 4:16");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			value = { "connection.idle-timeout | 20s | server.netty.idle-timeout | 30s | which is 30s",
					"connection.max-requests | 5 | server.netty.max-keep-alive-requests | 6 | which is 6" })
	void refusesToContradictBoot(String ours, String value, String boot, String boots, String expectation) {
		FailureAnalysis analysis = analyze((sources) -> sources
			.addFirst(new MapPropertySource("test", Map.of("server.hardening." + ours, value, boot, boots))));
		assertThat(analysis.getDescription())
			.startsWith("server.hardening." + ours + " contradicts " + boot + ", " + expectation
					+ ": set one of them, or both to the same.")
			.contains("Value:    " + value);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', value = {
			"rate-limit.period | none | must be a time between 1ms and 365d; to have no limit, set server.hardening.rate-limit.permits to none",
			"rate-limit.max-keys | 0 | must be positive",
			"rate-limit.key | bean:rejectionWriter | names no bean: there is no ClientKeyResolver called 'rejectionWriter'",
			"circuit-breaker.window | 1000000 | must not be more than 100000",
			"rate-limit.key | adress | must be client-address, principal, header:NAME, bean:NAME or global",
			"rate-limit.key | bean:nobody | names no bean: there is no ClientKeyResolver called 'nobody'",
			"rate-limit.key | header: | must be client-address, principal, header:NAME, bean:NAME or global",
			"concurrency.reserve | 60% | must not be more than 50%: places reserved for some routes are taken from all others",
			"circuit-breaker.failure-rate | 0 | must be a percentage between 1 and 100",
			"circuit-breaker.slow-call-rate | 101 | must be a percentage between 1 and 100",
			"circuit-breaker.min-calls | 101 | must not be more than server.hardening.circuit-breaker.window (100)",
			"circuit-breaker.slow-call-after | 30s | must be less than response.timeout (30s), which ends the call",
			"circuit-breaker.open-period | none | must be a time between 1ms and 365d: a breaker that opens has to close again",
			"circuit-breaker.open-period | 8784h | must be a time between 1ms and 365d: a breaker that opens has to close again",
			"circuit-breaker.slow-call-after | 8784h | must not be more than 365d; to have no slow calls, set it to none",
			"circuit-breaker.fallback.status | 99 | must be a status between 200 and 599",
			"circuit-breaker.fallback.content-type | json | is not a media type such as application/json",
			"circuit-breaker.fallback.bean | nobody | names no bean: there is no Fallback of that name" })
	void saysWhatAdmissionExpects(String property, String value, String expectation) {
		String group = property.substring(0, property.indexOf('.'));
		FailureAnalysis analysis = analyze((sources) -> sources.addFirst(new MapPropertySource("test",
				Map.of("server.hardening." + property, value, "server.hardening." + group + ".enabled", "true"))));
		assertThat(analysis.getDescription()).startsWith("server.hardening." + property + " " + expectation)
			.contains("Value:    " + value, "Origin:   test");
	}

	@ParameterizedTest
	@CsvSource({ "response.timout, response.timeout", "respones.timeout, response.timeout",
			"response.totaltimeouts, response.total-timeout", "request.max-body, request.max-body-size",
			"errors.formt, errors.format", "routes.pay.respnse.timeout, routes.pay.response.timeout",
			"routes.pay.pth, routes.pay.path", "timeout, response.timeout",
			"routes.pay.timeout, routes.pay.response.timeout", "Concurency.Enabled, concurrency.enabled",
			"routes.pay.permits, routes.pay.rate-limit.permits" })
	void namesTheNearestKnownKey(String unknown, String nearest) {
		FailureAnalysis analysis = fromProperties("test", "server.hardening." + unknown, "30s");
		assertThat(analysis.getDescription()).startsWith(
				"server.hardening." + unknown + " is not known. The nearest known key is server.hardening." + nearest);
	}

	@Test
	void refusesKeysOfAGroupThatIsNone() {
		assertThat(fromProperties("test", "server.hardening.nonesuch.wechat.sender", "30s").getDescription())
			.startsWith("server.hardening.nonesuch.wechat.sender is not known");
	}

	@Test
	void namesNoKeyWhereNoneIsLikeIt() {
		assertThat(fromProperties("test", "server.hardening.foo", "30s").getDescription())
			.startsWith("server.hardening.foo is not known, and no known key is like it.");
	}

	@ParameterizedTest
	@CsvSource({ "maxOpen, max-open", "MAX-OPEN, max-open", "maxopen, maxOpen" })
	void refusesWhatIsWrittenTwiceInOneSource(String first, String second) {
		FailureAnalysis analysis = fromYaml("""
				server.hardening.connection:
				  %s: 100
				  %s: 200
				""".formatted(first, second));
		assertThat(analysis.getDescription()).contains("server.hardening.connection." + second
				+ " is written twice in one property source, the other time as server.hardening.connection." + first
				+ " and with another value: leave one out", "application.yml");
	}

	@Test
	void refusesVariablesThatAreWrittenTwice() {
		FailureAnalysis analysis = analyze((sources) -> sources
			.replace(StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME, new SystemEnvironmentPropertySource(
					StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
					Map.of("SERVER_HARDENING_CONNECTION_MAX_OPEN", "5", "SERVER_HARDENING_CONNECTION_MAXOPEN", "7"))));
		assertThat(analysis.getDescription()).contains("SERVER_HARDENING_CONNECTION_MAX",
				" is written twice in one property source", "Origin:   systemEnvironment");
	}

	@Test
	void takesTheSameValueTwiceAndAnotherFromAnotherSource() {
		MapPropertySource one = new MapPropertySource("one",
				Map.of("server.hardening.connection.max-open", 7, "server.hardening.connection.maxOpen", "7"));
		CompositePropertySource parts = new CompositePropertySource("parts");
		parts.addPropertySource(new MapPropertySource("a", Map.of("server.hardening.connection.maxOpen", "8")));
		parts.addPropertySource(new MapPropertySource("b", Map.of("server.hardening.connection.max-open", "9")));
		try (ConfigurableApplicationContext context = start((sources) -> {
			sources.addFirst(parts);
			sources.addFirst(one);
		}, new ArrayList<>())) {
			assertThat(context.getBean(HardeningProperties.class).connection().maxOpen()).hasToString("7");
		}
	}

	@ParameterizedTest
	@CsvSource({ "SERVER_HARDENING_RATE_LIMIT_TIERS_GOLD_PERMITS, 5, SERVER_HARDENING_RATELIMIT_TIERS_GOLD_PERMITS",
			"SERVER_HARDENING_ROUTES_A_RATE_LIMIT_TIERS_GOLD_PERMITS, 5, SERVER_HARDENING_ROUTES_A_RATELIMIT_TIERS_GOLD_PERMITS",
			"SERVER_HARDENING_RATE_LIMIT_MAXKEYS, 5, SERVER_HARDENING_RATELIMIT_MAXKEYS",
			"SERVER_HARDENING_CONNECTION_MAX_OPENPERCLIENT, 5, SERVER_HARDENING_CONNECTION_MAXOPENPERCLIENT",
			"SERVER_HARDENING_CLIENT_TRUSTED_PROXIES_0_, 10.0.0.0/8, SERVER_HARDENING_CLIENT_TRUSTEDPROXIES" })
	void refusesVariablesThatSpringBootDoesNotBind(String variable, String value, String nearest) {
		assertThat(fromEnvironment(variable, value).getDescription()).contains(variable + " is not known.",
				", in the environment " + nearest);
	}

	@ParameterizedTest
	@CsvSource({ "SERVER_HARDENING_RESPONSE_TIMOUT, server.hardening.response.timeout",
			"SERVER_HARDENING_ROUTES_PAY_RESPONSE_TIMOUT, server.hardening.routes.pay.response.timeout" })
	void refusesUnknownVariablesOfTheEnvironment(String variable, String nearest) {
		FailureAnalysis analysis = fromEnvironment(variable, "30s");
		assertThat(analysis.getDescription()).contains(variable + " is not known. The nearest known key is " + nearest,
				"Origin:   systemEnvironment");
	}

	@Test
	void acceptsKnownVariablesInEveryForm() {
		for (String variable : List.of("SERVER_HARDENING_RESPONSE_TOTALTIMEOUT",
				"SERVER_HARDENING_RESPONSE_TOTAL_TIMEOUT")) {
			Map<String, Object> variables = Map.of(variable, "40s", "SERVER_HARDENING_CLIENT_TRUSTEDPROXIES_0_",
					"10.0.0.0/8", "SERVER_HARDENING_ROUTES_PAY_PATH", "/pay", "SERVER_HARDENING_ROUTES_PAY_METHODS",
					"POST", "SERVER_HARDENING_ROUTES_PAY_RESPONSE_TIMEOUT", "7s");
			PropertySource<?> source = new SystemEnvironmentPropertySource("systemEnvironment", variables);
			try (ConfigurableApplicationContext context = start(
					(sources) -> sources.replace("systemEnvironment", source), new ArrayList<>())) {
				HardeningProperties properties = context.getBean(HardeningProperties.class);
				assertThat(properties.response().totalTimeout()).hasToString("40s");
				assertThat(properties.client().trustedProxies()).hasToString("[10.0.0.0/8]");
				assertThat(properties.routes().get("pay").response().timeout()).hasToString("7s");
			}
		}
	}

	@Test
	void refusesUnknownSystemPropertiesAndArguments() {
		assertThat(fromProperties("systemProperties", "server.hardening.mod", "observe").getDescription())
			.contains("server.hardening.mod is not known. The nearest known key is server.hardening.mode");
		assertThat(fromProperties("commandLineArgs", "server.hardening.Response.TimeOutt", "5s").getDescription())
			.contains("is not known. The nearest known key is server.hardening.response.timeout",
					"Origin:   commandLineArgs");
	}

	@ParameterizedTest
	@CsvSource({ "pay-notify", "payNotify", "PAY", "pay_notify" })
	void refusesRouteIdsThatTheEnvironmentCannotName(String id) {
		assertThat(fromProperties("test", "server.hardening.routes." + id + ".path", "/pay").getDescription())
			.contains("server.hardening.routes." + id + " is not a route id: only lowercase letters and digits");
	}

	@ParameterizedTest
	@CsvSource({ "default", "actuator" })
	void refusesReservedRouteIds(String id) {
		assertThat(fromProperties("test", "server.hardening.routes." + id + ".path", "/pay").getDescription())
			.contains("server.hardening.routes." + id + " is reserved");
	}

	@Test
	void refusesEmptyGroupsAndGroupsWithAValue() {
		assertThat(fromYaml("server.hardening:\n  response:\n").getDescription())
			.startsWith("server.hardening.response is empty: write its keys below it, or leave it out")
			.contains("[application.yml] - 2:");
		assertThat(fromYaml("server.hardening:\n  response: 30s\n").getDescription())
			.startsWith("server.hardening.response is a group: it has keys below it and no value");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			value = { "'' | is required: a path pattern such as /api/orders/**", "api | must begin with a slash",
					"/api/{id | is not a path pattern: ", "/api/**/x | is not a path pattern: ",
					"/api/{id}/{id} | is not a path pattern: " })
	void refusesMalformedPaths(String path, String expectation) {
		FailureAnalysis analysis = fromProperties("test", "server.hardening.routes.pay.path", path);
		assertThat(analysis.getDescription()).startsWith("server.hardening.routes.pay.path " + expectation);
	}

	@Test
	void refusesARouteWithoutAPath() {
		assertThat(fromProperties("test", "server.hardening.routes.pay.response.timeout", "5s").getDescription())
			.startsWith("server.hardening.routes.pay.path is required");
	}

	@Test
	void refusesMisspeltAndRepeatedMethods() {
		assertThat(fromYaml("server.hardening.routes.pay: { path: /pay, methods: [PSOT] }").getDescription())
			.startsWith("server.hardening.routes.pay.methods[0] must be one of GET, HEAD, POST, PUT");
		assertThat(fromYaml("server.hardening.routes.pay: { path: /pay, methods: [POST, POST] }").getDescription())
			.startsWith("server.hardening.routes.pay.methods names a method twice");
	}

	@Test
	void refusesTheSamePathAndMethodTwice() {
		FailureAnalysis analysis = fromYaml("""
				server.hardening.routes:
				  orders: { path: "/api/orders/{id}", methods: [GET, POST] }
				  again: { path: "/api/orders/*", methods: [POST] }
				""");
		assertThat(analysis.getDescription()).contains("names a path and method that route '", "POST on /api/orders/",
				"[application.yml] - ");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			textBlock = """
					routes.m.deduplication.ttl=1h                                     | routes.m.deduplication.key is required
					routes.m.deduplication.key=magic                                  | routes.m.deduplication.key must be wechat, header:NAME
					routes.m.deduplication.key=json:id                                | routes.m.deduplication.key must be wechat, header:NAME
					routes.m.deduplication.key=wechat                                 | routes.m.deduplication.key needs server.hardening.routes.m.webhook
					routes.m.deduplication.key=bean:none                              | routes.m.deduplication.key names no bean
					routes.m.deduplication.key=body;routes.m.deduplication.ttl=1m     | routes.m.deduplication.ttl must exceed run-timeout
					routes.m.deduplication.key=body;routes.m.deduplication.ttl=none   | routes.m.deduplication.ttl must be a time
					routes.m.deduplication.key=body;routes.m.deduplication.run-timeout=1s | routes.m.deduplication.run-timeout must not be shorter
					routes.m.deduplication.key=body;routes.m.deduplication.lease=100ms | routes.m.deduplication.lease must be 1s at least
					routes.m.deduplication.key=body;routes.m.deduplication.max-runs=none | routes.m.deduplication.max-runs must be a number
					routes.m.deduplication.key=body;routes.m.deduplication.max-records=0 | routes.m.deduplication.max-records must be positive
					routes.m.deduplication.key=body;routes.m.deduplication.max-body-size=none | routes.m.deduplication.max-body-size must be a size
					routes.m.deduplication.key=body;routes.m.deduplication.max-body-size=11MB | routes.m.deduplication.max-body-size must not exceed request.max-body-size
					routes.m.deduplication.key=body;routes.m.deduplication.replay-headers=Set-Cookie | routes.m.deduplication.replay-headers names a header for the first client
					routes.m.deduplication.key=body;routes.m.deduplication.replay-headers=a b | routes.m.deduplication.replay-headers is not the name of a header
					routes.m.deduplication.key=body;routes.m.deduplication.principal=me | routes.m.deduplication.principal must be header:NAME or bean:NAME
					routes.m.deduplication.key=body;routes.m.response.timeout=none    | routes.m.deduplication.run-timeout is required
					routes.m.webhook=nobody                                           | routes.m.webhook names no source
					webhook.a.secrets=x                                               | webhook.a.sender is required
					webhook.a.sender=hmac                                             | webhook.a.secrets are required
					webhook.a.sender=strpe;webhook.a.secrets=K7                       | webhook.a.sender names no sender: the nearest is stripe
					webhook.a.sender=stripe                                           | webhook.a.secrets are required
					webhook.a.sender=github;webhook.a.secrets[0]=;webhook.a.secrets[1]=K7 | webhook.a.secrets has an empty value
					webhook.a.sender=slack;webhook.a.secrets=K7;webhook.a.retry-period=1h | webhook.a.retry-period is known for slack
					webhook.a.sender=shopify;webhook.a.secrets=K7;webhook.a.sender-timeout=1s | webhook.a.sender-timeout is known for shopify
					webhook.a.sender=stripe;webhook.a.secrets=K7;webhook.a.hmac.encoding=base64 | webhook.a.hmac is for sender hmac
					webhook.a.sender=github;webhook.a.secrets=K7;webhook.a.aes-keys=K7 | webhook.a.aes-keys is not used by sender github
					webhook.a.sender=standard-webhooks;webhook.a.secrets=whsec_K7     | webhook.a.secrets has a value that is not a key of Standard Webhooks
					webhook.a.sender=standard-webhooks;webhook.a.secrets=whsec_K7%    | webhook.a.secrets has a value that is not a key of Standard Webhooks
					webhook.a.sender=wechatpay;webhook.a.aes-keys=K7                  | webhook.a.public-keys are required
					webhook.a.sender=wechatpay;webhook.a.public-keys=file:/none       | webhook.a.aes-keys are required
					webhook.a.sender=wechatpay;webhook.a.aes-keys=K7K7K7K7K7K7K7K7K7K7K7K7K7K7K7K7;webhook.a.public-keys=file:/none | webhook.a.public-keys[0] cannot be read
					webhook.a.sender=wechatpay;webhook.a.aes-keys=K7K7K7K7K7K7K7K7K7K7K7K7K7K7K7K7;webhook.a.public-keys=-----BEGIN CERTIFICATE-----K7 | webhook.a.public-keys[0] is neither a certificate nor a public key
					webhook.a.sender=wechatpay;webhook.a.aes-keys=K7K7K7K7K7K7K7K7K7K7K7K7K7K7K7K7;webhook.a.public-keys=-----BEGIN PUBLIC KEY-----K7 | webhook.a.public-keys[0] is a public key without its id
					webhook.a.sender=wechatpay;webhook.a.aes-keys=K7;webhook.a.public-keys=file:/none | webhook.a.aes-keys has a value that is not an APIv3 key
					webhook.a.sender=wechatpay;webhook.a.secrets=K7                   | webhook.a.secrets is not used by sender wechatpay
					webhook.a.sender=feishu                                           | webhook.a.secrets are required
					webhook.a.sender=feishu;webhook.a.secrets=K7;webhook.a.aes-keys=K7 | webhook.a.aes-keys is not used by sender feishu
					webhook.a.sender=feishu;webhook.a.secrets=K7;routes.m.webhook=a   | routes.m.response.timeout must be shorter than the 3s
					webhook.a.sender=stripe;webhook.a.secrets=K7;routes.m.webhook=a;routes.m.deduplication.key=body;routes.m.deduplication.ttl=1h | routes.m.deduplication.ttl must be at least twice the 72h
					webhook.a.sender=wechat;webhook.a.secrets=x                       | webhook.a.aes-keys are required
					webhook.a.sender=wechat;webhook.a.secrets=x;webhook.a.aes-keys=K7 | webhook.a.app-id is required
					webhook.a.sender=wechat;webhook.a.secrets=x;webhook.a.aes-keys=K7;webhook.a.app-id=wx | webhook.a.aes-keys has a value that is not an EncodingAESKey
					webhook.a.sender=wechat;webhook.a.secrets=x;webhook.a.encryption=plain;webhook.a.retry-period=1h | webhook.a.retry-period is known
					webhook.a.sender=hmac;webhook.a.secrets=x;webhook.a.hmac.signed={timestamp} | webhook.a.hmac.signed has {timestamp}
					webhook.a.sender=hmac;webhook.a.secrets=x;webhook.a.tolerance=2d  | webhook.a.tolerance must be at most 24h
					webhook.a.sender=wechat;webhook.a.secrets=x;webhook.a.encryption=plain;routes.m.webhook=a | routes.m.response.timeout must be shorter than the 5s
					webhook.a.sender=wechat;webhook.a.secrets=x;webhook.a.encryption=plain;routes.m.webhook=a;routes.m.response.timeout=4s;routes.m.deduplication.key=wechat;routes.m.deduplication.ttl=20s | routes.m.deduplication.ttl must be at least twice the 15s
					""")
	void explainsWhatIsWrongWithMessages(String settings, String expectation) {
		Map<String, Object> properties = new LinkedHashMap<>();
		if (settings.contains("routes.m")) {
			properties.put("server.hardening.routes.m.path", "/m");
		}
		for (String setting : settings.split(";", -1)) {
			properties.put("server.hardening." + setting.substring(0, setting.indexOf('=')),
					setting.substring(setting.indexOf('=') + 1));
		}
		FailureAnalysis analysis = analyze((sources) -> sources.addFirst(new MapPropertySource("test", properties)));
		assertThat(analysis.getDescription()).startsWith("server.hardening." + expectation).doesNotContain("K7");
	}

	/**
	 * What hardens a server, and the server: the rest of Spring Boot says nothing here.
	 */
	@ImportAutoConfiguration({ ReactiveWebServerFactoryAutoConfiguration.class, HttpHandlerAutoConfiguration.class,
			WebFluxAutoConfiguration.class, HardeningAutoConfiguration.class, HardeningServerAutoConfiguration.class,
			HardeningActuatorAutoConfiguration.class })
	static class Application {

	}

}
