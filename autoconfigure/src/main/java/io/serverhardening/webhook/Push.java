package io.serverhardening.webhook;

import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.util.MultiValueMap;

/**
 * What came, and is not believed yet.
 */
final class Push {

	private final boolean read;

	private final HttpHeaders headers;

	private final MultiValueMap<String, String> query;

	private final byte[] body;

	private final long nowMillis;

	/**
	 * Create a push.
	 * @param read whether it is a GET, by which some senders prove an address
	 * @param headers its headers
	 * @param query its query, decoded
	 * @param body its body
	 * @param nowMillis the time, milliseconds since the epoch
	 */
	Push(boolean read, HttpHeaders headers, MultiValueMap<String, String> query, byte[] body, long nowMillis) {
		this.read = read;
		this.headers = headers;
		this.query = query;
		this.body = body;
		this.nowMillis = nowMillis;
	}

	boolean isRead() {
		return this.read;
	}

	@Nullable String header(String name) {
		return this.headers.getFirst(name);
	}

	@Nullable String parameter(String name) {
		return this.query.getFirst(name);
	}

	byte[] body() {
		return this.body;
	}

	long nowMillis() {
		return this.nowMillis;
	}

}
