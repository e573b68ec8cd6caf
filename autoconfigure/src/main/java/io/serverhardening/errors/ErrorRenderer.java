package io.serverhardening.errors;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Function;

import io.serverhardening.errors.ErrorAnswer.FieldError;
import io.serverhardening.internal.message.HeaderValues;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.server.ServerWebExchange;

/**
 * Writes an {@link ErrorAnswer} as the response: status, content headers and body.
 */
public final class ErrorRenderer implements AopInfrastructureBean {

	/** Longer lists are not negotiated with: sorting them would be the attack. */
	private static final int MAX_ACCEPT_LENGTH = 1024;

	private static final int MAX_INSTANCE_LENGTH = 1024;

	/** What a handler may have set for a body that will not be sent. */
	private static final List<String> REPRESENTATION_HEADERS = List.of(HttpHeaders.ACCEPT_RANGES,
			HttpHeaders.CACHE_CONTROL, HttpHeaders.CONTENT_DISPOSITION, HttpHeaders.CONTENT_ENCODING,
			HttpHeaders.CONTENT_LANGUAGE, HttpHeaders.CONTENT_LENGTH, HttpHeaders.CONTENT_LOCATION,
			HttpHeaders.CONTENT_RANGE, HttpHeaders.CONTENT_TYPE, HttpHeaders.ETAG, HttpHeaders.EXPIRES,
			HttpHeaders.LAST_MODIFIED, HttpHeaders.LOCATION, HttpHeaders.TRAILER, HttpHeaders.TRANSFER_ENCODING);

	private static final List<MediaType> JSON_TYPES = List.of(MediaType.APPLICATION_JSON,
			MediaType.APPLICATION_PROBLEM_JSON);

	private static final MediaType PLAIN_TEXT = new MediaType(MediaType.TEXT_PLAIN, StandardCharsets.UTF_8);

	private final ErrorFormat format;

	private final Function<ServerWebExchange, @Nullable String> traceIds;

	/**
	 * Create the renderer.
	 * @param format the shape of the body
	 * @param traceIds gives the id under which the request is found in traces;
	 * {@code null} for a request that is not traced
	 */
	public ErrorRenderer(ErrorFormat format, Function<ServerWebExchange, @Nullable String> traceIds) {
		this.format = format;
		this.traceIds = traceIds;
	}

	Mono<Void> write(ServerWebExchange exchange, ErrorAnswer answer) {
		ServerHttpResponse response = exchange.getResponse();
		HttpHeaders headers = response.getHeaders();
		if (!response.setStatusCode(HttpStatusCode.valueOf(answer.status()))) {
			return Mono.error(new IllegalStateException("The response has been committed by someone else"));
		}
		if (!headers.isEmpty()) {
			HeaderValues.remove(headers, REPRESENTATION_HEADERS);
		}
		byte[] body;
		if (prefersText(exchange.getRequest())) {
			headers.setContentType(PLAIN_TEXT);
			body = text(answer);
		}
		else {
			headers.setContentType((this.format == ErrorFormat.PROBLEM) ? MediaType.APPLICATION_PROBLEM_JSON
					: MediaType.APPLICATION_JSON);
			body = (this.format == ErrorFormat.PROBLEM) ? problem(exchange, answer) : envelope(exchange, answer);
		}
		headers.setContentLength(body.length);
		return response.writeWith(Mono.just(response.bufferFactory().wrap(body)));
	}

	// Whether the client takes text and no JSON. Everything unclear is JSON: a refusal is
	// never itself refused.
	private static boolean prefersText(ServerHttpRequest request) {
		String accept = request.getHeaders().getFirst(HttpHeaders.ACCEPT);
		if (accept == null || accept.equals("*/*") || accept.length() > MAX_ACCEPT_LENGTH) {
			return false;
		}
		try {
			List<MediaType> accepted = request.getHeaders().getAccept();
			return accepted.stream().noneMatch((type) -> JSON_TYPES.stream().anyMatch(type::isCompatibleWith))
					&& accepted.stream()
						.anyMatch((type) -> type.isCompatibleWith(MediaType.TEXT_PLAIN)
								|| type.isCompatibleWith(MediaType.TEXT_HTML));
		}
		catch (InvalidMediaTypeException ex) {
			return false;
		}
	}

	private static byte[] text(ErrorAnswer answer) {
		String detail = (answer.detail() != null) ? ". " + answer.detail() : "";
		return (answer.status() + " " + answer.title() + detail + "\n").getBytes(StandardCharsets.UTF_8);
	}

	private byte[] problem(ServerWebExchange exchange, ErrorAnswer answer) {
		Json json = new Json().open()
			.add("type", answer.type())
			.add("title", answer.title())
			.add("status", answer.status())
			.add("detail", answer.detail())
			.add("instance", instance(exchange.getRequest()))
			.add("guard", answer.guard())
			.add("route", answer.route());
		addDetails(json, answer);
		return json.add("traceId", traceId(exchange)).close().toBytes();
	}

	private byte[] envelope(ServerWebExchange exchange, ErrorAnswer answer) {
		Json json = new Json().open()
			.add("code", answer.status())
			.add("message", (answer.detail() != null) ? answer.detail() : answer.title())
			.open("data")
			.add("type", answer.type())
			.add("guard", answer.guard())
			.add("route", answer.route());
		addDetails(json, answer);
		return json.close().add("traceId", traceId(exchange)).close().toBytes();
	}

	private static void addDetails(Json json, ErrorAnswer answer) {
		answer.extensions().forEach(json::add);
		if (!answer.fieldErrors().isEmpty()) {
			json.openArray("errors");
			for (FieldError error : answer.fieldErrors()) {
				json.openElement().add("field", error.field()).add("message", error.message()).close();
			}
			json.closeArray();
		}
	}

	private static @Nullable String instance(ServerHttpRequest request) {
		String path = request.getPath().value();
		return (path.length() <= MAX_INSTANCE_LENGTH) ? path : null;
	}

	// Where requests are not traced, the id that Spring puts before the log lines of the
	// request finds it as well.
	private String traceId(ServerWebExchange exchange) {
		String traceId = this.traceIds.apply(exchange);
		return (traceId != null) ? traceId : exchange.getRequest().getId();
	}

}
