package io.serverhardening.internal.message;

import java.util.Collection;
import java.util.List;
import java.util.Map;

import org.springframework.http.HttpHeaders;

/**
 * What is asked of headers in words that each line of Spring has: in Spring 7 they are no
 * {@link Map} any more.
 */
public final class HeaderValues {

	private HeaderValues() {
	}

	/**
	 * Return each value of a header, as it came.
	 * @param headers the headers
	 * @param name its name
	 * @return its values, none where it is missing
	 */
	public static List<String> of(HttpHeaders headers, String name) {
		for (Map.Entry<String, List<String>> header : headers.headerSet()) {
			if (header.getKey().equalsIgnoreCase(name)) {
				return header.getValue();
			}
		}
		return List.of();
	}

	/**
	 * Return the headers of a message for changes that the message does not see.
	 * @param headers the headers
	 * @return a copy
	 */
	static HttpHeaders copyOf(HttpHeaders headers) {
		HttpHeaders copy = new HttpHeaders();
		headers.forEach(copy::put);
		return copy;
	}

	/**
	 * Take headers away.
	 * @param headers the headers
	 * @param names their names
	 */
	public static void remove(HttpHeaders headers, Collection<String> names) {
		headers.headerSet().removeIf((header) -> names.stream().anyMatch(header.getKey()::equalsIgnoreCase));
	}

}
