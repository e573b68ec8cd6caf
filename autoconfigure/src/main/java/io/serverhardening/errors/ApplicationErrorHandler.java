package io.serverhardening.errors;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.serverhardening.errors.ErrorAnswer.FieldError;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import reactor.core.publisher.Mono;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.context.MessageSourceResolvable;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.MergedAnnotation;
import org.springframework.core.annotation.MergedAnnotations;
import org.springframework.core.annotation.MergedAnnotations.SearchStrategy;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ProblemDetail;
import org.springframework.util.StringUtils;
import org.springframework.validation.method.MethodValidationResult;
import org.springframework.web.ErrorResponse;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.support.WebExchangeBindException;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebExceptionHandler;
import org.springframework.web.util.DisconnectedClientHelper;

/**
 * Gives the application's own errors the same voice as refusals
 * ({@code server.hardening.errors.scope: all}). What is wrong with the input is told
 * field by field; of what is wrong with the server, nothing but the status. No aspect is
 * put around it.
 */
public final class ApplicationErrorHandler implements WebExceptionHandler, Ordered, AopInfrastructureBean {

	private static final Log logger = LogFactory.getLog(ApplicationErrorHandler.class);

	private static final int MAX_FIELD_ERRORS = 100;

	private static final String BLANK_TYPE = "about:blank";

	private final ErrorRenderer renderer;

	/**
	 * Create the handler.
	 * @param renderer writes the body
	 */
	public ApplicationErrorHandler(ErrorRenderer renderer) {
		this.renderer = renderer;
	}

	@Override
	public int getOrder() {
		// Just before Spring Boot's own error handler, after any the application ordered.
		return -2;
	}

	@Override
	public Mono<Void> handle(ServerWebExchange exchange, Throwable ex) {
		if (exchange.getResponse().isCommitted() || DisconnectedClientHelper.isClientDisconnectedException(ex)) {
			return Mono.error(ex);
		}
		ErrorAnswer answer = answer(ex);
		if (answer.status() >= HttpStatus.INTERNAL_SERVER_ERROR.value()) {
			logger.error(exchange.getLogPrefix() + answer.status() + " " + answer.title() + " for "
					+ exchange.getRequest().getMethod() + " " + exchange.getRequest().getPath(), ex);
		}
		if (ex instanceof ErrorResponse response) {
			response.getHeaders().forEach((name, values) -> exchange.getResponse().getHeaders().put(name, values));
		}
		return this.renderer.write(exchange, answer);
	}

	static ErrorAnswer answer(Throwable ex) {
		if (ex instanceof ErrorResponse response) {
			ProblemDetail problem = response.getBody();
			boolean server = response.getStatusCode().is5xxServerError();
			String type = (problem.getType() != null) ? problem.getType().toString() : BLANK_TYPE;
			return new ErrorAnswer(response.getStatusCode().value(), type,
					StringUtils.hasText(problem.getTitle()) ? problem.getTitle() : title(response.getStatusCode()),
					server ? null : problem.getDetail(), null, null, fieldErrors(ex),
					server ? Map.of() : extensions(problem));
		}
		MergedAnnotation<ResponseStatus> annotation = MergedAnnotations
			.from(ex.getClass(), SearchStrategy.TYPE_HIERARCHY)
			.get(ResponseStatus.class);
		HttpStatus status = annotation.isPresent() ? annotation.getEnum("code", HttpStatus.class)
				: HttpStatus.INTERNAL_SERVER_ERROR;
		String reason = (annotation.isPresent() && !status.is5xxServerError()) ? annotation.getString("reason") : "";
		return new ErrorAnswer(status.value(), BLANK_TYPE, title(status), StringUtils.hasText(reason) ? reason : null,
				null, null, List.of(), Map.of());
	}

	private static String title(HttpStatusCode status) {
		HttpStatus known = HttpStatus.resolve(status.value());
		return (known != null) ? known.getReasonPhrase() : "Error";
	}

	private static Map<String, Object> extensions(ProblemDetail problem) {
		Map<String, Object> extensions = new LinkedHashMap<>();
		if (problem.getProperties() != null) {
			problem.getProperties().forEach((name, value) -> {
				if (value instanceof CharSequence || value instanceof Number || value instanceof Boolean) {
					extensions.put(name, value);
				}
			});
		}
		return extensions;
	}

	private static List<FieldError> fieldErrors(Throwable ex) {
		List<FieldError> errors = new ArrayList<>();
		if (ex instanceof WebExchangeBindException bind) {
			bind.getFieldErrors().forEach((error) -> add(errors, error.getField(), error));
			bind.getGlobalErrors().forEach((error) -> add(errors, error.getObjectName(), error));
		}
		else if (ex instanceof MethodValidationResult validation) {
			validation.getParameterValidationResults().forEach((result) -> {
				String parameter = result.getMethodParameter().getParameterName();
				String name = (parameter != null) ? parameter : "argument";
				result.getResolvableErrors().forEach((error) -> add(errors, field(name, error), error));
			});
		}
		return errors;
	}

	private static String field(String parameter, MessageSourceResolvable error) {
		return (error instanceof org.springframework.validation.FieldError field) ? field.getField() : parameter;
	}

	private static void add(List<FieldError> errors, String field, MessageSourceResolvable error) {
		if (errors.size() < MAX_FIELD_ERRORS) {
			errors.add(new FieldError(field, message(error)));
		}
	}

	private static String message(MessageSourceResolvable error) {
		String message = error.getDefaultMessage();
		return (message != null) ? message : "is invalid";
	}

}
