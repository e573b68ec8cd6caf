package io.serverhardening.errors;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;

import io.serverhardening.Rejection;
import io.serverhardening.RejectionReason;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpResponse;

/**
 * Refusals in the words of gRPC: a client that speaks it reads {@code grpc-status}, sent
 * with HTTP status 200 and no body, and takes anything else for a broken server.
 */
final class GrpcStatus {

	private static final String CONTENT_TYPE = "application/grpc";

	private GrpcStatus() {
	}

	static boolean isGrpc(ServerHttpRequest request) {
		if (!HttpMethod.POST.equals(request.getMethod())) {
			return false;
		}
		String contentType = request.getHeaders().getFirst(HttpHeaders.CONTENT_TYPE);
		return contentType != null && contentType.startsWith(CONTENT_TYPE)
				&& !contentType.startsWith(CONTENT_TYPE + "-web");
	}

	static Mono<Void> write(ServerHttpResponse response, Rejection rejection) {
		if (!response.setStatusCode(HttpStatus.OK)) {
			return Mono.error(new IllegalStateException("The response has been committed by someone else"));
		}
		HttpHeaders headers = response.getHeaders();
		headers.clearContentHeaders();
		headers.set(HttpHeaders.CONTENT_TYPE, CONTENT_TYPE);
		headers.set("grpc-status", Integer.toString(code(rejection)));
		headers.set("grpc-message", encode(rejection.detail(), rejection.reason().title()));
		return response.setComplete();
	}

	private static int code(Rejection rejection) {
		if (rejection.reason() == RejectionReason.DEADLINE_EXCEEDED) {
			return 4;
		}
		return switch (rejection.status().value()) {
			case 400, 422 -> 3; // INVALID_ARGUMENT
			case 401 -> 16; // UNAUTHENTICATED
			case 403 -> 7; // PERMISSION_DENIED
			case 408, 504 -> 4; // DEADLINE_EXCEEDED
			case 409 -> 10; // ABORTED
			case 413, 429 -> 8; // RESOURCE_EXHAUSTED
			case 503 -> 14; // UNAVAILABLE
			default -> 13; // INTERNAL
		};
	}

	private static String encode(@Nullable String detail, String title) {
		return URLEncoder.encode((detail != null) ? detail : title, StandardCharsets.UTF_8).replace("+", "%20");
	}

}
