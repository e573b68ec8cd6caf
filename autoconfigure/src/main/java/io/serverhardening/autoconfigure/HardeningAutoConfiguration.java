package io.serverhardening.autoconfigure;

import java.util.List;
import java.util.function.Function;
import java.util.function.LongSupplier;

import io.serverhardening.ClientAddressResolver;
import io.serverhardening.Guard;
import io.serverhardening.RejectionListener;
import io.serverhardening.RejectionWriter;
import io.serverhardening.Stage;
import io.serverhardening.connection.ClientPolicy;
import io.serverhardening.connection.ForgottenProxyWatch;
import io.serverhardening.connection.ForwardedClientAddressResolver;
import io.serverhardening.errors.ApplicationErrorHandler;
import io.serverhardening.errors.CorsHeaders;
import io.serverhardening.errors.DefaultRejectionWriter;
import io.serverhardening.errors.ErrorRenderer;
import io.serverhardening.errors.TracedRequests;
import io.serverhardening.response.ResponseChannels;
import io.serverhardening.route.EdgeFilter;
import io.serverhardening.route.IdentityFilter;
import io.serverhardening.route.RejectionLog;
import io.serverhardening.route.Rejections;
import io.serverhardening.route.Routes;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Schedulers;
import reactor.netty.http.server.HttpServer;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.autoconfigure.web.reactive.error.ErrorWebFluxAutoConfiguration;
import org.springframework.boot.cloud.CloudPlatform;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.web.embedded.netty.NettyServerCustomizer;
import org.springframework.boot.web.reactive.context.ReactiveWebServerInitializedEvent;
import org.springframework.boot.web.reactive.error.ErrorWebExceptionHandler;
import org.springframework.boot.web.server.WebServer;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationListener;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.util.StringUtils;
import org.springframework.web.cors.reactive.CorsWebFilter;
import org.springframework.web.reactive.HandlerMapping;
import org.springframework.web.reactive.result.method.annotation.RequestMappingHandlerMapping;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.adapter.ForwardedHeaderTransformer;
import org.springframework.web.util.pattern.PathPatternParser;

// Hardens a reactive web application, as server.hardening.* says.
@AutoConfiguration(before = ErrorWebFluxAutoConfiguration.class)
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.REACTIVE)
@ConditionalOnProperty(prefix = HardeningProperties.PREFIX, name = "enabled", matchIfMissing = true)
@EnableConfigurationProperties(HardeningProperties.class)
public final class HardeningAutoConfiguration {

	private static final Log logger = LogFactory.getLog(HardeningAutoConfiguration.class);

	@Bean
	static BeanFactoryPostProcessor hardeningUnknownSettings(Environment environment) {
		return (beanFactory) -> new UnknownSettings(SettingNames.KNOWN).refuse(environment);
	}

	@Bean
	static NumberToValueConverter hardeningNumberToValueConverter() {
		return new NumberToValueConverter();
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
	@ConditionalOnMissingBean
	RejectionWriter rejectionWriter(ErrorRenderer renderer, ApplicationContext context) {
		CorsHeaders cors = new CorsHeaders(() -> ordered(context, CorsWebFilter.class),
				() -> ordered(context, HandlerMapping.class));
		return new DefaultRejectionWriter(renderer, cors);
	}

	private static <T> List<T> ordered(ApplicationContext context, Class<T> type) {
		return context.getBeanProvider(type).orderedStream().toList();
	}

	@Bean
	RejectionLog hardeningRejectionLog() {
		return new RejectionLog(Schedulers.boundedElastic());
	}

	@Bean
	Rejections hardeningRejections(RejectionWriter writer, ObjectProvider<RejectionListener> listeners) {
		return new Rejections(writer, listeners.orderedStream().toList());
	}

	private static void hintAtBasePath(HardeningProperties properties, @Nullable String basePath) {
		if (!StringUtils.hasText(basePath)) {
			return;
		}
		properties.routes().forEach((id, route) -> {
			if (route.path() != null && route.path().startsWith(basePath + "/")) {
				logger.warn(HardeningProperties.PREFIX + ".routes." + id + ".path (" + route.path()
						+ ") begins with spring.webflux.base-path: routes are written without it, as mappings are, "
						+ "and this one matches " + basePath + route.path());
			}
		});
	}

	@Bean
	RouteAssembler hardeningRouteAssembler(HardeningProperties properties, ObjectProvider<Guard> guards,
			@Qualifier("requestMappingHandlerMapping") ObjectProvider<RequestMappingHandlerMapping> mapping,
			Environment environment) {
		hintAtBasePath(properties, environment.getProperty("spring.webflux.base-path"));
		boolean debugged = Debugger.isPresent();
		if (debugged) {
			logger.info("A debugger may be attached: clocks count and log what they would end, and end nothing");
		}
		RequestMappingHandlerMapping requestMapping = mapping.getIfAvailable();
		PathPatternParser parser = (requestMapping != null) ? requestMapping.getPathPatternParser()
				: PathPatternParser.defaultInstance;
		return new RouteAssembler(properties, guards.orderedStream().toList(), parser, clock(), debugged);
	}

	@Bean
	Routes hardeningRoutes(RouteAssembler assembler) {
		return new Routes((activities) -> assembler.assemble(activities, List.of()));
	}

	@Bean
	EdgeFilter hardeningEdgeFilter(Routes routes, Rejections rejections, ApplicationContext context) {
		return new EdgeFilter(routes, rejections, context);
	}

	// A filter costs every request whether it does anything or not: without guards of its
	// stage there is none.
	@Bean
	@Nullable WebFilter hardeningIdentityFilter(Routes routes) {
		return routes.hasGuards(Stage.IDENTITY) ? new IdentityFilter() : null;
	}

	@Bean
	ApplicationListener<ReactiveWebServerInitializedEvent> hardeningServerHint(ApplicationContext context) {
		return (event) -> {
			if (event.getApplicationContext() == context && !isNetty(event.getWebServer())) {
				logger
					.warn("This server is not Reactor Netty: guards work, but there is no channel to watch. Time spent "
							+ "waiting for a body counts towards server.hardening.response.timeout, and silence within a "
							+ "response does not");
			}
		};
	}

	private static boolean isNetty(WebServer server) {
		return server.getClass().getName().equals("org.springframework.boot.web.embedded.netty.NettyWebServer");
	}

	private static LongSupplier clock() {
		return System::nanoTime;
	}

	/**
	 * What needs the channels of Reactor Netty.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ HttpServer.class, NettyServerCustomizer.class })
	static final class NettyConfiguration {

		@Bean
		NettyServerCustomizer hardeningServerCustomizer(ClientPolicy policy) {
			return (server) -> server.childObserve(new ResponseChannels(clock()))
				.childObserve(new ForgottenProxyWatch(policy));
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
	@ConditionalOnMissingBean(ErrorWebExceptionHandler.class)
	static final class ApplicationErrorConfiguration {

		@Bean
		ApplicationErrorHandler hardeningApplicationErrorHandler(ErrorRenderer renderer) {
			return new ApplicationErrorHandler(renderer);
		}

	}

}
