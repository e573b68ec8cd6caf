package io.serverhardening.internal.message;

import java.util.List;
import java.util.stream.Stream;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.http.HttpHeaders;
import org.springframework.http.support.Netty4HeadersAdapter;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Headers of Spring's own, and those of a message of Netty's behind Spring's.
 */
class HeaderValuesTests {

	static Stream<HttpHeaders> headers() {
		return Stream.of(new HttpHeaders(), new HttpHeaders(new Netty4HeadersAdapter(new DefaultHttpHeaders())));
	}

	@ParameterizedTest
	@MethodSource("headers")
	void aHeaderHasItsValuesAsTheyCameHoweverItIsSpelled(HttpHeaders headers) {
		headers.add("Vary", "Accept");
		headers.add("Order", "a, b");
		headers.add("order", "c");
		headers.add("Empty", "");
		assertThat(HeaderValues.of(headers, "ORDER")).containsExactly("a, b", "c");
		assertThat(HeaderValues.of(headers, "empty")).containsExactly("");
		assertThat(HeaderValues.of(headers, "none")).isEmpty();
	}

	@ParameterizedTest
	@MethodSource("headers")
	void headersAreTakenAwayHoweverTheyAreSpelled(HttpHeaders headers) {
		headers.add("Content-Type", "text/plain");
		headers.add("ETag", "\"1\"");
		headers.add("etag", "\"2\"");
		headers.add("Vary", "Accept");
		HeaderValues.remove(headers, List.of("content-type", "ETAG", "Expires"));
		assertThat(headers.getFirst("Content-Type")).isNull();
		assertThat(headers.getFirst("ETag")).isNull();
		assertThat(headers.getFirst("Vary")).isEqualTo("Accept");
		assertThat(headers.headerSet()).hasSize(1);
	}

	@ParameterizedTest
	@MethodSource("headers")
	void aCopyChangesNothing(HttpHeaders headers) {
		headers.add("Content-Length", "12");
		headers.add("Vary", "Accept");
		headers.add("Vary", "Origin");
		HttpHeaders copy = HeaderValues.copyOf(headers);
		copy.setContentLength(3);
		assertThat(copy.getFirst("content-length")).isEqualTo("3");
		assertThat(HeaderValues.of(copy, "vary")).containsExactly("Accept", "Origin");
		assertThat(headers.getContentLength()).isEqualTo(12);
	}

}
