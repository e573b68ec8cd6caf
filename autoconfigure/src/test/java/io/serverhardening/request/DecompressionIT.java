package io.serverhardening.request;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.GZIPOutputStream;

import io.netty.handler.codec.http.HttpContentDecompressor;
import io.serverhardening.testing.Pause;
import io.serverhardening.testing.RawClient;
import io.serverhardening.testing.RawClient.Response;
import io.serverhardening.testing.RawHttp2;
import io.serverhardening.testing.ServerSetting;
import io.serverhardening.testing.TestServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Bodies that the application decompresses, as users of Reactor Netty do: the size is
 * that of what the handler gets, the pace that of what the client sends.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class DecompressionIT {

	private final String where;

	private TestServer server;

	DecompressionIT(String where) {
		this.where = where;
	}

	@BeforeAll
	void start() {
		this.server = TestServer.start(List.of(Decompression.class), "server.http2.enabled=true",
				"test.decompressor=" + this.where, "server.hardening.request.max-body-size=100KB",
				"server.hardening.request.rate-grace=1s", "server.hardening.routes.observed.path=/upload-form",
				"server.hardening.routes.observed.request.mode=observe");
		this.server.warmUp();
	}

	@AfterAll
	void stop() {
		this.server.close();
	}

	private double rejections(String outcome) {
		return this.server.meter("server.hardening.rejections", "guard", "request", "reason", "body-too-large",
				"outcome", outcome);
	}

	private static byte[] gzip(int size) {
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
			gzip.write("x".repeat(size).getBytes(StandardCharsets.US_ASCII));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		return bytes.toByteArray();
	}

	private static byte[] request(String target, String type, byte[] body) {
		ByteArrayOutputStream request = new ByteArrayOutputStream();
		request.writeBytes(("POST " + target + " HTTP/1.1\r\nHost: test\r\nContent-Encoding: gzip\r\nContent-Type: "
				+ type + "\r\nContent-Length: " + body.length + "\r\n\r\n")
			.getBytes(StandardCharsets.US_ASCII));
		request.writeBytes(body);
		return request.toByteArray();
	}

	@Test
	void handsOnWhatFits() {
		try (RawClient client = this.server.connect()) {
			for (int i = 0; i < 3; i++) {
				client.write(request("/upload", "application/octet-stream", gzip(100 * 1024)));
				assertThat(client.response().body()).isEqualTo("received 102400");
				client.write("POST /upload HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\n\r\nplain");
				assertThat(client.response().body()).isEqualTo("received 5");
				assertThat(client.send("GET", "/fast").response().body()).isEqualTo("fast");
			}
		}
	}

	@Test
	void refusesWhatBecomesTooMuch() {
		double before = rejections("refused");
		for (int size : new int[] { 102_401, 20 * 1024 * 1024 }) {
			try (RawClient client = this.server.connect()) {
				assertThat(client.send("GET", "/fast").response().status()).isEqualTo(200);
				client.write(request("/upload", "application/octet-stream", gzip(size)));
				Response response = client.response();
				assertThat(response.status()).isEqualTo(413);
				assertThat(response.header("connection")).isEqualTo("close");
				assertThat(client.end().received()).isEmpty();
			}
		}
		assertThat(rejections("refused")).isEqualTo(before + 2);
	}

	@Test
	void observesWhatBecomesTooMuch() {
		double before = rejections("observed");
		try (RawClient client = this.server.connect()) {
			client.write(request("/upload-form", "application/x-www-form-urlencoded", gzip(200 * 1024)));
			assertThat(client.response().body()).isEqualTo("received 1");
		}
		assertThat(rejections("observed")).isEqualTo(before + 1);
	}

	@Test
	void refusesAStreamThatBecomesTooMuch() {
		double before = rejections("refused");
		byte[] body = gzip(1024 * 1024);
		try (RawHttp2 client = new RawHttp2(this.server.connect())) {
			client.request(1, "POST", "/upload", "none", "content-encoding", "gzip").frame(RawHttp2.DATA, 1, 1, body);
			assertThat(client.await(RawHttp2.HEADERS, 1).status()).isEqualTo(413);
			client.request(3, "POST", "/upload", "none", "content-encoding", "gzip")
				.frame(RawHttp2.DATA, 1, 3, gzip(1000));
			assertThat(client.await(RawHttp2.HEADERS, 3).status()).isEqualTo(200);
		}
		assertThat(rejections("refused")).isEqualTo(before + 1);
	}

	@Test
	void doesNotTakeWhatItUnpacksForPace() {
		// 99 KB in some 130 bytes, of which one comes every 50 ms: 20 a second, of 240.
		byte[] request = request("/upload", "application/octet-stream", gzip(99 * 1024));
		int body = gzip(99 * 1024).length;
		try (RawClient client = this.server.connect()) {
			client.write(java.util.Arrays.copyOf(request, request.length - body + 20));
			for (int i = request.length - body + 20; i < request.length && !client.hasResponse(); i++) {
				Pause.millis(50);
				client.write(new byte[] { request[i] });
			}
			assertThat(client.response().status()).isEqualTo(408);
		}
	}

	/**
	 * The customary way.
	 */
	static class Decompression {

		@Bean
		ServerSetting decompressor(@Value("${test.decompressor}") String where) {
			return (server) -> server.doOnConnection((connection) -> {
				if (where.equals("first")) {
					connection.addHandlerFirst("decompressor", new HttpContentDecompressor(0));
				}
				else {
					connection.addHandlerLast("decompressor", new HttpContentDecompressor(0));
				}
			});
		}

	}

}
