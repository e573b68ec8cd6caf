package io.serverhardening.autoconfigure;

import java.util.List;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

import io.serverhardening.ClientAddressResolver;
import io.serverhardening.Guard;
import io.serverhardening.RejectionListener;
import io.serverhardening.RejectionWriter;
import io.serverhardening.Stage;
import io.serverhardening.client.ClientPolicy;
import io.serverhardening.client.ForgottenProxyWatch;
import io.serverhardening.client.ForwardedClientAddressResolver;
import io.serverhardening.connection.SocketGuard;
import io.serverhardening.connection.registry.Connections;
import io.serverhardening.errors.ApplicationErrorHandler;
import io.serverhardening.errors.CorsHeaders;
import io.serverhardening.errors.DefaultRejectionWriter;
import io.serverhardening.errors.ErrorRenderer;
import io.serverhardening.errors.TracedRequests;
import io.serverhardening.internal.HardeningThreads;
import io.serverhardening.internal.call.ApplicationCalls;
import io.serverhardening.internal.time.LoopClocks;
import io.serverhardening.request.RequestBodies;
import io.serverhardening.response.ResponseChannels;
import io.serverhardening.response.body.PacedResponses;
import io.serverhardening.response.pace.WritePolicy;
import io.serverhardening.route.EdgeFilter;
import io.serverhardening.route.Routes;
import io.serverhardening.route.StageFilter;
import io.serverhardening.route.rejection.RejectionLog;
import io.serverhardening.route.rejection.Rejections;
import io.serverhardening.watchdog.StallWatch;
import org.jspecify.annotations.Nullable;
import reactor.netty.http.server.HttpServer;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.boot.LazyInitializationExcludeFilter;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.autoconfigure.web.reactive.error.ErrorWebFluxAutoConfiguration;
import org.springframework.boot.cloud.CloudPlatform;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.boot.web.embedded.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.web.reactive.error.ErrorWebExceptionHandler;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.ImportRuntimeHints;
import org.springframework.core.env.Environment;
import org.springframework.web.cors.reactive.CorsConfigurationSource;
import org.springframework.web.cors.reactive.CorsWebFilter;
import org.springframework.web.reactive.HandlerMapping;
import org.springframework.web.reactive.result.method.annotation.RequestMappingHandlerMapping;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.adapter.ForwardedHeaderTransformer;
import org.springframework.web.util.pattern.PathPatternParser;

// Hardens a reactive web application, as server.hardening.* says.
@AutoConfiguration(before = ErrorWebFluxAutoConfiguration.class)
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.REACTIVE)
@ConditionalOnProperty(prefix = HardeningProperties.PREFIX, name = "enabled", matchIfMissing = true)
@EnableConfigurationProperties(HardeningProperties.class)
@ImportRuntimeHints(HardeningRuntimeHints.class)
@Import({ AdmissionConfiguration.class, MessageConfiguration.class })
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
	ErrorRenderer hardeningErrorRenderer(HardeningProperties properties,
			ObjectProvider<TraceIdConfiguration.TraceIds> traceIds) {
		Function<ServerWebExchange, @Nullable String> untraced = (exchange) -> null;
		TraceIdConfiguration.TraceIds found = traceIds.getIfAvailable();
		return new ErrorRenderer(properties.errors().format(), (found != null) ? found.reader() : untraced);
	}

	@Bean
	CorsHeaders hardeningCorsHeaders(ApplicationContext context) {
		// Those that Spring Security would apply, too.
		return new CorsHeaders(() -> Stream
			.concat(ordered(context, CorsWebFilter.class).stream(),
					ordered(context, CorsConfigurationSource.class).stream().map(CorsWebFilter::new))
			.toList(), () -> ordered(context, HandlerMapping.class));
	}

	@Bean
	@ConditionalOnMissingBean
	RejectionWriter rejectionWriter(ErrorRenderer renderer, CorsHeaders cors) {
		return new DefaultRejectionWriter(renderer, cors);
	}

	private static <T> List<T> ordered(ApplicationContext context, Class<T> type) {
		return context.getBeanProvider(type).orderedStream().toList();
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
	StartHints hardeningStartHints(Resolution resolution, ConnectionSettings settings, ApplicationContext context) {
		return new StartHints(resolution, settings, context);
	}

	private static LongSupplier clock() {
		return System::nanoTime;
	}

	/**
	 * What needs the channels of Reactor Netty.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ HttpServer.class, NettyReactiveWebServerFactory.class })
	static final class NettyConfiguration {

		@Bean
		LoopClocks hardeningLoopClocks(ApplicationCalls calls) {
			return new LoopClocks(clock(), calls);
		}

		@Bean
		StallWatch hardeningStallWatch(LoopClocks clocks, HardeningThreads threads) {
			return new StallWatch(clocks, threads, clock(), !Debugger.isPresent());
		}

		@Bean
		static NettyLogs hardeningNettyLogs(ObjectProvider<LoggingSystem> logging) {
			return new NettyLogs(logging);
		}

		@Bean
		Connections hardeningConnections(HardeningThreads threads) {
			return new Connections(threads.log());
		}

		@Bean
		ServerPolicies hardeningServerPolicies(Resolution resolution, ConnectionSettings settings,
				Environment environment, ClientPolicy clients, Connections connections, LoopClocks clocks,
				RouteAssembler assembler) {
			WritePolicy writes = RouteAssembler.topWritePolicy(resolution);
			ResolvedRoute everywhere = resolution.everywhere();
			return new ServerPolicies(environment, assembler,
					new SocketGuard(settings.policy(), clients, connections, clocks, writes.isLimited()),
					new RequestBodies(RouteAssembler.topRequestPolicy(resolution),
							assembler.clockMode(everywhere.request().mode())),
					new ResponseChannels(clock(), writes, assembler.clockMode(everywhere.response().mode()),
							HardeningProperties.PREFIX + ".response"));
		}

		@Bean
		ServerHardening hardeningServer(ConnectionSettings settings, ClientPolicy clients, ServerPolicies policies) {
			return new ServerHardening(settings, policies.sockets(), policies.requests(), policies.responses(),
					new ForgottenProxyWatch(clients));
		}

		@Bean
		PacedResponses hardeningPacedResponses() {
			return new PacedResponses();
		}

		@Bean
		static WebSocketPacing hardeningWebSocketPacing() {
			return new WebSocketPacing();
		}

	}

	/**
	 * Trace ids in answers, where requests are traced.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(name = "io.micrometer.tracing.handler.TracingObservationHandler")
	static final class TraceIdConfiguration {

		@Bean
		TraceIds hardeningTraceIds() {
			return new TraceIds(new TracedRequests());
		}

		/**
		 * Keeps the reader out of reach of the application's own functions.
		 *
		 * @param reader reads the trace id of an exchange
		 */
		record TraceIds(Function<ServerWebExchange, @Nullable String> reader) {

		}

	}

	/**
	 * The application's own errors in the format of refusals.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnProperty(prefix = HardeningProperties.PREFIX, name = "errors.scope", havingValue = "all")
	static final class ApplicationErrorConfiguration {

		@Bean
		static FrozenSetting hardeningScopeOfAll(Environment environment) {
			return new FrozenSetting(environment, HardeningProperties.PREFIX + ".errors.scope", "all", "refusals");
		}

		@Bean
		@ConditionalOnMissingBean(ErrorWebExceptionHandler.class)
		ApplicationErrorHandler hardeningApplicationErrorHandler(ErrorRenderer renderer) {
			return new ApplicationErrorHandler(renderer);
		}

	}

	/**
	 * The application's own errors as Spring Boot answers them.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnProperty(prefix = HardeningProperties.PREFIX, name = "errors.scope", havingValue = "refusals",
			matchIfMissing = true)
	static final class OwnErrorConfiguration {

		@Bean
		static FrozenSetting hardeningScopeOfRefusals(Environment environment) {
			return new FrozenSetting(environment, HardeningProperties.PREFIX + ".errors.scope", "refusals", "refusals");
		}

	}

}
