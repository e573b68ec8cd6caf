package io.serverhardening.autoconfigure;

import java.util.function.LongSupplier;

import io.serverhardening.ClientAddressResolver;
import io.serverhardening.Guard;
import io.serverhardening.RejectionListener;
import io.serverhardening.RejectionWriter;
import io.serverhardening.Stage;
import io.serverhardening.autoconfigure.diagnostics.FrozenSetting;
import io.serverhardening.autoconfigure.diagnostics.InvalidSettingException;
import io.serverhardening.autoconfigure.diagnostics.SettingNames;
import io.serverhardening.autoconfigure.diagnostics.UnknownSettings;
import io.serverhardening.autoconfigure.resolution.Resolution;
import io.serverhardening.autoconfigure.route.GuardFactory;
import io.serverhardening.autoconfigure.route.RouteAssembler;
import io.serverhardening.autoconfigure.route.SettingsInForce;
import io.serverhardening.autoconfigure.route.SettingsPart;
import io.serverhardening.autoconfigure.server.ConnectionSettings;
import io.serverhardening.autoconfigure.server.Debugger;
import io.serverhardening.autoconfigure.server.NettyAdvisories;
import io.serverhardening.autoconfigure.server.QuietUploads;
import io.serverhardening.autoconfigure.server.StartHints;
import io.serverhardening.autoconfigure.settings.HardeningProperties;
import io.serverhardening.autoconfigure.settings.NumberToValueConverter;
import io.serverhardening.client.ClientPolicy;
import io.serverhardening.client.ForwardedClientAddressResolver;
import io.serverhardening.internal.HardeningThreads;
import io.serverhardening.internal.call.ApplicationCalls;
import io.serverhardening.route.EdgeFilter;
import io.serverhardening.route.Routes;
import io.serverhardening.route.StageFilter;
import io.serverhardening.route.rejection.RejectionLog;
import io.serverhardening.route.rejection.Rejections;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.boot.LazyInitializationExcludeFilter;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.cloud.CloudPlatform;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.ImportRuntimeHints;
import org.springframework.core.env.Environment;
import org.springframework.web.reactive.result.method.annotation.RequestMappingHandlerMapping;
import org.springframework.web.server.adapter.ForwardedHeaderTransformer;
import org.springframework.web.util.pattern.PathPatternParser;

// Hardens a reactive web application, as server.hardening.* says.
@AutoConfiguration(
		beforeName = { "org.springframework.boot.autoconfigure.web.reactive.error.ErrorWebFluxAutoConfiguration",
				"org.springframework.boot.webflux.autoconfigure.error.ErrorWebFluxAutoConfiguration" })
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.REACTIVE)
@ConditionalOnProperty(prefix = HardeningProperties.PREFIX, name = "enabled", matchIfMissing = true)
@EnableConfigurationProperties(HardeningProperties.class)
@ImportRuntimeHints(HardeningRuntimeHints.class)
@Import({ ErrorsConfiguration.class, AdmissionConfiguration.class, MessageConfiguration.class })
public final class HardeningAutoConfiguration {

	@Bean
	static BeanFactoryPostProcessor hardeningUnknownSettings(Environment environment) {
		return (beanFactory) -> new UnknownSettings(SettingNames.KNOWN).refuse(environment);
	}

	@Bean
	static FrozenSetting hardeningOn(Environment environment) {
		return new FrozenSetting(environment, HardeningProperties.PREFIX + ".enabled", "true", "true");
	}

	// Nobody asks for them before the first request, which is late for a wrong route.
	@Bean
	static LazyInitializationExcludeFilter hardeningNotLazy() {
		return LazyInitializationExcludeFilter.forBeanTypes(Routes.class, EdgeFilter.class);
	}

	@Bean
	static NumberToValueConverter hardeningNumberToValueConverter() {
		return new NumberToValueConverter();
	}

	@Bean
	static QuietUploads hardeningQuietUploads() {
		return new QuietUploads();
	}

	@Bean
	ClientPolicy hardeningClientPolicy(HardeningProperties properties) {
		int prefix = properties.client().ipv6Prefix();
		if (prefix < 1 || prefix > 128) {
			throw new InvalidSettingException(HardeningProperties.PREFIX + ".client.ipv6-prefix", prefix,
					"must be between 1 and 128");
		}
		return new ClientPolicy(properties.client().trustedProxies(), prefix);
	}

	@Bean
	Resolution hardeningResolution(HardeningProperties properties) {
		return Resolution.of(properties);
	}

	@Bean
	ConnectionSettings hardeningConnectionSettings(Resolution resolution, Environment environment) {
		return new ConnectionSettings(resolution, environment);
	}

	@Bean
	@ConditionalOnMissingBean(ClientAddressResolver.class)
	ForwardedClientAddressResolver clientAddressResolver(ClientPolicy policy, Environment environment,
			ObjectProvider<ForwardedHeaderTransformer> transformer) {
		return new ForwardedClientAddressResolver(policy,
				transformer.getIfAvailable() != null || usesForwardHeaders(environment));
	}

	private static boolean usesForwardHeaders(Environment environment) {
		String strategy = environment.getProperty("server.forward-headers-strategy");
		if (strategy != null) {
			return !strategy.equalsIgnoreCase("none");
		}
		CloudPlatform platform = CloudPlatform.getActive(environment);
		return platform != null && platform.isUsingForwardHeaders();
	}

	@Bean
	HardeningThreads hardeningThreads() {
		return new HardeningThreads();
	}

	@Bean
	ApplicationCalls hardeningApplicationCalls(HardeningThreads threads) {
		return new ApplicationCalls(threads, clock());
	}

	@Bean
	RejectionLog hardeningRejectionLog(HardeningThreads threads) {
		return new RejectionLog(threads.log());
	}

	@Bean
	Rejections hardeningRejections(RejectionWriter writer, ObjectProvider<RejectionListener> listeners,
			ApplicationCalls calls) {
		return new Rejections(writer, listeners.orderedStream().toList(), calls);
	}

	@Bean
	RouteAssembler hardeningRouteAssembler(ObjectProvider<GuardFactory> factories, ObjectProvider<Guard> guards,
			@Qualifier("requestMappingHandlerMapping") ObjectProvider<RequestMappingHandlerMapping> mapping,
			HardeningThreads threads) {
		RequestMappingHandlerMapping requestMapping = mapping.getIfAvailable();
		PathPatternParser parser = (requestMapping != null) ? requestMapping.getPathPatternParser()
				: PathPatternParser.defaultInstance;
		return new RouteAssembler(factories.stream().toList(), guards.orderedStream().toList(), parser, clock(),
				threads, Debugger.isPresent());
	}

	@Bean
	SettingsInForce hardeningSettingsInForce(Resolution resolution, RouteAssembler assembler,
			ObjectProvider<SettingsPart> parts) {
		return new SettingsInForce(resolution, assembler, parts::stream);
	}

	@Bean
	Routes hardeningRoutes(SettingsInForce settings) {
		return settings.routes();
	}

	@Bean
	EdgeFilter hardeningEdgeFilter(Routes routes, Rejections rejections, ApplicationContext context,
			HardeningThreads threads) {
		return new EdgeFilter(routes, rejections, context, clock(), threads);
	}

	// Also where no guard is of these stages: other settings may bring one.
	@Bean
	StageFilter hardeningIdentityFilter() {
		return new StageFilter(Stage.IDENTITY);
	}

	@Bean
	StageFilter hardeningLastFilter() {
		return new StageFilter(Stage.LAST);
	}

	@Bean
	StartHints hardeningStartHints(Resolution resolution, ConnectionSettings settings,
			ObjectProvider<NettyAdvisories> advisories, ApplicationContext context) {
		return new StartHints(resolution, settings, advisories.getIfAvailable(() -> NettyAdvisories.NONE), context);
	}

	private static LongSupplier clock() {
		return System::nanoTime;
	}

}
