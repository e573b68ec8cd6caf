package io.serverhardening.connection.http1;

import java.util.stream.Stream;

import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.serverhardening.connection.registry.HeadFault;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

class StrictHeadTests {

	private static HttpRequest request(String method, String target, String... headers) {
		return request(HttpVersion.HTTP_1_1, method, target, headers);
	}

	private static HttpRequest request(HttpVersion version, String method, String target, String... headers) {
		HttpRequest request = new DefaultHttpRequest(version, HttpMethod.valueOf(method), target);
		for (String header : headers) {
			int colon = header.indexOf(':');
			request.headers().add(header.substring(0, colon), header.substring(colon + 1));
		}
		return request;
	}

	private static @Nullable HeadFault strict(HttpRequest request) {
		return StrictHead.fault(request, true);
	}

	private static @Nullable HeadFault lenient(HttpRequest request) {
		return StrictHead.fault(request, false);
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "a", "a.example", "A-b_c~1", "127.0.0.1", "127.0.0.1:1", "a:0", "a:65535", "a:0080",
			"[::1]", "[::1]:443", "[v1.a:b]", "xn--bcher-kva.example", "%41b", "a,b", "!$&'()*+;=" })
	void findsNothingInAHost(String host) {
		assertThat(strict(request("GET", "/", "Host:" + host))).isNull();
		assertThat(lenient(request("GET", "/", "Host:" + host))).isNull();
	}

	@ParameterizedTest
	@ValueSource(strings = { "a b", "a, b", "a/b", "a?b", "a#b", "a@b", "a\\b", "a\"b", "a<b", "%", "%4", "%4g",
			"\u00e9", "[", "[]", "[::1", "[::1%25eth0]", "[a b]", "]" })
	void findsAHostThatIsNone(String host) {
		assertThat(strict(request("GET", "/", "Host:" + host))).isEqualTo(HeadFault.HOST);
	}

	@ParameterizedTest
	@ValueSource(strings = { "a:", "a:b", "a:+1", "a:-1", "a:65536", "a:99999999999999999999", "a:1:2", "a:1 ",
			"[::1]:", "[::1]:x", "a:\u0661" })
	void findsAPortThatIsNone(String host) {
		assertThat(strict(request("GET", "/", "Host:" + host))).isEqualTo(HeadFault.HOST_PORT);
		assertThat(lenient(request("GET", "/", "Host:" + host))).isEqualTo(HeadFault.HOST_PORT);
	}

	@Test
	void findsTooFewAndTooManyHosts() {
		assertThat(strict(request("GET", "/"))).isEqualTo(HeadFault.NO_HOST);
		assertThat(strict(request(HttpVersion.HTTP_1_0, "GET", "/"))).isNull();
		assertThat(strict(request("GET", "/", "Host:a", "host:a"))).isEqualTo(HeadFault.HOSTS);
		assertThat(strict(request(HttpVersion.HTTP_1_0, "GET", "/", "Host:a", "host:a"))).isEqualTo(HeadFault.HOSTS);
		assertThat(lenient(request("GET", "/"))).isNull();
		assertThat(lenient(request("GET", "/", "Host:a", "host:a"))).isNull();
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', nullValues = "-", value = { "GET | /a | test | -", "GET | /?a=http://b | test | -",
			"GET | //a | test | -", "GET | http://test/a | test | -", "GET | HTTPS://Test:1?a | test:1 | -",
			"GET | http://test | test | -", "OPTIONS | * | test | -", "CONNECT | test:443 | test:443 | -",
			"CONNECT | a:443 | b:443 | OTHER_HOST", "GET | http://a/ | b | OTHER_HOST",
			"GET | http://a:80/ | a | OTHER_HOST", "GET | http://me@a/ | a | OTHER_HOST", "GET | * | test | TARGET",
			"GET | a | test | TARGET", "GET | ://a | test | TARGET", "GET | ftp://test/ | test | TARGET",
			"GET | test:443 | test:443 | TARGET", "GET | ?a | test | TARGET" })
	void looksAtTheTarget(String method, String target, String host, @Nullable HeadFault fault) {
		assertThat(strict(request(method, target, "Host:" + host))).isEqualTo(fault);
		assertThat(lenient(request(method, target, "Host:" + host))).isNull();
	}

	@Test
	void findsControlCharactersInTheTarget() {
		Stream.of("/\u0001", "/a\u007f", "/\t", "/a\u0000b")
			.forEach((target) -> assertThat(strict(request("GET", target, "Host:a"))).isEqualTo(HeadFault.TARGET));
		assertThat(strict(request("GET", "/\u00e9", "Host:a"))).isNull();
	}

	@Test
	void findsOtherLettersInTheVersion() {
		assertThat(strict(request(HttpVersion.valueOf("http/1.1"), "GET", "/", "Host:a"))).isEqualTo(HeadFault.VERSION);
		assertThat(lenient(request(HttpVersion.valueOf("http/1.1"), "GET", "/", "Host:a"))).isNull();
		assertThat(strict(request(HttpVersion.valueOf("HTTP/1.2"), "GET", "/", "Host:a"))).isNull();
		assertThat(strict(request(HttpVersion.valueOf("HTTP/1.2"), "GET", "/"))).isEqualTo(HeadFault.NO_HOST);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', nullValues = "-",
			value = { "chunked | - | -", "CHUNKED | - | -", "xchunked | - | TRANSFER_ENCODING",
					"'' | - | TRANSFER_ENCODING", "chunked;a=b | - | TRANSFER_ENCODING",
					"\"chunked\" | - | TRANSFER_ENCODING", "identity | - | TRANSFER_ENCODING",
					"chunked | identity | TRANSFER_ENCODING", "chunked | chunked | TRANSFER_ENCODING",
					"chunked, gzip | - | TRANSFER_ENCODING", "chunked, | - | TRANSFER_ENCODING",
					"gzip, chunked | - | TRANSFER_CODING", "gzip | chunked | TRANSFER_CODING" })
	void looksAtTheCodings(String first, @Nullable String second, @Nullable HeadFault fault) {
		HttpRequest request = request("POST", "/", "Host:a", "Transfer-Encoding:" + first);
		if (second != null) {
			request.headers().add("transfer-encoding", second);
		}
		assertThat(strict(request)).isEqualTo(fault);
		assertThat(lenient(request)).isEqualTo((fault != null && fault.always()) ? fault : null);
	}

	@Test
	void findsTheHandshakeOfADraft() {
		HttpRequest request = request("GET", "/", "Host:a", "Sec-WebSocket-Key1:a", "Sec-WebSocket-Key2:b");
		assertThat(strict(request)).isEqualTo(HeadFault.WEBSOCKET_DRAFT);
		assertThat(lenient(request)).isEqualTo(HeadFault.WEBSOCKET_DRAFT);
		assertThat(strict(request("GET", "/", "Host:a", "Sec-WebSocket-Key:a"))).isNull();
	}

}
