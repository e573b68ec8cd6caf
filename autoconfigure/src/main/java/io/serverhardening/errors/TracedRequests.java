package io.serverhardening.errors;

import java.util.function.Function;

import io.micrometer.tracing.Span;
import io.micrometer.tracing.handler.TracingObservationHandler.TracingContext;
import org.jspecify.annotations.Nullable;

import org.springframework.http.server.reactive.observation.ServerRequestObservationContext;
import org.springframework.web.server.ServerWebExchange;

/**
 * Reads the trace id from the observation of the request, which is there on every thread.
 */
public final class TracedRequests implements Function<ServerWebExchange, @Nullable String> {

	@Override
	public @Nullable String apply(ServerWebExchange exchange) {
		return ServerRequestObservationContext.findCurrent(exchange.getAttributes())
			.map((observation) -> observation.<TracingContext>get(TracingContext.class))
			.map(TracingContext::getSpan)
			.map(TracedRequests::traceId)
			.orElse(null);
	}

	private static @Nullable String traceId(Span span) {
		String traceId = span.context().traceId();
		return traceId.isEmpty() ? null : traceId;
	}

}
