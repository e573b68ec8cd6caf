package io.serverhardening.circuitbreaker;

import java.nio.charset.StandardCharsets;

import io.serverhardening.Fallback;
import io.serverhardening.Rejection;
import reactor.core.publisher.Mono;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.server.ServerWebExchange;

/**
 * The same answer for everybody.
 */
public final class StaticFallback implements Fallback {

	private final HttpStatusCode status;

	private final MediaType contentType;

	private final byte[] body;

	/**
	 * Create the fallback.
	 * @param status its status
	 * @param contentType what the body is
	 * @param body the body
	 */
	public StaticFallback(HttpStatusCode status, MediaType contentType, String body) {
		this.status = status;
		this.contentType = contentType;
		this.body = body.getBytes(StandardCharsets.UTF_8);
	}

	@Override
	public Mono<Void> answer(ServerWebExchange exchange, Rejection rejection) {
		ServerHttpResponse response = exchange.getResponse();
		response.setStatusCode(this.status);
		Long retryAfter = rejection.retryAfterSeconds();
		if (this.status.isError() && retryAfter != null) {
			response.getHeaders().set(HttpHeaders.RETRY_AFTER, retryAfter.toString());
		}
		if (this.body.length == 0) {
			return response.setComplete();
		}
		response.getHeaders().setContentType(this.contentType);
		response.getHeaders().setContentLength(this.body.length);
		return response.writeWith(Mono.fromSupplier(() -> response.bufferFactory().wrap(this.body)));
	}

}
