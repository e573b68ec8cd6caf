package io.serverhardening.deduplication.key;

import java.nio.charset.StandardCharsets;

import io.serverhardening.internal.message.BufferedExchange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import org.springframework.mock.web.server.MockServerWebExchange;

import static org.assertj.core.api.Assertions.assertThat;

class FingerprintTests {

	private static String of(String path, String type, String body) {
		return of(path, type, body, false);
	}

	private static String of(String path, String type, String body, boolean signed) {
		MockServerWebExchange exchange = MockServerWebExchange
			.from(MockServerHttpRequest.post(path).header("Content-Type", type).body(body));
		return Fingerprint.of(BufferedExchange.of(exchange, body.getBytes(StandardCharsets.UTF_8)), signed);
	}

	private static String multipart(String boundary, String... parts) {
		StringBuilder body = new StringBuilder();
		for (String part : parts) {
			body.append("--")
				.append(boundary)
				.append("\r\nContent-Disposition: form-data; name=a\r\n\r\n")
				.append(part);
			body.append("\r\n");
		}
		return of("/a", "multipart/form-data; boundary=" + boundary,
				body.append("--").append(boundary).append("--\r\n").toString());
	}

	@Test
	void countsPathQueryAndBody() {
		String first = of("/a?b=1", "text/plain", "tea");
		assertThat(first).hasSize(32).isEqualTo(of("/a?b=1", "text/plain", "tea"));
		assertThat(first).isNotEqualTo(of("/a?b=2", "text/plain", "tea"))
			.isNotEqualTo(of("/b?b=1", "text/plain", "tea"))
			.isNotEqualTo(of("/a?b=1", "text/plain", "coffee"));
	}

	@Test
	void countsOfWhatIsSignedNothingButThat() {
		assertThat(of("/a?signature=1", "text/plain", "tea", true))
			.isEqualTo(of("/%61?signature=2", "text/xml", "tea", true));
	}

	@Test
	void countsPartsAndNotTheBoundary() {
		assertThat(multipart("XX", "tea", "milk")).isEqualTo(multipart("boundary-2", "tea", "milk"))
			.isNotEqualTo(multipart("XX", "tea", "sugar"))
			.isNotEqualTo(multipart("XX", "tea"));
	}

	@Test
	void takesNothingWithinAPartForABoundary() {
		String two = multipart("XX", "tea", "milk");
		String within = "tea\r\n--\r\nContent-Disposition: form-data; name=a\r\n\r\nmilk";
		assertThat(multipart("XX", within)).isNotEqualTo(two);
		assertThat(multipart("XX", within.replace("--", "--YY"))).isNotEqualTo(two);
		assertThat(multipart("XX", within.replace("--", ""))).as("where the boundary is left out").isNotEqualTo(two);
	}

	@Test
	void takesABoundaryForOneAlsoInQuotes() {
		String type = "multipart/form-data; boundary=";
		assertThat(of("/a", type + "\"b c\"", "--b c\r\n\r\ntea\r\n--b c--\r\n"))
			.isEqualTo(of("/a", type + "d", "--d\r\n\r\ntea\r\n--d--\r\n"));
	}

	@Test
	void takesNothingButTheBeginOfALineForABoundary() {
		String type = "multipart/form-data; boundary=";
		assertThat(of("/a", type + "b", "--b\r\n\r\nx--by\r\n--b--\r\n"))
			.isNotEqualTo(of("/a", type + "d", "--d\r\n\r\nx--dy\r\n--d--\r\n"));
	}

	// Else it takes a minute.
	@Test
	@Timeout(20)
	void comparesEachByteOnceWhateverTheBoundary() {
		String dashes = "-".repeat(7000);
		assertThat(of("/a", "multipart/form-data; boundary=" + dashes + "x", "-".repeat(8_000_000))).isNotEmpty();
	}

}
