package io.serverhardening.webhook;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;

import io.serverhardening.WebhookPush;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.util.LinkedMultiValueMap;
import org.springframework.util.MultiValueMap;
import org.springframework.web.util.UriComponentsBuilder;

/**
 * Pushes as a sender sees them, without a socket.
 */
public final class TestPush {

	public static final Duration TOLERANCE = Duration.ofMinutes(5);

	private TestPush() {
	}

	public static WebhookPush post(String body, long atSeconds, String... headers) {
		return push(HttpMethod.POST, "", body, atSeconds, TOLERANCE, headers);
	}

	public static WebhookPush post(String body, long atSeconds, Duration tolerance, String... headers) {
		return push(HttpMethod.POST, "", body, atSeconds, tolerance, headers);
	}

	public static WebhookPush query(HttpMethod method, String query, String body, long atSeconds) {
		return push(method, query, body, atSeconds, TOLERANCE);
	}

	private static WebhookPush push(HttpMethod method, String query, String body, long atSeconds, Duration tolerance,
			String... headers) {
		HttpHeaders all = new HttpHeaders();
		for (String header : headers) {
			all.add(header.substring(0, header.indexOf(':')), header.substring(header.indexOf(':') + 1).trim());
		}
		MultiValueMap<String, String> parameters = new LinkedMultiValueMap<>(
				UriComponentsBuilder.fromUriString("/?" + query.replace("+", "%2B")).build().getQueryParams());
		parameters.replaceAll((name, values) -> values.stream()
			.map((value) -> (value != null) ? URLDecoder.decode(value, StandardCharsets.UTF_8) : null)
			.toList());
		return new WebhookPush(method, URI.create("/push"), all, parameters, body.getBytes(StandardCharsets.UTF_8),
				Instant.ofEpochSecond(atSeconds), tolerance);
	}

}
