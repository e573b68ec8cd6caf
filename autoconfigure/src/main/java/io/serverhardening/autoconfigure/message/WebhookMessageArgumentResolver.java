package io.serverhardening.autoconfigure.message;

import io.serverhardening.WebhookMessage;
import org.jspecify.annotations.Nullable;

import org.springframework.core.MethodParameter;
import org.springframework.http.HttpStatus;
import org.springframework.web.reactive.BindingContext;
import org.springframework.web.reactive.result.method.SyncHandlerMethodArgumentResolver;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.server.ServerWebExchange;

/**
 * Hands a verified push to the method that asks for it.
 */
public final class WebhookMessageArgumentResolver implements SyncHandlerMethodArgumentResolver {

	@Override
	public boolean supportsParameter(MethodParameter parameter) {
		return parameter.getParameterType() == WebhookMessage.class;
	}

	@Override
	public @Nullable Object resolveArgumentValue(MethodParameter parameter, BindingContext bindingContext,
			ServerWebExchange exchange) {
		WebhookMessage message = WebhookMessage.from(exchange);
		if (message == null && !parameter.isOptional()) {
			// Fail closed: the route is not guarded, and nobody has verified anything.
			throw new ResponseStatusException(HttpStatus.INTERNAL_SERVER_ERROR,
					"No route with a webhook leads to this handler");
		}
		return message;
	}

}
