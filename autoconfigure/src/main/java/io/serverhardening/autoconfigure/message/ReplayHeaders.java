package io.serverhardening.autoconfigure.message;

import java.util.List;
import java.util.Locale;
import java.util.Set;

import io.serverhardening.autoconfigure.diagnostics.InvalidSettingException;

/**
 * Which further headers of an answer its copies may get.
 */
final class ReplayHeaders {

	/** Headers that no copy may have. */
	private static final Set<String> OF_THE_FIRST = Set.of("set-cookie", "set-cookie2", "www-authenticate",
			"proxy-authenticate", "authentication-info", "connection", "keep-alive", "transfer-encoding", "trailer",
			"upgrade", "te", "content-length", "date", "retry-after", "idempotent-replayed");

	private ReplayHeaders() {
	}

	/**
	 * Check the names of headers.
	 * @param names the names
	 * @param property the property that has them
	 * @return the names
	 * @throws InvalidSettingException if copies cannot have one
	 */
	static List<String> check(List<String> names, String property) {
		for (String name : names) {
			if (!name.matches("[!#$%&'*+.^_`|~0-9A-Za-z-]+")) {
				throw new InvalidSettingException(property, name, "is not the name of a header");
			}
			if (isOfTheFirst(name.toLowerCase(Locale.ROOT))) {
				throw new InvalidSettingException(property, name,
						"names a header for the first client or for one connection only: leave it out");
			}
		}
		return names;
	}

	private static boolean isOfTheFirst(String name) {
		return OF_THE_FIRST.contains(name) || name.startsWith("access-control-");
	}

}
