package io.serverhardening.errors;

import java.util.List;
import java.util.Map;

import io.serverhardening.Rejection;
import org.jspecify.annotations.Nullable;

/**
 * What the client is told of an error, whatever the format.
 *
 * @param status the status
 * @param type the problem type
 * @param title what kind of error it is
 * @param detail one sentence about this occurrence
 * @param guard the guard that refused, if one did
 * @param route the route that it refused on
 * @param fieldErrors which parts of the input are wrong
 * @param extensions what the application's own problem adds
 */
record ErrorAnswer(int status, String type, String title, @Nullable String detail, @Nullable String guard,
		@Nullable String route, List<FieldError> fieldErrors, Map<String, Object> extensions) {

	static ErrorAnswer of(Rejection rejection) {
		return new ErrorAnswer(rejection.status().value(), rejection.reason().type(), rejection.reason().title(),
				rejection.detail(), rejection.guard(), rejection.route(), List.of(), Map.of());
	}

	/**
	 * One wrong part of the input.
	 *
	 * @param field the name of the field or parameter
	 * @param message what is wrong with it
	 */
	record FieldError(String field, String message) {

	}

}
