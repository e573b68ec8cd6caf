package io.serverhardening.errors;

import io.serverhardening.Rejection;
import io.serverhardening.RejectionWriter;
import reactor.core.publisher.Mono;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.http.HttpHeaders;
import org.springframework.web.server.ServerWebExchange;

/**
 * Answers refusals as {@code server.hardening.errors.format} says, with
 * {@code Retry-After} where a retry makes sense and the CORS headers without which a
 * browser would hide the answer from the page.
 */
public final class DefaultRejectionWriter implements RejectionWriter, AopInfrastructureBean {

	private final ErrorRenderer renderer;

	private final CorsHeaders cors;

	/**
	 * Create the writer.
	 * @param renderer writes the body
	 * @param cors adds the CORS headers
	 */
	public DefaultRejectionWriter(ErrorRenderer renderer, CorsHeaders cors) {
		this.renderer = renderer;
		this.cors = cors;
	}

	@Override
	public Mono<Void> write(ServerWebExchange exchange, Rejection rejection) {
		if (GrpcStatus.isGrpc(exchange.getRequest())) {
			return GrpcStatus.write(exchange.getResponse(), rejection);
		}
		return this.cors.isNeeded(exchange)
				? this.cors.add(exchange).then(Mono.defer(() -> writeAnswer(exchange, rejection)))
				: writeAnswer(exchange, rejection);
	}

	private Mono<Void> writeAnswer(ServerWebExchange exchange, Rejection rejection) {
		Long retryAfter = rejection.retryAfterSeconds();
		if (retryAfter != null) {
			HttpHeaders headers = exchange.getResponse().getHeaders();
			headers.set(HttpHeaders.RETRY_AFTER, retryAfter.toString());
			if (headers.getFirst(HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN) != null
					&& !headers.getAccessControlExposeHeaders().contains(HttpHeaders.RETRY_AFTER)) {
				// Else no script of that origin could read it.
				headers.add(HttpHeaders.ACCESS_CONTROL_EXPOSE_HEADERS, HttpHeaders.RETRY_AFTER);
			}
		}
		return this.renderer.write(exchange, ErrorAnswer.of(rejection));
	}

}
