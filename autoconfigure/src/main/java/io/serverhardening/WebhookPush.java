package io.serverhardening;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;

import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.util.MultiValueMap;

/**
 * What came, and is not believed yet.
 *
 * @param method its method; by a GET some senders have an address proved
 * @param uri its address, as this server sees it: behind a proxy it may be another
 * @param headers its headers
 * @param query its query, decoded
 * @param body its body, whole; not to be changed
 * @param time when it came
 * @param tolerance how old or new it may be, {@code null} for any age: the source's
 * {@code tolerance}
 */
@SuppressWarnings("ArrayRecordComponent")
public record WebhookPush(HttpMethod method, URI uri, HttpHeaders headers, MultiValueMap<String, String> query,
		byte[] body, Instant time, @Nullable Duration tolerance) {

	/**
	 * Return a header.
	 * @param name its name, in any case
	 * @return its first value, or {@code null} where there is none
	 */
	public @Nullable String header(String name) {
		return this.headers.getFirst(name);
	}

	/**
	 * Return a parameter of the query.
	 * @param name its name
	 * @return its first value, or {@code null} where there is none
	 */
	public @Nullable String parameter(String name) {
		return this.query.getFirst(name);
	}

	/**
	 * Whether a push that was signed at a time is to be believed now.
	 * @param signedAt what it says, which has to be signed
	 * @return {@code false} if that is further off than the {@link #tolerance()}, either
	 * way
	 */
	public boolean isFresh(Instant signedAt) {
		return this.tolerance == null || Duration.between(signedAt, this.time).abs().compareTo(this.tolerance) <= 0;
	}

	/** Without what the client sent. */
	@Override
	public String toString() {
		return "WebhookPush[" + this.method + ", " + this.body.length + " bytes]";
	}

}
