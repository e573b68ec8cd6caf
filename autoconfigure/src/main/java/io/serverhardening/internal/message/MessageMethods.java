package io.serverhardening.internal.message;

import java.util.Set;
import java.util.stream.Stream;

import org.springframework.http.HttpMethod;

/**
 * The methods whose requests may bring a message: those that change something.
 */
public final class MessageMethods {

	private static final Set<HttpMethod> MESSAGES = Set.of(HttpMethod.POST, HttpMethod.PUT, HttpMethod.PATCH,
			HttpMethod.DELETE);

	private MessageMethods() {
	}

	/**
	 * Whether a request of a method may bring a message.
	 * @param method the method
	 * @return {@code false} for those that change nothing
	 */
	public static boolean contains(HttpMethod method) {
		return MESSAGES.contains(method);
	}

	/**
	 * Return the methods that may bring a message.
	 * @return the methods
	 */
	public static Stream<HttpMethod> all() {
		return MESSAGES.stream();
	}

}
