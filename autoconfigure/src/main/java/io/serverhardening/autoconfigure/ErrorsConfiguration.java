package io.serverhardening.autoconfigure;

import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

import io.serverhardening.RejectionWriter;
import io.serverhardening.autoconfigure.diagnostics.FrozenSetting;
import io.serverhardening.autoconfigure.settings.HardeningProperties;
import io.serverhardening.errors.ApplicationErrorHandler;
import io.serverhardening.errors.CorsHeaders;
import io.serverhardening.errors.DefaultRejectionWriter;
import io.serverhardening.errors.ErrorRenderer;
import io.serverhardening.errors.TracedRequests;
import org.jspecify.annotations.Nullable;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.web.cors.reactive.CorsConfigurationSource;
import org.springframework.web.cors.reactive.CorsWebFilter;
import org.springframework.web.reactive.HandlerMapping;
import org.springframework.web.server.ServerWebExchange;

/**
 * How refusals and errors are answered.
 */
@Configuration(proxyBeanMethods = false)
final class ErrorsConfiguration {

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
		record TraceIds(Function<ServerWebExchange, @Nullable String> reader) implements AopInfrastructureBean {

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
		@ConditionalOnMissingBean(type = { "org.springframework.boot.web.reactive.error.ErrorWebExceptionHandler",
				"org.springframework.boot.webflux.error.ErrorWebExceptionHandler" })
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
