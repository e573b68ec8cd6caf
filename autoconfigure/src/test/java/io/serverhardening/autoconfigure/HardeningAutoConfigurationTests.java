package io.serverhardening.autoconfigure;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import io.serverhardening.ClientAddressResolver;
import io.serverhardening.Guard;
import io.serverhardening.GuardChain;
import io.serverhardening.Mode;
import io.serverhardening.RejectionWriter;
import io.serverhardening.Stage;
import io.serverhardening.actuate.EffectiveSettings;
import io.serverhardening.actuate.EffectiveSettings.Setting;
import io.serverhardening.actuate.HardeningEndpoint;
import io.serverhardening.actuate.HardeningHealth;
import io.serverhardening.autoconfigure.admission.AuthorityTiers;
import io.serverhardening.autoconfigure.boot3.Boot3AutoConfiguration;
import io.serverhardening.autoconfigure.diagnostics.SettingNames;
import io.serverhardening.autoconfigure.diagnostics.SettingOrigins;
import io.serverhardening.autoconfigure.resolution.EffectiveSettingsReader;
import io.serverhardening.autoconfigure.resolution.Resolution;
import io.serverhardening.autoconfigure.route.GuardFactory;
import io.serverhardening.autoconfigure.route.RouteAssembler;
import io.serverhardening.autoconfigure.route.SettingsInForce;
import io.serverhardening.autoconfigure.server.ConnectionSettings;
import io.serverhardening.autoconfigure.server.Debugger;
import io.serverhardening.autoconfigure.server.ServerHardening;
import io.serverhardening.autoconfigure.settings.HardeningProperties;
import io.serverhardening.errors.ApplicationErrorHandler;
import io.serverhardening.errors.DefaultRejectionWriter;
import io.serverhardening.internal.HardeningThreads;
import io.serverhardening.response.ResponseGuard;
import io.serverhardening.response.body.PacedHandshakes;
import io.serverhardening.response.body.PacedWebSockets;
import io.serverhardening.route.EdgeFilter;
import io.serverhardening.route.RoutePolicy;
import io.serverhardening.route.Routes;
import io.serverhardening.route.StageFilter;
import org.aopalliance.intercept.MethodInterceptor;
import org.aopalliance.intercept.MethodInvocation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Mono;

import org.springframework.aop.ClassFilter;
import org.springframework.aop.framework.autoproxy.DefaultAdvisorAutoProxyCreator;
import org.springframework.aop.support.AopUtils;
import org.springframework.aop.support.NameMatchMethodPointcutAdvisor;
import org.springframework.boot.actuate.autoconfigure.endpoint.EndpointAutoConfiguration;
import org.springframework.boot.actuate.autoconfigure.endpoint.web.WebEndpointAutoConfiguration;
import org.springframework.boot.actuate.autoconfigure.metrics.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.actuate.autoconfigure.metrics.MetricsAutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.web.reactive.HttpHandlerAutoConfiguration;
import org.springframework.boot.autoconfigure.web.reactive.WebFluxAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.context.runner.ReactiveWebApplicationContextRunner;
import org.springframework.boot.web.reactive.error.ErrorWebExceptionHandler;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.web.reactive.socket.server.support.HandshakeWebSocketService;
import org.springframework.web.reactive.socket.server.support.WebSocketHandlerAdapter;
import org.springframework.web.reactive.socket.server.upgrade.ReactorNettyRequestUpgradeStrategy;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.util.pattern.PathPatternParser;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * On, off, replaced, and without what may be missing.
 */
class HardeningAutoConfigurationTests {

	private final ReactiveWebApplicationContextRunner runner = new ReactiveWebApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(HardeningAutoConfiguration.class,
				HardeningServerAutoConfiguration.class, HardeningActuatorAutoConfiguration.class,
				Boot3AutoConfiguration.class, WebFluxAutoConfiguration.class, HttpHandlerAutoConfiguration.class,
				EndpointAutoConfiguration.class, WebEndpointAutoConfiguration.class, MetricsAutoConfiguration.class,
				CompositeMeterRegistryAutoConfiguration.class));

	private static ResponseGuard guard(Routes routes, String id) {
		return routes.policies()
			.stream()
			.filter((policy) -> policy.route().id().equals(id))
			.flatMap((policy) -> policy.guards().stream())
			.map(RoutePolicy.Binding::guard)
			.filter(ResponseGuard.class::isInstance)
			.map(ResponseGuard.class::cast)
			.findFirst()
			.orElseThrow();
	}

	@Test
	void isOnByDefault() {
		this.runner.run((context) -> {
			assertThat(context).hasSingleBean(EdgeFilter.class)
				.hasSingleBean(DefaultRejectionWriter.class)
				.hasBean("hardeningServer")
				.doesNotHaveBean(ApplicationErrorHandler.class)
				.doesNotHaveBean(HardeningEndpoint.class);
			assertThat(context.getBeanProvider(WebFilter.class).orderedStream()).hasSize(3);
			ResponseGuard guard = guard(context.getBean(Routes.class), "default");
			assertThat(guard.policy().timeout()).hasToString("30s");
			assertThat(guard.policy().totalTimeout()).hasToString("none");
		});
	}

	// Of classes that are final no proxy can be made: the application would not start.
	@Test
	void isLeftAloneByAspects() {
		aspect((type) -> type.getName().startsWith("io.serverhardening"))
			.withPropertyValues("server.hardening.errors.scope=all", "server.hardening.rate-limit.enabled=true",
					"server.hardening.concurrency.enabled=true", "server.hardening.circuit-breaker.enabled=true",
					"management.endpoints.web.exposure.include=*")
			.run((context) -> {
				assertThat(context).hasNotFailed()
					.hasSingleBean(EdgeFilter.class)
					.hasSingleBean(ApplicationErrorHandler.class)
					.hasSingleBean(HardeningHealth.class)
					.hasBean("hardeningHealthContributor");
				// Spring Boot's, which ends in one of ours.
				assertThat(context.getBeansOfType(Object.class).entrySet())
					.filteredOn((bean) -> AopUtils.isAopProxy(bean.getValue()))
					.extracting(Map.Entry::getKey)
					.isSubsetOf("httpHandler");
			});
	}

	@Test
	void theRuleFailsForABeanThatIsFinal() {
		aspect((type) -> type == Unmarked.class).withBean(Unmarked.class)
			.run((context) -> assertThat(context).getFailure()
				.hasStackTraceContaining("Cannot subclass final class " + Unmarked.class.getName()));
	}

	private ReactiveWebApplicationContextRunner aspect(ClassFilter types) {
		return this.runner.withBean(DefaultAdvisorAutoProxyCreator.class, () -> {
			DefaultAdvisorAutoProxyCreator creator = new DefaultAdvisorAutoProxyCreator();
			creator.setProxyTargetClass(true);
			return creator;
		}).withBean(NameMatchMethodPointcutAdvisor.class, () -> {
			NameMatchMethodPointcutAdvisor advisor = new NameMatchMethodPointcutAdvisor(
					(MethodInterceptor) MethodInvocation::proceed);
			advisor.setMappedName("*");
			advisor.setClassFilter(
					(type) -> !AnnotatedElementUtils.hasAnnotation(type, Configuration.class) && types.matches(type));
			return advisor;
		});
	}

	@Test
	void isOffWhereItIsSwitchedOff() {
		this.runner.withPropertyValues("server.hardening.enabled=false")
			.run((context) -> assertThat(context).hasNotFailed()
				.doesNotHaveBean(EdgeFilter.class)
				.doesNotHaveBean(HardeningProperties.class)
				.doesNotHaveBean(RejectionWriter.class));
	}

	@Test
	void isOffInOtherApplications() {
		new ApplicationContextRunner()
			.withConfiguration(
					AutoConfigurations.of(HardeningAutoConfiguration.class, HardeningServerAutoConfiguration.class,
							HardeningActuatorAutoConfiguration.class, Boot3AutoConfiguration.class))
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(HardeningProperties.class));
	}

	@Test
	void aGroupWithoutLimitsAddsNothing() {
		this.runner
			.withPropertyValues("server.hardening.response.timeout=none",
					"server.hardening.response.write-timeout=none", "server.hardening.response.min-rate=none",
					"server.hardening.request.min-rate=none", "server.hardening.request.max-body-size=none")
			.run((context) -> assertThat(context.getBean(Routes.class).policies().get(0).guards()).isEmpty());
	}

	@Test
	void startsWithoutReactorNetty() {
		this.runner.withClassLoader(new FilteredClassLoader("reactor.netty", "io.netty"))
			.run((context) -> assertThat(context).hasNotFailed()
				.hasSingleBean(EdgeFilter.class)
				.doesNotHaveBean(ServerHardening.class));
	}

	@Test
	void startsWithoutActuatorMicrometerAndTracing() {
		new ReactiveWebApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(HardeningAutoConfiguration.class,
					HardeningServerAutoConfiguration.class, HardeningActuatorAutoConfiguration.class,
					Boot3AutoConfiguration.class, WebFluxAutoConfiguration.class, HttpHandlerAutoConfiguration.class))
			.withClassLoader(new FilteredClassLoader("org.springframework.boot.actuate", "io.micrometer.core",
					"io.micrometer.tracing"))
			.run((context) -> assertThat(context).hasNotFailed().hasSingleBean(EdgeFilter.class));
	}

	@ParameterizedTest
	@CsvSource({ "rate-limit, io.github.resilience4j.ratelimiter", "concurrency, io.github.resilience4j.bulkhead",
			"circuit-breaker, io.github.resilience4j.circuitbreaker" })
	void needsALibraryOnlyWhereItsFeatureIsUsed(String group, String library) {
		ReactiveWebApplicationContextRunner without = this.runner.withClassLoader(new FilteredClassLoader(library));
		without.run((context) -> assertThat(context).hasNotFailed().hasSingleBean(EdgeFilter.class));
		without.withPropertyValues("server.hardening." + group + ".enabled=true")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining("server.hardening." + group + ".enabled (true) needs")
				.hasMessageContaining("on the classpath"));
	}

	@Test
	void tiersNeedSomeoneToTellThemApart() {
		ReactiveWebApplicationContextRunner tiers = this.runner.withPropertyValues(
				"server.hardening.rate-limit.enabled=true", "server.hardening.rate-limit.tiers.partner.permits=5");
		tiers.run((context) -> assertThat(context).hasNotFailed().hasSingleBean(AuthorityTiers.class));
		tiers.withClassLoader(new FilteredClassLoader("org.springframework.security.core"))
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining("server.hardening.rate-limit.tiers need a TierResolver bean"));
	}

	@Test
	void backsOffToBeansOfTheApplication() {
		this.runner.withUserConfiguration(Replacements.class)
			.withPropertyValues("server.hardening.errors.scope=all")
			.run((context) -> assertThat(context).hasSingleBean(RejectionWriter.class)
				.doesNotHaveBean(DefaultRejectionWriter.class)
				.hasSingleBean(ClientAddressResolver.class)
				.doesNotHaveBean(ApplicationErrorHandler.class));
	}

	@Test
	void webSocketServicesKeepTheClassesThatTheyAreInjectedBy() {
		this.runner.withUserConfiguration(WebSockets.class).run((context) -> {
			assertThat(context).hasNotFailed().hasSingleBean(OwnService.class);
			HandshakeWebSocketService service = context.getBean("handshakes", HandshakeWebSocketService.class);
			assertThat(service).isInstanceOf(PacedHandshakes.class);
			assertThat(service.getSessionAttributePredicate()).accepts("user").rejects("other");
			assertThat(context.getBean("adapter", WebSocketHandlerAdapter.class).getWebSocketService())
				.isSameAs(service);
			assertThat(context.getBean("ownAdapter", WebSocketHandlerAdapter.class).getWebSocketService())
				.isInstanceOf(PacedWebSockets.class);
		});
	}

	@Test
	void hasAFilterForEachStage() {
		this.runner.run((context) -> {
			assertThat(context.getBean(EdgeFilter.class).getOrder()).isLessThan(-100);
			assertThat(context.getBean("hardeningIdentityFilter", StageFilter.class).getOrder()).isGreaterThan(-100);
			assertThat(context.getBean("hardeningLastFilter", StageFilter.class).getOrder())
				.isGreaterThan(context.getBean("hardeningIdentityFilter", StageFilter.class).getOrder());
		});
	}

	@Test
	void routesInheritLeafByLeaf() {
		this.runner
			.withPropertyValues("server.hardening.response.timeout=7s", "server.hardening.response.total-timeout=70s",
					"server.hardening.response.timeout-status=504", "server.hardening.routes.a.path=/a",
					"server.hardening.routes.a.response.timeout=1s", "server.hardening.routes.b.path=/b",
					"server.hardening.routes.b.response.timeout=none",
					"server.hardening.routes.b.response.mode=observe")
			.run((context) -> {
				Routes routes = context.getBean(Routes.class);
				assertThat(guard(routes, "a").policy().timeout()).hasToString("1s");
				assertThat(guard(routes, "a").policy().totalTimeout()).hasToString("70s");
				assertThat(guard(routes, "a").policy().timeoutStatus().value()).isEqualTo(504);
				assertThat(guard(routes, "b").policy().timeout()).hasToString("none");
				assertThat(guard(routes, "b").policy().totalTimeout()).hasToString("70s");
				assertThat(modes(routes)).containsEntry("a", Mode.ENFORCE).containsEntry("b", Mode.OBSERVE);
			});
	}

	@Test
	void aGroupInheritsTheModeOfAll() {
		this.runner
			.withPropertyValues("server.hardening.mode=observe", "server.hardening.routes.a.path=/a",
					"server.hardening.routes.a.response.mode=enforce")
			.run((context) -> assertThat(modes(context.getBean(Routes.class))).containsEntry("default", Mode.OBSERVE)
				.containsEntry("a", Mode.ENFORCE));
		this.runner.withPropertyValues("server.hardening.mode=observe", "server.hardening.response.mode=enforce")
			.run((context) -> assertThat(modes(context.getBean(Routes.class))).containsEntry("default", Mode.ENFORCE));
	}

	private static Map<String, Mode> modes(Routes routes) {
		return routes.policies()
			.stream()
			.filter((policy) -> !policy.guards().isEmpty())
			.collect(java.util.stream.Collectors.toMap((policy) -> policy.route().id(),
					(policy) -> policy.guards().get(0).mode()));
	}

	@Test
	void aDebuggerOnlyObserves() {
		assertThat(Debugger.isPresent(List.of("-Xmx1g"))).isFalse();
		assertThat(Debugger.isPresent(List.of("-agentlib:jdwp=transport=dt_socket,server=y"))).isTrue();
		this.runner.run((context) -> {
			RouteAssembler assembler = new RouteAssembler(context.getBeanProvider(GuardFactory.class).stream().toList(),
					List.of(), PathPatternParser.defaultInstance, System::nanoTime,
					context.getBean(HardeningThreads.class), true);
			SettingsInForce settings = new SettingsInForce(context.getBean(Resolution.class), assembler, Stream::of);
			assertThat(modes(settings.routes())).containsEntry("default", Mode.OBSERVE);
			assertThat(assembler.clockMode(Mode.ENFORCE)).isEqualTo(Mode.OBSERVE);
		});
	}

	@Test
	void showsEverySettingWithItsOrigin() {
		this.runner
			.withPropertyValues("server.hardening.response.timeout=7s",
					"server.hardening.client.trusted-proxies[0]=10.0.0.0/8", "server.hardening.routes.a.path=/a",
					"server.hardening.routes.a.response.timeout-status=504")
			.run((context) -> {
				EffectiveSettings effective = new EffectiveSettingsReader(context.getBean(Resolution.class),
						new SettingOrigins(context.getEnvironment()),
						List.of(context.getBean(ConnectionSettings.class).defaults()))
					.read(1);
				Map<String, Setting> settings = effective.settings();
				assertThat(settings.keySet()).startsWith("server.hardening.enabled", "server.hardening.mode",
						"server.hardening.client.trusted-proxies");
				assertThat(settings.keySet()).containsExactlyInAnyOrderElementsOf(SettingNames.KNOWN.leaves()
					.stream()
					.map((name) -> "server.hardening."
							+ String.join(".", name.path()).replace("routes.*.", "routes.a."))
					// What is nothing where it is not written.
					.filter((name) -> !name.matches(".*\\*.*|.*[.](fallback[.].*|deduplication[.].*|webhook)"))
					.toList());
				assertThat(settings.get("server.hardening.errors.format")).isEqualTo(new Setting("problem", "default"));
				assertThat(settings.get("server.hardening.client.trusted-proxies").value())
					.isEqualTo(List.of("10.0.0.0/8"));
				assertThat(settings.get("server.hardening.client.trusted-proxies").origin()).isEqualTo("test");
				assertThat(settings.get("server.hardening.routes.a.response.timeout").value()).isEqualTo("7s");
				assertThat(settings.get("server.hardening.routes.a.response.timeout").origin())
					.isEqualTo("inherited from server.hardening.response.timeout (test)");
				assertThat(settings.get("server.hardening.routes.a.response.mode"))
					.isEqualTo(new Setting("enforce", "inherited from server.hardening.mode (default)"));
				assertThat(settings.get("server.hardening.routes.a.methods"))
					.isEqualTo(new Setting(List.of(), "default"));
			});
	}

	@Configuration(proxyBeanMethods = false)
	static class Replacements {

		@Bean
		RejectionWriter ownRejectionWriter() {
			return (exchange, rejection) -> Mono.empty();
		}

		@Bean
		ClientAddressResolver ownClientAddressResolver() {
			return (request) -> null;
		}

		@Bean
		ErrorWebExceptionHandler ownErrorHandler() {
			return (exchange, ex) -> Mono.error(ex);
		}

	}

	@Configuration
	static class WebSockets {

		@Bean
		WebSocketHandlerAdapter adapter() {
			return new WebSocketHandlerAdapter(handshakes());
		}

		@Bean
		HandshakeWebSocketService handshakes() {
			HandshakeWebSocketService service = new HandshakeWebSocketService(new ReactorNettyRequestUpgradeStrategy());
			service.setSessionAttributePredicate("user"::equals);
			return service;
		}

		@Bean
		WebSocketHandlerAdapter ownAdapter(OwnService service) {
			return new WebSocketHandlerAdapter(service);
		}

		@Bean
		OwnService ownService() {
			return new OwnService();
		}

	}

	/**
	 * A bean that an aspect is put around.
	 */
	static final class Unmarked {

	}

	/**
	 * A service of the application's.
	 */
	static class OwnService extends HandshakeWebSocketService {

	}

	@Configuration(proxyBeanMethods = false)
	static class IdentityGuard {

		@Bean
		Guard identityGuard() {
			return new Guard() {

				@Override
				public String name() {
					return "own";
				}

				@Override
				public Stage stage() {
					return Stage.IDENTITY;
				}

				@Override
				public Mono<Void> apply(ServerWebExchange exchange, GuardChain chain) {
					return chain.proceed(exchange);
				}

			};
		}

	}

}
