package io.serverhardening.deduplication.answer;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

import io.serverhardening.internal.message.HeaderValues;

import org.springframework.http.HttpHeaders;

/**
 * The headers of an answer: which of them are kept for copies, and how they are given to
 * a response that has headers already.
 */
public final class AnswerHeaders {

	/**
	 * What copies are given besides status and body. No cookies: they are for whoever
	 * came first.
	 */
	private static final List<String> KEPT = List.of(HttpHeaders.CONTENT_TYPE, HttpHeaders.CONTENT_LANGUAGE,
			HttpHeaders.CONTENT_ENCODING, HttpHeaders.CONTENT_DISPOSITION, HttpHeaders.CONTENT_LOCATION,
			HttpHeaders.LOCATION, HttpHeaders.ETAG, HttpHeaders.LAST_MODIFIED, HttpHeaders.CACHE_CONTROL,
			HttpHeaders.VARY, HttpHeaders.LINK);

	private AnswerHeaders() {
	}

	/**
	 * Return the headers that copies are given.
	 * @param more those besides the usual ones
	 * @return their names, in any case
	 */
	public static Set<String> kept(List<String> more) {
		Set<String> names = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
		names.addAll(KEPT);
		names.addAll(more);
		return names;
	}

	/**
	 * Keep the headers of an answer.
	 * @param headers the headers
	 * @param names the names of those that are kept
	 * @return name and value in turn
	 */
	static List<String> keep(HttpHeaders headers, Set<String> names) {
		List<String> kept = new ArrayList<>();
		headers.forEach((name, values) -> {
			if (names.contains(name)) {
				for (String value : present(values)) {
					kept.add(name);
					kept.add(value);
				}
			}
		});
		return kept;
	}

	/**
	 * Give kept headers to a copy, as the first was given them: what a filter before us
	 * has set gives way.
	 * @param kept name and value in turn
	 * @param headers the headers of the copy's response
	 */
	static void restore(List<String> kept, HttpHeaders headers) {
		String before = "";
		for (int i = 0; i < kept.size(); i += 2) {
			String name = kept.get(i);
			String value = kept.get(i + 1);
			if (name.equalsIgnoreCase(HttpHeaders.VARY)) {
				if (!HeaderValues.of(headers, name).contains(value)) {
					headers.add(name, value);
				}
			}
			else if (name.equalsIgnoreCase(before)) {
				headers.add(name, value);
			}
			else {
				headers.set(name, value);
			}
			before = name;
		}
	}

	/**
	 * Give all headers of an answer to whoever came first.
	 * @param from the headers of the answer
	 * @param to the headers of the response
	 */
	static void copy(HttpHeaders from, HttpHeaders to) {
		from.forEach((name, values) -> copy(to, name, values));
	}

	// What filters before us vary by is still varied by.
	private static void copy(HttpHeaders headers, String name, List<String> values) {
		if (name.equalsIgnoreCase(HttpHeaders.VARY)) {
			present(values).stream()
				.filter((value) -> !HeaderValues.of(headers, name).contains(value))
				.forEach((value) -> headers.add(name, value));
		}
		else {
			headers.put(name, present(values));
		}
	}

	// A server writes no header whose value is null.
	private static List<String> present(List<String> values) {
		for (String value : values) {
			if (value == null) {
				return values.stream().filter(Objects::nonNull).toList();
			}
		}
		return values;
	}

}
