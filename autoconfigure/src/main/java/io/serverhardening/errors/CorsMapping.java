package io.serverhardening.errors;

import java.lang.reflect.Method;
import java.util.Map;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.util.ReflectionUtils;
import org.springframework.web.cors.reactive.CorsConfigurationSource;
import org.springframework.web.reactive.HandlerMapping;
import org.springframework.web.reactive.function.server.support.RouterFunctionMapping;
import org.springframework.web.reactive.handler.AbstractHandlerMapping;
import org.springframework.web.reactive.handler.AbstractUrlHandlerMapping;
import org.springframework.web.reactive.result.method.AbstractHandlerMethodMapping;
import org.springframework.web.server.ServerWebExchange;

/**
 * A handler mapping, asked for CORS headers only where it has any to give. To ask costs a
 * look-up of the handler; in a gateway it runs the predicates of all routes, which may
 * read the body.
 */
final class CorsMapping {

	/** Spring keeps it to itself, and has had it since 5.2. */
	private static final @Nullable Method CONFIGURED = ReflectionUtils.findMethod(AbstractHandlerMapping.class,
			"hasCorsConfigurationSource", Object.class);

	private static final Object NO_HANDLER = new Object();

	private final HandlerMapping mapping;

	/** Whether a handler of its own has CORS settings, or nobody can tell. */
	private final boolean byHandler;

	CorsMapping(HandlerMapping mapping) {
		if (CONFIGURED != null) {
			ReflectionUtils.makeAccessible(CONFIGURED);
		}
		this.mapping = mapping;
		this.byHandler = isByHandler(mapping);
	}

	private static boolean isByHandler(HandlerMapping mapping) {
		if (CONFIGURED == null || !(mapping instanceof AbstractHandlerMapping known)) {
			return true;
		}
		if (mapping instanceof AbstractHandlerMethodMapping<?> methods) {
			return methods.getHandlerMethods().values().stream().anyMatch((method) -> isConfigured(known, method));
		}
		if (mapping instanceof AbstractUrlHandlerMapping urls) {
			// The name of a bean may stand for anything.
			Map<?, Object> handlers = urls.getHandlerMap();
			return handlers.values()
				.stream()
				.anyMatch((handler) -> handler instanceof CorsConfigurationSource || handler instanceof String);
		}
		return !(mapping instanceof RouterFunctionMapping) && !isGateways(mapping);
	}

	// All routes of a gateway have one handler.
	private static boolean isGateways(HandlerMapping mapping) {
		return mapping.getClass()
			.getName()
			.equals("org.springframework.cloud.gateway.handler.RoutePredicateHandlerMapping");
	}

	private static boolean isConfigured(AbstractHandlerMapping mapping, Object handler) {
		return CONFIGURED == null || Boolean.TRUE.equals(ReflectionUtils.invokeMethod(CONFIGURED, mapping, handler));
	}

	/**
	 * Whether the mapping may have headers to give. Settings for all of its handlers may
	 * change while it runs: a gateway's do.
	 * @return {@code false} if asking is in vain
	 */
	boolean mayAddHeaders() {
		return this.byHandler
				|| (this.mapping instanceof AbstractHandlerMapping known && isConfigured(known, NO_HANDLER));
	}

	Mono<Object> ask(ServerWebExchange exchange) {
		return this.mapping.getHandler(exchange);
	}

}
